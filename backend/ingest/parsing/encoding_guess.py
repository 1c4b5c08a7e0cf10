"""Guesses the encoding of bytes that nobody declared, by what is written with them. Pure.

Detectors know what is usual in long texts; a feed may have three headlines. So each guess is held
against what a script is like: Thai marks stand on consonants, everyday characters of East Asia in
rows of their own of their national table, Arabic words have no letters of French between theirs.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence

import cchardet
import regex

_native_run = re.compile(rb"[^<>]*[\x80-\xff][^<>]*")
_SAMPLE_BYTES = 65_536
_EAST_ASIAN_BYTES = 8_192
_SURE = 0.5
_LIKELY = 0.85
# Encodings that feeds have been seen in; detectors also name those of DOS and of old standards.
_OF_FEEDS = {
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258"),
    *("iso8859-2", "iso8859-5", "iso8859-6", "iso8859-7", "iso8859-15", "cp866", "cp874"),
    *("koi8-r", "koi8-u"),
}
# The table of a country, and its rows of everyday characters: signs, letters, common ideographs.
_SIGNS = {0xA1, 0xA3}
_JAPANESE = ("euc_jp", _SIGNS | {0xA4, 0xA5, *range(0xB0, 0xD0)})
_EVERYDAY = {
    "cp949": ("euc_kr", _SIGNS | {*range(0xB0, 0xC9)}),
    "euc_jp": _JAPANESE,
    "cp932": _JAPANESE,
    "gb18030": ("gb2312", _SIGNS | {*range(0xB0, 0xD8)}),
    "big5hkscs": ("big5", {*range(0xA1, 0xC7)}),
}
_OF_LANGUAGE = {"ko": ("cp949",), "ja": ("euc_jp", "cp932"), "zh": ("gb18030", "big5hkscs")}
_LATIN = {"cp1250", "cp1252", "cp1254", "cp1257", "cp1258", "iso8859-2", "iso8859-15"}
# What browsers take for pages in these languages that say nothing (HTML, 13.2.3.2). English is in
# none: systems write it into feeds of any language.
_BY_LANGUAGE = {
    "cp1250": {"bs", "cs", "hr", "hu", "pl", "ro", "sk", "sl", "sq"},
    "cp1252": {"af", "ca", "da", "de", "es", "eu", "fi", "fr", "ga", "gl", "is", "it", "nb", "nl",
               "no", "pt", "sv"},
    "cp1254": {"az", "ku", "tr"},
    "cp1257": {"et", "lt", "lv"},
    "cp1258": {"vi"},
}  # fmt: skip
_language = re.compile(
    rb"(?:<(?:\w+:)?language>\s*|\bxml:lang=[\"']|\"language\"\s*:\s*\")([a-z]{2})\b", re.IGNORECASE
)
_kana = re.compile("[\u3041-\u30fa]")
_beyond_ascii = re.compile(r"[^\x00-\x7f]")
_high_bytes = re.compile(rb"[\x80-\xff]+")
# Signs over or under a letter only where a consonant is, a leading vowel only before one.
_thai_word = re.compile(
    rb"(?:[\xe0-\xe4]?[\xa1-\xce][\xd1\xd4-\xda]?[\xe7-\xee]{0,2}[\xd0\xd2\xd3\xe5]?"
    rb"|[\xcf\xdf\xe6\xf0-\xf9\x85\x91-\x97])+"
)
_thai_mark = re.compile(rb"[\xd1\xd4-\xda\xe7-\xee]")
_word = re.compile(rb"[A-Za-z\x80-\xff]+")
_ascii_letter = re.compile(rb"[A-Za-z]")
_hangul = re.compile("[\uac00-\ud7a3]+")
_vietnamese = re.compile("[\u0102\u0103\u0110\u0111\u01a0\u01a1\u01af\u01b0\u1ea0-\u1ef9]")
# A sign within a word, or a capital behind a small letter.
_odd = regex.compile(
    r"\p{L}[^\p{L}\p{M}\p{N}\p{Pd}\x00-\x7f’·\xad…“”«»€]\p{L}|\p{Ll}(?:[^\P{Lu}A-Z]|[†‡ˆ‰˜])|\ufffd"
)
_MOSTLY = 0.6
_FEWEST_SYLLABLES = 4
_accented_among_arabic = re.compile("[\u0621-\u064a][à-ÿ]|[à-ÿ][\u0621-\u064a]")


def guessed(body: bytes, codec_of: Callable[[str], str | None]) -> str:
    """Return the most likely encoding, by the text that is not ASCII and by the feed's language."""
    sample = b"\n".join(_native_run.findall(body))[:_SAMPLE_BYTES]
    spoken = _language.search(body[:_SAMPLE_BYTES])
    language = spoken[1].decode().lower() if spoken else ""
    guess = _by_statistics(sample, codec_of)
    if language in _OF_LANGUAGE or guess in _EVERYDAY:
        found = _east_asian(sample, _OF_LANGUAGE.get(language, tuple(_EVERYDAY)))
        if found is not None:
            return found
    if _is_thai(sample):
        return "cp874"
    is_latin = _is_latin(sample)
    if not is_latin and _is_korean(sample):
        return "cp949"
    if is_latin and guess not in _LATIN:
        guess = None
    if guess is None or guess in _EVERYDAY or guess in _LATIN:
        return _latin(sample, guess, language)
    return _settled(sample, guess)


