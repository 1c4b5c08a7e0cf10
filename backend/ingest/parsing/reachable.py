"""Replaces addresses of a publisher's own machines by those of its site. Pure."""

import re
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

from backend.ingest.parsing.entry import Entry, ParsedFeed
from backend.outbound.known_address import leads_nowhere

# What may be one: a number, or a name of RFC 6761, RFC 6762 and RFC 9476.
_HOST = r"s?://(?:\[|[\d.]+(?![\w.-])|(?:[\w-]+\.)*(?:local|internal|arpa))"
_maybe = re.compile(rf"http{_HOST}", re.IGNORECASE)
# It begins with letters that are looked for quickly.
_in_markup = re.compile(rf"http(?:(?<=href=[\"']http)|(?<=src=[\"']http)){_HOST}[^\"'<>\s]*")


def as_published(feed: ParsedFeed, url: str) -> ParsedFeed:
    """Replace addresses that no reader reaches by the same paths of the publisher's site.

    Those of pages, pictures, films, authors and what the text links to, but not the ids. A feed
    that is at such an address itself is left.
    """
    if not url or _is_local(url):
        return feed
    home = _on(url, feed.home_url)
    entries = tuple(_entry(each, home or url) for each in feed.entries)
    return replace(feed, home_url=home, entries=entries)


def _entry(entry: Entry, site: str) -> Entry:
    urls = [entry.link, entry.base_url, *(each.url for each in entry.images)]
    urls += [*(each.url for each in entry.media), *(each.url for each in entry.authors)]
    markup = (entry.summary or "", entry.content or "")
    if not any(map(_is_local, urls)) and not any(map(_in_markup.search, markup)):
        return entry
    return replace(
        entry,
        link=_on(site, entry.link),
        summary=_with_links_on(site, entry.summary),
        content=_with_links_on(site, entry.content),
        authors=tuple(replace(each, url=_on(site, each.url)) for each in entry.authors),
        base_url=_on(site, entry.base_url),
        images=tuple(replace(each, url=_on(site, each.url) or "") for each in entry.images),
        media=tuple(replace(each, url=_on(site, each.url) or "") for each in entry.media),
    )


def _with_links_on(site: str, markup: str | None) -> str | None:
    return markup and _in_markup.sub(lambda found: _on(site, found[0]) or "", markup)


def _on(site: str, url: str | None) -> str | None:
    """Return the same page of the site where the address leads nowhere, else the address."""
    if not url or not _is_local(url):
        return url
    _, _, path, query, fragment = urlsplit(url)
    return urlunsplit((*urlsplit(site)[:2], path, query, fragment))


def _is_local(url: str | None) -> bool:
    if not url or not _maybe.match(url):
        return False
    try:
        return leads_nowhere(urlsplit(url).hostname or "")
    except ValueError:
        return False
