"""Tolerant XML parsing for feeds, hardened, and markup of elements: all that takes lxml. Pure."""

from html import escape

import regex
from lxml import etree

from backend.ingest.parsing.elements import Element, text_of
from backend.ingest.parsing.entities import ForbiddenXml, repaired

DEEPEST = 200

_prefixed = regex.compile(r"<(/?)[\w-]+:(?=\w)")
_namespace = regex.compile(r' xmlns(?::[\w-]+)?="[^"]*"')

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


def tree_of(document: str) -> tuple[etree._Element | None, bool]:
    """Return the root element, None when nothing can be read, and whether it is well-formed XML.

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


def markup_of(element: Element) -> str:
    """Return the content as HTML: escaped markup is the element's text, inline is its children."""
    if len(element) == 0:
        return text_of(element)
    parts = [escape(element.text or "", quote=False)]
    parts += [etree.tostring(child, encoding="unicode", method="html") for child in element]
    return _prefixed.sub(r"<\1", _namespace.sub("", "".join(parts))).strip()
