"""Feed parser: bytes to RSS, Atom, JSON Feed or news sitemap, well-formed or not. Pure."""

import html
from dataclasses import replace

import regex

from backend.ingest.parsing import encodings, json_feed, xml_bytes
from backend.ingest.parsing.entities import ForbiddenXml
from backend.ingest.parsing.entry import FeedError, ParsedFeed
from backend.ingest.parsing.reachable import as_published
from backend.ingest.parsing.xml_bytes import DocumentKind
from backend.text.clean import one_line
from backend.text.web_address import absolute

_item = regex.compile(r"<(?:\w+:)?(?:item|entry)[\s>]", regex.IGNORECASE)
_title = regex.compile(r"<title[^>]*>(.*?)</title>", regex.IGNORECASE | regex.DOTALL)
_link = regex.compile(r"<link\b[^<>]*>", regex.IGNORECASE)
_href = regex.compile(r"href\s*=\s*[\"']?([^\"'\s>]+)", regex.IGNORECASE)
_feed_type = regex.compile(r"application/(?:rss|atom|feed)\+(?:xml|json)", regex.IGNORECASE)


def parse_feed(body: bytes, *, url: str = "", content_type: str = "") -> ParsedFeed:
    """Read the feed in these bytes; an empty feed is a feed.

    Raises:
        FeedError: this is no feed, or one that would lose its entries; the message says what
            was found instead.
    """
    decoded = encodings.decoded(body, content_type)
    kind = xml_bytes.document_kind_of(decoded.text)
    if kind == "json":
        return as_published(json_feed.read(decoded.text, url), url)
    if kind != "xml":
        is_binary = kind == "other" and b"\x00" in body[:4096]
        raise FeedError("this is binary data" if is_binary else _described(kind, decoded.text, url))
    guessed = decoded.encoding if decoded.is_guessed else None
    feed = as_published(_from_xml(decoded.text, url), url)
    return replace(feed, guessed_encoding=guessed)


def _from_xml(text: str, url: str) -> ParsedFeed:
    # lxml: 4 MB that a process does without until it reads a feed.
    from backend.ingest.parsing import xml_feed, xml_tree  # noqa: PLC0415

    try:
        root, is_well_formed = xml_tree.tree_of(xml_bytes.document_of(text))
    except ForbiddenXml as refusal:
        raise FeedError(f"refused: {refusal}") from refusal
    if root is None:
        raise FeedError("this is XML but no RSS or Atom feed")
    feed = xml_feed.read(root, url, is_well_formed=is_well_formed)
    if not feed.entries and not feed.faults and _item.search(text):
        raise FeedError("the entries of this feed cannot be read; its XML is broken")
    return feed


def _described(sort: DocumentKind, text: str, url: str) -> str:
    if sort == "html":
        title = _title.search(text[:20_000])
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