def _latin(sample: bytes, guess: str | None, language: str) -> str:
    """Choose an encoding of Latin letters: few accents tell statistics little, language much."""
    usual = next((name for name, spoken in _BY_LANGUAGE.items() if language in spoken), None)
    if _is_vietnamese(sample):
        return "cp1258"
    if _is_of_mac(sample):
        return "mac-roman"
    if guess == "iso8859-2" and usual in {None, "cp1250"}:
        return guess
    if usual is None and guess == "cp1250" and "ŕ" in sample.decode(guess, "replace").lower():
        return "cp1252"  # the French "à" is a letter there that only Slovak has, and hardly
    return usual or (guess if guess in _LATIN else None) or "cp1252"


def _is_latin(sample: bytes) -> bool:
    """Whether words with accents have letters of ASCII as well: those of other scripts do not."""
    words = [word for word in _word.findall(sample) if not word.isascii()]
    mixed = sum(bool(_ascii_letter.search(word)) for word in words)
    return mixed >= len(words) * _MOSTLY > 0


def _is_korean(sample: bytes) -> bool:
    """Whether all of it is Hangul, rare syllables beside everyday ones. Detectors know the table of
    1987 alone, which the rare ones are not in.
    """
    try:
        signs = "".join(_beyond_ascii.findall(sample.decode("cp949")))
    except UnicodeDecodeError:
        return False
    everyday = len(signs.encode("euc_kr", "ignore")) // 2
    return bool(_hangul.fullmatch(signs)) and everyday * 2 >= len(signs) >= _FEWEST_SYLLABLES


def _is_vietnamese(sample: bytes) -> bool:
    """Whether tones, which stand alone in this encoding, all stand on letters of Vietnamese."""
    text = sample.decode("cp1258", "replace")
    signs = _beyond_ascii.findall(unicodedata.normalize("NFC", text))
    own = sum(bool(_vietnamese.match(each)) for each in signs)
    has_tones = any(map(unicodedata.combining, text))
    return has_tones and own * 2 >= len(signs) and not any(map(unicodedata.combining, signs))


def _is_of_mac(sample: bytes) -> bool:
    """Whether the words read well as those of a Macintosh and not as those of Windows."""
    return bool(_odd.search(sample.decode("cp1252", "replace"))) and not _odd.search(
        sample.decode("mac-roman")
    )


def _by_statistics(sample: bytes, codec_of: Callable[[str], str | None]) -> str | None:
    """Guess by detectors, None when unknown. Measured: cchardet is right far more often on few
    bytes, charset-normalizer where it is unsure.
    """
    found = cchardet.detect(sample)
    names: Iterable[str | None] = [found["encoding"]]
    if (found["confidence"] or 0) < _SURE:
        names = _by_words(sample)
    known = (codec_of(name) for name in names if name)
    return next((name for name in known if name in _OF_FEEDS or name in _EVERYDAY), None)


def _by_words(sample: bytes) -> list[str | None]:
    from charset_normalizer import from_bytes  # noqa: PLC0415 - 3 MB of tables, needed rarely

    return [match.encoding for match in from_bytes(sample)]


def _settled(sample: bytes, guess: str) -> str:
    """Choose, of two encodings of a script, the one that is in use and reads the text as words."""
    if guess == "koi8-r":
        return "koi8-u"  # the same and Ukrainian letters, where the other one draws boxes
    if guess == "iso8859-6" and not _accented_among_arabic.search(sample.decode("cp1256")):
        return "cp1256"
    return guess


def _is_thai(sample: bytes) -> bool:
    words = _high_bytes.findall(sample)
    marks = sum(len(_thai_mark.findall(word)) for word in words)
    return marks * 12 >= sum(map(len, words)) > 0 and all(map(_thai_word.fullmatch, words))


def _east_asian(sample: bytes, encodings: Sequence[str]) -> str | None:
    """Return the double-byte encoding whose everyday characters the text has most of."""
    shares = {encoding: _everyday_share(sample, encoding) for encoding in encodings}
    best = max(shares, key=lambda each: shares[each])
    return best if shares[best] >= _LIKELY else None


def _everyday_share(sample: bytes, encoding: str) -> float:
    """Return the share of everyday characters in this encoding; Japanese without kana is rare."""
    text = sample[:_EAST_ASIAN_BYTES].decode(encoding, "replace")
    table, rows = _EVERYDAY[encoding]
    characters = _beyond_ascii.findall(text)
    everyday = sum((each.encode(table, "ignore") or b"\0")[0] in rows for each in characters)
    share = everyday / max(1, len(characters))
    return share * 0.9 if table == "euc_jp" and not _kana.search(text) else share
