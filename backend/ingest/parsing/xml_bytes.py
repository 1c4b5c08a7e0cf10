"""Tells the kind of a document, and cuts out its XML from the first tag on, hardened. Pure."""

import re
from typing import Literal

from backend.ingest.parsing.entities import to_characters, without_doctype

DocumentKind = Literal["xml", "json", "html", "empty", "other"]

_LOOKED_AT = 65_536

_ROOTS = r"(?:\w+:)?(?:rss|feed|RDF|channel|urlset|sitemapindex|entry)\b"
_root = re.compile(rf"<\?xml\b|<!doctype\s+(?!html)|<{_ROOTS}", re.IGNORECASE)
_feed_root = re.compile(rf"<{_ROOTS}", re.IGNORECASE)
# A feed that stands inside a web page, from its first tag to its last.
_embedded_root = re.compile(r"<((?:\w+:)?(?:rss|feed|RDF))\b[^<>]*(?:version|xmlns)", re.IGNORECASE)
_html = re.compile(r"<!doctype\s+html|<html\b|<head\b", re.IGNORECASE)
_comment = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_declaration = re.compile(r"^<\?xml[^>]*\?>\s*", re.IGNORECASE)


def document_kind_of(text: str) -> DocumentKind:
    """Sniff the document's kind; a feed may follow a few words of a broken server."""
    start = _comment.sub("", text[:_LOOKED_AT]).lstrip()
    if not start:
        return "empty"
    if start[0] in "{[":
        return "json"
    feed, page = _feed_root.search(start), _html.search(start)
    if page and (feed is None or page.start() < feed.start()):
        return "xml" if _embedded(text) else "html"
    if _root.search(start):
        return "xml"
    return "other"


def document_of(text: str) -> str:
    """Return the document from its first tag on, without declaration, document type and entities.

    Raises:
        ForbiddenXml: its entities are external or a bomb.
    """
    start = _comment.sub("", text[:_LOOKED_AT])
    if (page := _html.search(start)) and (feed := _embedded(text)):
        outer = _feed_root.search(start)
        if outer is None or page.start() < outer.start():
            return to_characters(feed)
    found = _root.search(text[:_LOOKED_AT])
    document = _declaration.sub("", text[found.start() if found else 0 :])
    return to_characters(without_doctype(document))


def _embedded(text: str) -> str | None:
    """Return the feed that stands inside a web page; None without one."""
    root = _embedded_root.search(text)
    end = text.lower().rfind(f"</{root[1].lower()}") if root else -1
    return f"{text[root.start() : end]}</{root[1]}>" if root and end > root.start() else None
