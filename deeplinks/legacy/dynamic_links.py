"""Parses Firebase Dynamic Links that now come to a host of our own. Pure.

Every target in them is a page of ours or the address is refused, as that service did with an
allow-list; texts for previews are the page's own and not the sender's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from deeplinks.routing.resolve import ForeignUrl, resolve
from deeplinks.routing.settings import LinkSettings
from deeplinks.visitors.stores import usable_campaign
from deeplinks.visitors.useragent import Destination

# Fallback URLs: what a visitor without the app gets instead of a store page.
_FALLBACKS: Mapping[str, Destination] = {
    "afl": "play_store",
    "ifl": "app_store",
    "ipfl": "app_store",
    "ofl": "landing_with_qr",
}


@dataclass(frozen=True, slots=True)
class LegacyLink:
    """The target of a dynamic link, and the pages that replace stores."""

    path: str
    campaign: str | None = None
    fallbacks: Mapping[Destination, str] = field(default_factory=dict)


def parse_legacy(settings: LinkSettings, query: str) -> LegacyLink:
    """Parse the query of a long dynamic link.

    Raises:
        ForeignUrl: it leads to another site or belongs to another app.
    """
    given = dict(parse_qsl(query, keep_blank_values=True))
    _refuse_other_apps(settings, given)
    fallbacks = {
        destination: resolve(settings, given[name]).path
        for name, destination in _FALLBACKS.items()
        if given.get(name)
    }
    campaign = usable_campaign(given.get("utm_campaign")) or usable_campaign(given.get("ct"))
    return LegacyLink(resolve(settings, given.get("link", "")).path, campaign, fallbacks)


def _refuse_other_apps(settings: LinkSettings, given: Mapping[str, str]) -> None:
    bundles = {app_id.partition(".")[2] for app_id in settings.ios.app_ids}
    ours: Mapping[str, set[str | None]] = {
        "apn": {settings.android.package},
        "ibi": {*bundles},
        "ipbi": {*bundles},
        "isi": {settings.ios.store_id},
    }
    for name, known in ours.items():
        if given.get(name) and given[name] not in known:
            raise ForeignUrl(f"{name} names another app")


def is_long(query: str) -> bool:
    """Whether this is a long link, which names its target itself."""
    return any(name == "link" for name, _ in parse_qsl(query, keep_blank_values=True))


def host_of(url: str) -> str:
    """Return the host of an address; empty when it is none."""
    try:
        return (urlsplit(url.strip()).hostname or "").lower()
    except ValueError:
        return ""


def code_of(url: str) -> tuple[str, str]:
    """Return the host of a short link, and its code: host and path.

    Raises:
        ForeignUrl: this is no address of a short link.
    """
    host = host_of(url)
    if not host:
        raise ForeignUrl("not an address")
    parts = urlsplit(url.strip())
    path = parts.path.rstrip("/")
    if parts.scheme.lower() not in {"http", "https"} or not path.strip("/"):
        raise ForeignUrl("not the address of a short link")
    return host, host + path
