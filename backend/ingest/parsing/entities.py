"""Entities of XML documents: harmless internal ones are expanded, all others refused. Pure."""

import html
import re
from html.entities import html5

LONGEST_VALUE = 2_000
LONGEST_EXPANSION = 200_000
_DEEPEST = 8
_OF_XML = {"amp", "lt", "gt", "quot", "apos"}

_doctype = re.compile(
    r"<!DOCTYPE\b[^\[>]*+(?:\[((?:\"[^\"]*\"|'[^']*'|<!--.*?(?:-->|\Z)|[^\]\"'])*+)\]\s*)?>",
    re.IGNORECASE | re.DOTALL,
)
_declaration = re.compile(
    r"<!ENTITY\s+(?P<name>[^\s%\"'<>]+)\s+"
    r"(?:\"(?P<one>[^\"]*)\"|'(?P<two>[^']*)'|(?P<external>SYSTEM|PUBLIC)\b)",
    re.IGNORECASE,
)
_any_entity = re.compile(r"<!ENTITY\s+(?!%)", re.IGNORECASE)
_reference = re.compile(r"&([A-Za-z_][\w.:-]*);")
_character = re.compile(r"&#(?:x([0-9a-f]{1,8})|([0-9]{1,10}));", re.IGNORECASE)
# The same but for the everyday ones, 32 to 126 and 160 to 9999.
_odd_character = re.compile(
    r"&#(?!(?:3[2-9]|[4-9]\d|1[01]\d|12[0-6]|1[6-9]\d|[2-9]\d{2}|[1-9]\d{3});)"
    r"(?:x([0-9a-f]{1,8})|([0-9]{1,10}));",
    re.IGNORECASE,
)
# What may be repaired in damaged XML; CDATA sections and comments are left as they are.
_repairable = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|(?P<amp>&)(?:#\d+;|#[xX][0-9a-fA-F]+;|(?P<name>\w+);)?"
    r"|(?P<less><)(?![/!?\w])|(?P<tag><(?P<void>(?i:br|hr|img|wbr|input)\b)?\w*[^<>]*>)",
    re.DOTALL,
)
_quoted_or_not = re.compile(r"\"[^\"]*\"|'[^']*'|=([^\s\"'<>]+)")


class ForbiddenXml(Exception):
    """The document asks for something no feed needs; the message says what."""


def without_doctype(document: str) -> str:
    """Expand the internal entities of a document and remove its document type.

    Raises:
        ForbiddenXml: it declares external entities, or expands to far more than it is.
    """
    found = _doctype.search(document[:65_536])
    entities: dict[str, str] = {}
    if found is not None:
        entities = _declared(found.group(1) or "")
        document = document[: found.start()] + document[found.end() :]
    if _any_entity.search(document[:65_536].partition("<item")[0].partition("<entry")[0]):
        raise ForbiddenXml("the document declares XML entities in a damaged document type")
    return _expanded(document, entities) if entities else document


def to_characters(document: str) -> str:
    """Replace character references to no character, at which XML parsers stop, and read those to
    control characters as HTML does.
    """
    return _odd_character.sub(_to_a_character, document)


def repaired(document: str) -> str:
    """Repair damaged XML: entities of HTML, bare ampersands, unquoted values and tags of HTML that
    are never closed.
    """
    return _repairable.sub(_repair, document)


def _declared(subset: str) -> dict[str, str]:
    raw: dict[str, str] = {}
    for found in _declaration.finditer(subset):
        if found["external"]:
            raise ForbiddenXml("the document declares external XML entities")
        value = found["one"] if found["one"] is not None else found["two"]
        raw.setdefault(found["name"], to_plain(value))
    if _any_entity.search(_declaration.sub("", subset)):
        raise ForbiddenXml("the document declares XML entities that cannot be read")
    return {name: _resolved(name, raw, _DEEPEST) for name in raw if name not in _OF_XML}


def to_plain(value: str) -> str:
    """Read character references in an entity's value, as its declaration does (XML 4.5)."""
    return _character.sub(lambda found: chr(_code_of(found) or 0xFFFD), value)


def _resolved(name: str, raw: dict[str, str], depth: int) -> str:
    if depth == 0:
        raise ForbiddenXml("the document's XML entities are nested too deep")
    parts = _reference.split(raw[name])
    for at in range(1, len(parts), 2):
        known = parts[at] in raw and parts[at] not in _OF_XML
        parts[at] = _resolved(parts[at], raw, depth - 1) if known else f"&{parts[at]};"
        if sum(map(len, parts)) > LONGEST_VALUE:
            raise ForbiddenXml("the document's XML entities expand too far")
    value = "".join(parts)
    if len(value) > LONGEST_VALUE:
        raise ForbiddenXml("the document's XML entities expand too far")
    return value


def _expanded(document: str, entities: dict[str, str]) -> str:
    added = sum(len(entities.get(name, "")) for name in _reference.findall(document))
    if added > LONGEST_EXPANSION:
        raise ForbiddenXml("the document's XML entities expand too far")
    return _reference.sub(lambda found: entities.get(found[1], found[0]), document)


def _code_of(reference: re.Match[str]) -> int | None:
    in_hex, in_decimal = reference.groups()
    code = int(in_hex, 16) if in_hex else int(in_decimal)
    is_one = code in {9, 10, 13} or 0x20 <= code < 0xD800 or 0xE000 <= code <= 0x10FFFF
    return code if is_one and code not in {0xFFFE, 0xFFFF} else None


def _to_a_character(reference: re.Match[str]) -> str:
    code = _code_of(reference)
    if code and 0x80 <= code < 0xA0:
        return html.unescape(f"&#{code};")  # quotation marks of Windows, mostly
    return reference.group() if code else "\ufffd"


def _repair(found: re.Match[str]) -> str:
    text = found.group()
    if found["less"]:
        return "&lt;"
    if found["tag"]:
        text = _quoted_or_not.sub(_quoted, text)
        return f"{text[:-1]}/>" if found["void"] and not text.endswith("/>") else text
    if found["name"] and found["name"] not in _OF_XML:
        meaning = html5.get(f"{found['name']};")
        return meaning.replace("&", "&amp;").replace("<", "&lt;") if meaning else f"&amp;{text[1:]}"
    return "&amp;" if text == "&" else text


def _quoted(found: re.Match[str]) -> str:
    return f'="{found[1].rstrip("/")}"' if found[1] else found[0]
