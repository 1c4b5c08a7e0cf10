"""XML serialization, without the characters that XML 1.0 does not allow. Pure."""

import re
from xml.etree.ElementTree import Element, SubElement, indent, register_namespace, tostring

# Characters outside XML 1.0's `Char`, which are not allowed even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

ATOM = "http://www.w3.org/2005/Atom"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
MEDIA = "http://search.yahoo.com/mrss/"
NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"

for _prefix, _namespace in (
    ("atom", ATOM),
    ("dc", DUBLIN_CORE),
    ("media", MEDIA),
    ("news", NEWS),
    ("", SITEMAP),
):
    register_namespace(_prefix, _namespace)


def add(parent: Element, name: str, text: str = "", **attributes: str) -> Element:
    """Add a child with text and attributes."""
    child = SubElement(parent, name, {key: xml_text(value) for key, value in attributes.items()})
    child.text = xml_text(text) or None
    return child


def document(root: Element) -> bytes:
    indent(root)
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def xml_text(text: str) -> str:
    return _NOT_XML.sub("", text)
