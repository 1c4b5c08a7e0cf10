"""Encoding detection, document sniffing, XML hardening (entities, depth) for feeds. Pure."""

import codecs
import re
from typing import Literal
from xml.parsers import expat

DocumentKind = Literal["xml", "json", "html", "empty", "other"]

DEEPEST = 200
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LOOKED_AT = 65_536

_root = re.compile(r"<\?xml\b|<!doctype\s+(?!html)|<(?:\w+:)?(?:rss|feed|RDF)\b", re.IGNORECASE)
_feed_root = re.compile(r"<(?:\w+:)?(?:rss|feed|RDF|channel)\b", re.IGNORECASE)
_html = re.compile(r"<!doctype\s+html|<html\b|<head\b", re.IGNORECASE)
_declaration = re.compile(r"^<\?xml[^>]*\?>\s*", re.IGNORECASE)
_declared = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([\w.:-]+)[\"']", re.IGNORECASE)
_charset = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_forbidden = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_reference = re.compile(r"&#(?:x([0-9a-f]{1,8})|([0-9]{1,10}));", re.IGNORECASE)
_entity = re.compile(r"<!ENTITY\s+(?!%)", re.IGNORECASE)


class ForbiddenXml(Exception):
    """The document asks for something no feed needs; the message says what."""


def text_of(body: bytes, content_type: str = "") -> str:
    """The text of the bytes: a byte order mark first, then what it really is, then its label."""
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return _forbidden.sub("", body[len(mark) :].decode(encoding, "replace"))
    return _forbidden.sub("", _decoded(body, _labels(body, content_type)))


def document_kind_of(text: str) -> DocumentKind:
    """Sniff the document's kind; a feed may follow a few words of a broken server."""
    start = text[:_LOOKED_AT].lstrip()
    if not start:
        return "empty"
    if start[0] in "{[":
        return "json"
    feed, page = _feed_root.search(start), _html.search(start)
    if page and (feed is None or page.start() < feed.start()):
        return "html"
    if _root.search(start):
        return "xml"
    return "other"


def xml_of(text: str) -> bytes:
    """The document from its first tag on, as UTF-8 that says so."""
    found = _root.search(text[:_LOOKED_AT])
    document = _declaration.sub("", text[found.start() if found else 0 :])
    document = _reference.sub(_to_a_character, document)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + document.encode("utf-8", "replace")


def check(document: bytes) -> bool:
    """Whether the XML is well-formed.

    Raises:
        Refused: it declares entities or is nested absurdly deep. Feeds need neither, and both
            are how a small document becomes a large one.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    depth = 0

    def on_start(_name: str, _attributes: object) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise ForbiddenXml(f"the document is nested more than {DEEPEST} levels deep")

    def on_end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def on_entity(_name: str, is_parameter: bool, *_: object) -> None:
        if not is_parameter:
            raise ForbiddenXml("the document declares XML entities")

    parser.StartElementHandler, parser.EndElementHandler = on_start, on_end
    parser.EntityDeclHandler = on_entity
    try:
        parser.Parse(document, True)
    except expat.ExpatError:
        _refuse_hidden_entities(document)
        return False
    return True


def _to_a_character(reference: re.Match[str]) -> str:
    """Replace a character reference to no character: the parser behind would fail on it."""
    in_hex, in_decimal = reference.groups()
    code = int(in_hex, 16) if in_hex else int(in_decimal)
    is_one = 0 < code < 0xD800 or 0xE000 <= code <= 0x10FFFF
    return reference.group() if is_one else "\ufffd"


def _refuse_hidden_entities(document: bytes) -> None:
    """Refuse entity declarations in XML that expat rejects: a tolerant parser still reads it."""
    head = document[:_LOOKED_AT].decode("utf-8", "replace")
    prolog = head[: found.start()] if (found := _feed_root.search(head)) else head
    if _entity.search(prolog):
        raise ForbiddenXml("the document declares XML entities")


def _labels(body: bytes, content_type: str) -> list[str]:
    """The encodings that the document and the server claim, the known ones only."""
    inside = _declared.search(body[:1024])
    outside = _charset.search(content_type)
    claimed = [inside.group(1).decode()] if inside else []
    claimed += [outside.group(1)] if outside else []
    return [name for name in map(_codec, claimed) if name]


def _codec(label: str) -> str | None:
    try:
        name = codecs.lookup(label).name
    except LookupError:
        return None
    # Without a byte order mark a wide encoding is a wrong label, and codecs such as
    # "hex" or "rot13" are no text encodings at all.
    is_text = name not in {"utf-7", "idna", "punycode"} and not name.startswith(
        ("utf-16", "utf-32")
    )
    return name if is_text and _is_ascii_compatible(name) else None


def _is_ascii_compatible(name: str) -> bool:
    try:
        return b"<rss>".decode(name) == "<rss>"
    except (LookupError, UnicodeError, ValueError):
        return False


def _decoded(body: bytes, labels: list[str]) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    nearly = body.decode("utf-8", "replace")
    broken = nearly.count("\ufffd")
    beyond_ascii = sum(1 for character in nearly if character > "\x7f")
    others = [label for label in labels if label != "utf-8"]
    # A few bad bytes in what is otherwise UTF-8: keep the accents, lose the few.
    if broken * 10 <= beyond_ascii or (not others and broken * 3 <= beyond_ascii):
        return nearly
    return body.decode(others[0] if others else "cp1252", "replace")
