"""Tag name normalization: key, display form, validation, URL path.

Diacritics are never folded away: that merges different words and breaks other scripts. Spellings
that only an editor can equate (an underscore for the hyphen, a reversed pair) are aliases.
"""

import unicodedata
from functools import lru_cache
from urllib.parse import quote

import regex

MAX_GRAPHEMES = 64
MAX_BYTES = 640

# Removed wherever they stand: tatweel, soft hyphen, zero width space, word joiner, BOM,
# variation selectors, and everything that steers the direction of text.
_DROPPED = dict.fromkeys([0x0640, 0x00AD, 0x200B, 0x2060, 0xFEFF, 0x061C, 0x200E, 0x200F])
_DROPPED |= dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xFE00, 0xFE10)))
# Persian and Urdu keyboards, alef maksura written for yeh, and the Turkish pair of letters i.
_FOLDED = str.maketrans("یىکڪıİ", "ييككii")
_COMBINING_DOT = "i\u0307"
_JOINERS = "\u200c\u200d"

_dash = regex.compile(r"[\p{Pd}\u2212]")
_space = regex.compile(r"\s+")
_separators = regex.compile(r"[.'’‘`ʼ()\[\]\",;:!?/\\]+")
_part = regex.compile(r"[-_·・\s]+")
_letter_or_symbol = regex.compile(r"[^\d\s\p{N}\p{P}\p{Z}\p{M}]")
_unprintable = regex.compile(r"[\p{Cc}\p{Cs}\p{Co}\p{Cn}\ufffd]")
_inner_dot = regex.compile(r"(?<=[\p{L}\p{N}]{2})\.(?=[\p{L}\p{N}])")
# Addresses below a tag's: its feeds, and files that an app never opens.
_file = regex.compile(r"\.(?:rss|json|xml|txt|webmanifest)$")
_WITH_AND = r"\p{Lu}+(?:&[\p{Lu}\p{N}]+)+"
_own_spelling = regex.compile(rf"\p{{L}}[\p{{L}}\p{{N}}]+\.[\p{{L}}\p{{N}}]+|{_WITH_AND}")
# As a text has them, where a dot may as well end a sentence.
_DOTTED = r"\p{Lu}[\p{L}\p{N}]+\.(?:js|com|net|org|io|ai|fm|tv)(?![\p{L}\p{N}])"
SIGNED_WORD = rf"(?:{_WITH_AND}|{_DOTTED}|\p{{Lu}}(?:\+\+|#))"
_confusable = {
    script: regex.compile(rf"\p{{Script={script}}}")
    for script in ("Latin", "Cyrillic", "Greek", "Armenian", "Cherokee")
}


@lru_cache(maxsize=16_384)
def key_of(text: str) -> str:
    """The key of a tag: equal for every spelling that means the same tag."""
    folded = text
    for _ in range(4):  # removing a mark can bring two letters together that compose again
        again = _fold_once(folded)
        if again == folded:
            break
        folded = again
    return folded


@lru_cache(maxsize=8_192)
def display_name(phrase: str) -> str:
    """The hashtag form of a phrase: "North Korea" becomes NorthKorea, hyphens stay."""
    tidy = _tidy(phrase).replace("&", " and ")
    words = _separators.sub(" ", tidy).split()
    return "".join(word[:1].upper() + word[1:] for word in _joined_initials(words))


def chosen_name(phrase: str) -> str:
    """The name of a tag, wherever it comes from: what is spelled with a sign inside one word keeps
    it (Node.js, AT&T, R&D); `display_name` of it is another spelling of the same tag.
    """
    tidy = _tidy(phrase)
    return tidy[:1].upper() + tidy[1:] if has_own_spelling(tidy) else display_name(phrase)


def has_own_spelling(name: str) -> bool:
    return _own_spelling.fullmatch(name) is not None and problem_of(name) is None


@lru_cache(maxsize=16_384)
def bare_key(name: str) -> str:
    """The key without any sign, under which evidence and bans are kept."""
    return key_of(display_name(name))


@lru_cache(maxsize=8_192)
def problem_of(name: str) -> str | None:
    """Say why this cannot be the name of a tag; None if it can."""
    key = key_of(name)
    if not key:
        return "a tag needs a name"
    if len(regex.findall(r"\X", key)) > MAX_GRAPHEMES or len(key.encode()) > MAX_BYTES:
        return f"a tag has at most {MAX_GRAPHEMES} characters"
    if any(sign in _inner_dot.sub("", key) for sign in "/\\."):
        return "a tag has no '/' or '\\', and a '.' only inside a word"
    if _file.search(key):
        return "a tag does not end like a file, such as .rss"
    if _unprintable.search(key):
        return "a tag has only printable characters"
    if not _letter_or_symbol.search(key):
        return "a tag needs at least one letter"
    if any(_is_spoof(part) for part in _part.split(key)):
        return "a tag does not mix letters of look-alike scripts"
    return None


def path_of(name: str) -> str:
    """The tag's segment in a URL: only unreserved characters stay as they are."""
    return quote(unicodedata.normalize("NFC", name), safe="")


def pair_aliases(first: str, second: str) -> tuple[str, ...]:
    """Other spellings of the pair first-second, for platforms that cut a hashtag at a hyphen."""
    return (
        f"{second}-{first}",
        f"{first}_{second}",
        f"{second}_{first}",
        f"{first}·{second}",
    )


def _fold_once(text: str) -> str:
    folded = unicodedata.normalize("NFKC", _well_formed(text)).casefold()
    folded = unicodedata.normalize("NFKC", folded).translate(_FOLDED).translate(_DROPPED)
    folded = _dash.sub("-", folded.replace(_COMBINING_DOT, "i"))
    folded = _space.sub("", folded).lstrip("#" + _JOINERS).rstrip(_JOINERS)
    return unicodedata.normalize("NFKC", folded)


def _well_formed(text: str) -> str:
    """Replace lone surrogates, which JSON can carry, by U+FFFD: nothing later could encode them."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _tidy(phrase: str) -> str:
    phrase = unicodedata.normalize("NFC", phrase).translate(_DROPPED)
    return _dash.sub("-", phrase).strip().lstrip("#＃").strip(_JOINERS)


def _joined_initials(words: list[str]) -> list[str]:
    """Drop a hyphen that hangs at the edge of a word after the signs around it were removed."""
    return [word for word in (each.strip("-") for each in words) if word]


def _is_spoof(part: str) -> bool:
    return sum(1 for pattern in _confusable.values() if pattern.search(part)) > 1
