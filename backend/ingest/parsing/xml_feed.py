"""RSS 0.9 to 2.0, RSS 1.1, Atom 0.3 and 1.0, news sitemaps: from an XML tree to values. Pure."""

from collections.abc import Iterator

from lxml import etree

from backend.ingest.parsing.elements import (
    Children,
    Element,
    base_of,
    children_of,
    first_text,
    language_of,
    named,
    text_of,
)
from backend.ingest.parsing.entry import MAX_ENTRIES, FeedError, ParsedFeed, entries_of
from backend.ingest.parsing.sitemap import sitemap_entry
from backend.ingest.parsing.titles import title_of
from backend.ingest.parsing.xml_entry import FeedContext, entry_of, feed_authors, link_of
from backend.text.web_address import absolute
from schemas.values import FEED_FORMATS

_ENTRIES = {"item", "entry"}
_has_bases = etree.XPath("boolean(//@xml:base)")


def read(root: Element, url: str, *, is_well_formed: bool) -> ParsedFeed:
    """Read the feed in this tree.

    Raises:
        FeedError: this is XML of another kind.
    """
    if named(root) == "sitemapindex":
        raise FeedError("this is an index of sitemaps: give the address of its news sitemap")
    if named(root) == "urlset":
        return _from_sitemap(root, url, is_well_formed=is_well_formed)
    channel = _channel(root)
    items = list(_items(root))
    if channel is None and not items:
        raise FeedError("this is XML but no RSS or Atom feed")
    about = {} if channel is None else children_of(channel)
    home = _home(channel, about, url)
    context = FeedContext(
        base_url=_base(root, url, home),
        language=_language(channel, about),
        is_atom=_is_atom(root),
        has_bases=_has_bases(root),
        authors=feed_authors(about, url) if _is_atom(root) else (),
    )
    entries, faults = entries_of(items[:MAX_ENTRIES], lambda each: entry_of(each, context))
    return ParsedFeed(
        kind=_kind(root),
        title=title_of(first_text(about, "title")),
        home_url=home,
        language=context.language,
        entries=entries,
        is_well_formed=is_well_formed,
        left_out=max(0, len(items) - MAX_ENTRIES),
        hubs=tuple(_related(about, "hub", url)),
        self_url=next(_related(about, "self", url), None),
        faults=faults,
    )


def _related(about: Children, relation: str, url: str) -> Iterator[str]:
    """Yield the targets of the feed's own links of this relation, not of those of entries."""
    for link in about.get("link", ()):
        is_meant = relation in (link.get("rel") or "").lower().split()
        target = absolute(link.get("href") or "", base_of(link, url)) if is_meant else None
        if target:
            yield target


def _from_sitemap(root: Element, url: str, *, is_well_formed: bool) -> ParsedFeed:
    items = [each for each in root.iter(etree.Element) if named(each) == "url"]
    news = [each for each in items if "news:news" in children_of(each)]
    if items and not news:
        raise FeedError("this is a sitemap of pages, not of news: its entries have no titles")
    entries, faults = entries_of(news[:MAX_ENTRIES], lambda each: sitemap_entry(each, url))
    publications = [each for each in root.iter(etree.Element) if named(each) == "news:name"]
    return ParsedFeed(
        kind="sitemap",
        title=text_of(publications[0]) if publications else "",
        home_url=absolute("/", url),
        language=next((each.language for each in entries if each.language), None),
        entries=entries,
        is_well_formed=is_well_formed,
        left_out=len(items) - len(news) + max(0, len(news) - MAX_ENTRIES),
        faults=faults,
    )


def _items(root: Element) -> Iterator[Element]:
    """Return every entry, also one that damaged XML put inside another."""
    return (each for each in root.iter(etree.Element) if named(each) in _ENTRIES)


def _channel(root: Element) -> Element | None:
    if named(root) == "feed":
        return root
    found = (each for each in root.iter(etree.Element) if named(each) in {"channel", "feed"})
    return next(found, None)


def _is_atom(root: Element) -> bool:
    return named(root) in {"feed", "entry"}


def _home(channel: Element | None, about: Children, url: str) -> str | None:
    if channel is None:
        return None
    return absolute(link_of(about) or "", base_of(channel, url))


def _base(root: Element, url: str, home: str | None) -> str:
    """Return the base of relative links. RSS has none: they are meant on the publisher's site."""
    return (url or home or "") if _is_atom(root) else (home or url or "")


def _language(channel: Element | None, about: Children) -> str | None:
    declared = first_text(about, "language", "dc:language").lower()[:35]
    ancestors = () if channel is None else channel.iterancestors()
    return declared or language_of([channel, *ancestors])


def _kind(root: Element) -> str:
    name, tag = named(root), str(root.tag)
    if name in {"feed", "entry"}:
        return "atom03" if "purl.org/atom" in tag else "atom10"
    if name == "rss":
        version = (root.get("version") or "").strip().replace(".", "")[:3]
        return f"rss{version}" if f"rss{version}" in FEED_FORMATS else "rss20"
    return "rss11" if "rss1.1" in tag else "rss10"
