"""Document sniffing and tolerant XML parsing for feeds, hardened. Pure."""

import re
from typing import Literal

from lxml import etree

from backend.ingest.entities import ForbiddenXml, repaired, to_characters, without_doctype

DocumentKind = Literal["xml", "json", "html", "empty", "other"]

DEEPEST = 200
_LOOKED_AT = 65_536

_ROOTS = r"(?:\w+:)?(?:rss|feed|RDF|channel|urlset|sitemapindex|entry)\b"
_root = re.compile(rf"<\?xml\b|<!doctype\s+(?!html)|<{_ROOTS}", re.IGNORECASE)
_feed_root = re.compile(rf"<{_ROOTS}", re.IGNORECASE)
# A feed that stands inside a web page, from its first tag to its last.
_embedded_root = re.compile(r"<((?:\w+:)?(?:rss|feed|RDF))\b[^<>]*(?:version|xmlns)", re.IGNORECASE)
_html = re.compile(r"<!doctype\s+html|<html\b|<head\b", re.IGNORECASE)
_comment = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_declaration = re.compile(r"^<\?xml[^>]*\?>\s*", re.IGNORECASE)

# No network, no external files, no expansion: also of what `without_doctype` left over.
_SAFE = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "remove_comments": True,
    "remove_pis": True,
    "huge_tree": False,
    "encoding": "utf-8",
}

# Whether an element has as many others above it; the library's own bound is higher.
_too_deep = etree.XPath(f"boolean({'/*' * (DEEPEST + 1)})")


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
    """The document from its first tag on, without declaration, document type and entities.

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
    """The feed that stands inside a web page."""
    root = _embedded_root.search(text)
    end = text.lower().rfind(f"</{root[1].lower()}") if root else -1
    return f"{text[root.start() : end]}</{root[1]}>" if root and end > root.start() else None


def tree_of(document: str) -> tuple[etree._Element | None, bool]:
    """The root element, None when nothing can be read, and whether the XML is well-formed.

    Raises:
        ForbiddenXml: it is nested absurdly deep.
    """
    data = document.encode("utf-8", "replace")
    try:
        return _checked(etree.fromstring(data, etree.XMLParser(**_SAFE))), True
    except etree.XMLSyntaxError as error:
        if "depth" in str(error):
            raise ForbiddenXml(f"the document is nested more than {DEEPEST} levels deep") from error
    data = repaired(document).encode("utf-8", "replace")
    try:
        root = etree.fromstring(data, etree.XMLParser(recover=True, **_SAFE))
    except etree.XMLSyntaxError:
        return None, False
    return (None if root is None else _checked(root)), False


def _checked(root: etree._Element) -> etree._Element:
    if _too_deep(root):
        raise ForbiddenXml(f"the document is nested more than {DEEPEST} levels deep")
    return root
