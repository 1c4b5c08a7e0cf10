"""Character encoding of a document: byte order mark, UTF-8, label, then statistics. Pure."""

import codecs
import re
from dataclasses import dataclass

from backend.ingest.parsing import encoding_guess
from backend.text.clean import storable

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# A label means the superset that browsers read it as (https://encoding.spec.whatwg.org/#names-and-labels).
_READ_AS = {
    **dict.fromkeys(("gb2312", "gbk", "gb_2312", "gb_2312-80", "hz"), "gb18030"),
    **dict.fromkeys(("shift_jis", "sjis", "ms_kanji", "windows-31j"), "cp932"),
    **dict.fromkeys(("euc_kr", "ksc5601", "ksc_5601", "ks_c_5601-1989", "uhc"), "cp949"),
    **dict.fromkeys(("big5", "cn-big5"), "big5hkscs"),
    **dict.fromkeys(("iso8859-1", "ascii"), "cp1252"),
    **dict.fromkeys(("tis-620", "tis_620", "iso8859-11", "dos-874"), "cp874"),
    **dict.fromkeys(("koi", "koi8"), "koi8-r"),
    "iso8859-8": "cp1255",
    "iso8859-9": "cp1254",
    "iso8859-13": "cp1257",
    "koi8-ru": "koi8-u",
    "macintosh": "mac-roman",
}  # fmt: skip
# x-cp1251, windows1251 and win-1251 are one, as are iso-8859-8-i and iso88598.
_label = re.compile(
    r"(?:x-)*(?:(?:win|windows)-?(?P<page>\d+)|iso-?8859-?(?P<part>\d\d?)(?:-[ei])?|(?P<name>.+))"
)
_declared = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([\w.:-]+)[\"']", re.IGNORECASE)
_charset = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


# How a codec of Windows treats what it has no byte for.
_LATIN_1 = "tagwire.latin-1"


@dataclass(frozen=True, slots=True)
class Decoded:
    """A document's text; `is_guessed` when nobody said its encoding and statistics had to."""

    text: str
    encoding: str
    is_guessed: bool = False


def decoded(body: bytes, content_type: str = "") -> Decoded:
    """Decode the bytes: a byte order mark first, then what they really are, then their label."""
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return _with(body[len(mark) :], encoding)
    wide = _wide_without_mark(body)
    if wide:
        return _with(body, wide)
    return _narrow(body, _labels(body, content_type))


def _with(body: bytes, encoding: str, *, is_guessed: bool = False) -> Decoded:
    return Decoded(storable(body.decode(encoding, "replace")), encoding, is_guessed)


def _wide_without_mark(body: bytes) -> str | None:
    """Detect UTF-16 by the NULs around its first tag (XML 1.0, appendix F)."""
    at = body[:64].find(b"<")
    if at < 0:
        return None
    if at % 2:
        return "utf-16-be" if body[at - 1 : at] == b"\x00" else None
    return "utf-16-le" if body[at + 1 : at + 2] == b"\x00" else None


def _labels(body: bytes, content_type: str) -> list[str]:
    """Return the encodings that the document and the server claim, the known ones only."""
    inside = _declared.search(body[:1024])
    outside = _charset.search(content_type)
    claimed = [inside.group(1).decode()] if inside else []
    claimed += [outside.group(1)] if outside else []
    return [name for name in map(_codec, claimed) if name]


def _codec(label: str) -> str | None:
    label = _plain(label.lower())
    if label in _READ_AS:
        return _READ_AS[label]
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    # Without a byte order mark a wide encoding is a wrong label, and codecs such as
    # "hex" or "rot13" are no text encodings at all.
    is_text = name not in {"utf-7", "idna", "punycode"} and not name.startswith(
        ("utf-16", "utf-32")
    )
    return _READ_AS.get(name, name) if is_text and _is_ascii_compatible(name) else None


def _plain(label: str) -> str:
    found = _label.fullmatch(label)
    page, part, name = found.groups() if found else (None, None, label)
    return name or (f"cp{page}" if page else f"iso8859-{part}")


def _is_ascii_compatible(name: str) -> bool:
    try:
        return b"<rss>".decode(name) == "<rss>"
    except (LookupError, UnicodeError, ValueError):
        return False


def _narrow(body: bytes, labels: list[str]) -> Decoded:
    if b"\x1b$" in body:  # Japanese or Korean in seven bits: nothing else may hold this
        return _with(body, "iso2022_kr" if b"\x1b$)C" in body else "iso2022_jp_ext")
    try:
        return _utf_8(body.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    nearly = body.decode("utf-8", "replace")
    broken = nearly.count("\ufffd")
    beyond_ascii = sum(1 for character in nearly if character > "\x7f")
    others = [label for label in labels if label != "utf-8"]
    # A few bad bytes in what is otherwise UTF-8: keep the accents, lose the few.
    if broken * 10 <= beyond_ascii or (not others and broken * 3 <= beyond_ascii):
        return Decoded(storable(nearly), "utf-8")
    if others:
        return _with(body, others[0])
    return _with(body, encoding_guess.guessed(body, _codec), is_guessed=True)


def _utf_8(text: str) -> Decoded:
    """Return a text of UTF-8, repaired where it was once read as Windows-1252 and encoded again.

    Then each of its characters beyond ASCII is part of such a sequence: `â€™` for an apostrophe.
    A text that shows one on purpose is likely to have others that are none.
    """
    if not text.isascii():
        try:
            meant = text.encode("cp1252", _LATIN_1).decode("utf-8")
        except UnicodeError:
            pass
        else:
            return Decoded(storable(meant), "utf-8", is_guessed=True)
    return Decoded(storable(text), "utf-8")


def _as_latin_1(error: UnicodeError) -> tuple[bytes, int]:
    """Encode as Latin-1, as browsers do, the five characters that Windows-1252 leaves open."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return error.object[error.start : error.end].encode("latin-1"), error.end


codecs.register_error(_LATIN_1, _as_latin_1)
