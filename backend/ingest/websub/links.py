"""WebSub discovery: the hub and the topic that a feed or its HTTP answer names. Pure.

Source: WebSub (W3C Recommendation, 23 January 2018), section 4.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from backend.ingest.parsing.entry import ParsedFeed
from backend.text.web_address import absolute

LONGEST_HEADER = 8_000
LONGEST_URL = 2_000

# RFC 8288, section 3; without runs that could be matched in two ways.
_link = re.compile(
    r"<([^<>]*)>((?:[ \t]*;[ \t]*[^\s=;,\"<>]+(?:[ \t]*=[ \t]*(?:\"[^\"]*\"|[^\s;,\"]+))?)*)"
)
_parameter = re.compile(r";[ \t]*([^\s=;,\"<>]+)(?:[ \t]*=[ \t]*(?:\"([^\"]*)\"|([^\s;,\"]+)))?")


@dataclass(frozen=True, slots=True)
class HubLink:
    """The hub to subscribe at, and the topic: what the publisher calls the feed there."""

    hub_url: str
    topic_url: str


def hub_link_of(feed: ParsedFeed, *, link_header: str, url: str) -> HubLink | None:
    """Return the hub of a feed that was read at `url`; the header goes before the document.

    Of several hubs one is taken, with TLS if any has it, because a secret is sent to it. Without a
    `rel=self` the topic is the address itself, as in the days before it was required.
    """
    targets = list(_targets(link_header, url))
    hubs = [target for relation, target in targets if relation == "hub"] or list(feed.hubs)
    own = next((target for relation, target in targets if relation == "self"), feed.self_url)
    topic = absolute(own or "", url) or url
    usable = sorted(filter(_is_usable, hubs), key=lambda hub: not hub.startswith("https:"))
    return HubLink(usable[0], topic) if usable and _is_usable(topic) else None


def _targets(header: str, url: str) -> Iterable[tuple[str, str]]:
    """Yield relation and address of each link in the header."""
    for found in _link.finditer(header[:LONGEST_HEADER]):
        if target := absolute(found[1], url):
            yield from ((name, target) for name in _relations(found[2]))


def _relations(parameters: str) -> list[str]:
    """Return the words of the first `rel`: any other one does not count (RFC 8288, section 3.3)."""
    given = (each for each in _parameter.finditer(parameters) if each[1].lower() == "rel")
    first = next(given, None)
    return (first[2] or first[3] or "").lower().split() if first else []


def _is_usable(url: str) -> bool:
    """Whether it can be kept, sent and fetched."""
    if len(url) > LONGEST_URL or not url.isprintable():
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
