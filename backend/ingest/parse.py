"""Feed parser: bytes to RSS, Atom or JSON Feed, well-formed or not. Pure: bytes in, values out.

The parser behind is given bytes only, never an address or a file name: it would open them. Its
dates are not used (it invents some) and neither is its HTML cleaning: both are done here.
"""

import html
import io
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import feedparser
import regex

from backend.ingest import json_feed, xml_bytes
from backend.ingest.entry import MAX_ENTRIES, Entry, FeedError, ParsedFeed, entries_of
from backend.ingest.xml_bytes import DocumentKind, ForbiddenXml
from backend.text.clean import Image, absolute, one_line, pixels

_item = regex.compile(r"<(?:\w+:)?(?:item|entry)[\s>]", regex.IGNORECASE)
_title = regex.compile(r"<title[^>]*>(.*?)</title>", regex.IGNORECASE | regex.DOTALL)
_link = regex.compile(r"<link\b[^>]*>", regex.IGNORECASE)
_href = regex.compile(r"href\s*=\s*[\"']?([^\"'\s>]+)", regex.IGNORECASE)
_feed_type = regex.compile(r"application/(?:rss|atom|feed)\+(?:xml|json)", regex.IGNORECASE)


def parse_feed(body: bytes, *, url: str = "", content_type: str = "") -> ParsedFeed:
    """The feed in these bytes; an empty feed is a feed.

    Raises:
        FeedError: this is no feed, or one that would lose its entries; the message says what
            was found instead.
    """
    text = xml_bytes.text_of(body, content_type)
    sort = xml_bytes.document_kind_of(text)
    if sort == "json":
        return json_feed.read(text, url)
    if sort != "xml":
        is_binary = sort == "other" and b"\x00" in body[:4096]
        raise FeedError("this is binary data" if is_binary else _described(sort, text, url))
    return _from_xml(text, url)


def _from_xml(text: str, url: str) -> ParsedFeed:
    document = xml_bytes.xml_of(text)
    try:
        is_well_formed = xml_bytes.check(document)
    except ForbiddenXml as refusal:
        raise FeedError(f"refused: {refusal}") from refusal
    parsed = _feedparser(document)
    if not parsed.entries and _item.search(text):
        raise FeedError("the entries of this feed cannot be read; its XML is broken")
    if not parsed.version and not parsed.entries:
        raise FeedError("this is XML but no RSS or Atom feed")
    home = absolute(parsed.feed.get("link") or "", url)
    base = url or home or ""
    entries, faults = entries_of(parsed.entries[:MAX_ENTRIES], lambda each: _entry(each, base))
    return ParsedFeed(
        kind=parsed.version or "rss",
        title=_plain(parsed.feed, "title"),
        home_url=home,
        language=_language(parsed.feed),
        entries=entries,
        is_well_formed=is_well_formed,
        left_out=max(0, len(parsed.entries) - MAX_ENTRIES),
        faults=faults,
    )


def _feedparser(document: bytes) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return feedparser.parse(
            io.BytesIO(document), sanitize_html=False, resolve_relative_uris=False
        )


def _entry(item: Mapping[str, Any], base_url: str) -> Entry:
    link = absolute(item.get("link") or "", base_url)
    summary, content = _markup(item.get("summary_detail")), _content(item)
    return Entry(
        guid=_text(item.get("id")),
        link=link,
        title=_plain(item, "title"),
        summary=summary,
        content=content or summary,
        published=_first_text(item, "published", "created", "updated"),
        updated=_first_text(item, "updated"),
        categories=tuple(_categories(item.get("tags") or ())),
        images=tuple(_images(item)),
        language=_language(item.get("title_detail") or {}),
        author=_text(item.get("author")),
    )


def _first_text(item: Mapping[str, Any], *names: str) -> str | None:
    """Read past the parser's fallbacks, which answer `updated` with the time of publishing."""
    plain = dict(item.items())
    found = (_text(plain.get(name)) for name in names)
    return next((text for text in found if text), None)


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _plain(item: Mapping[str, Any], name: str) -> str:
    """A title as text, whether it was written as text or as markup."""
    detail = item.get(f"{name}_detail") or {}
    value = str(detail.get("value") or "")
    if detail.get("type") == "text/plain":
        return " ".join(html.unescape(value).split())
    return one_line(value)


def _markup(detail: Mapping[str, Any] | None) -> str | None:
    """The markup of a text construct; plain text is escaped into it."""
    if not detail or not detail.get("value"):
        return None
    value = str(detail["value"])
    if detail.get("type") == "text/plain" and "<" not in value:
        return value if "&" in value else html.escape(value, quote=False)
    return value


def _content(item: Mapping[str, Any]) -> str | None:
    bodies = [_markup(each) for each in item.get("content") or ()]
    return max((body for body in bodies if body), key=len, default=None)


def _categories(tags: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for tag in tags:
        name = one_line(str(tag.get("label") or tag.get("term") or ""))
        if name:
            yield name[:100]


def _images(item: Mapping[str, Any]) -> Iterable[Image]:
    for media in (*(item.get("media_content") or ()), *(item.get("media_thumbnail") or ())):
        kind = f"{media.get('medium') or ''} {media.get('type') or 'image'}"
        if media.get("url") and "image" in kind:
            yield _image(media, str(media["url"]))
    for link in item.get("links") or ():
        is_enclosed = link.get("rel") == "enclosure" and "image" in str(link.get("type"))
        if is_enclosed and link.get("href"):
            yield _image(link, str(link["href"]))
    pictured = item.get("image") or {}
    if isinstance(pictured, Mapping) and pictured.get("href"):
        yield Image(str(pictured["href"]))


def _image(media: Mapping[str, Any], url: str) -> Image:
    sides = [pixels(str(media.get(name) or "")) for name in ("width", "height")]
    return Image(url, sides[0], sides[1])


def _language(item: Mapping[str, Any]) -> str | None:
    found = _text(item.get("language"))
    return found.lower()[:35] if found else None


def _described(sort: DocumentKind, text: str, url: str) -> str:
    if sort == "html":
        title = _title.search(text)
        named = f' titled "{one_line(title.group(1))[:80]}"' if title else ""
        feed = _feed_link(text, url)
        hint = f"; it names a feed at {feed}" if feed else ""
        return f"this is a web page (HTML){named}, not a feed{hint}"
    if sort == "empty":
        return "the document is empty"
    return f"this is no feed: it begins with {text.strip()[:40]!r}"


def _feed_link(text: str, url: str) -> str | None:
    for tag in _link.findall(text[:200_000]):
        target = _href.search(tag)
        if target and _feed_type.search(tag):
            return absolute(html.unescape(target.group(1)), url)
    return None
