"""URL slugs, in any script. Pure."""

import unicodedata

LONGEST = 80


def slug_of(text: str, *, longest: int = LONGEST) -> str:
    """Letters, marks and digits of `text` in lower case, joined by single hyphens."""
    kept = (_letter(character) for character in unicodedata.normalize("NFC", text).lower())
    words = "".join(kept).split()
    return _cut("-".join(words), longest) or "-"


def _letter(character: str) -> str:
    if character in "'’‘":
        return ""
    return character if unicodedata.category(character)[0] in "LMN" else " "


def _cut(slug: str, longest: int) -> str:
    if len(slug) <= longest:
        return slug
    whole_words, hyphen, _rest = slug[: longest + 1].rpartition("-")
    return whole_words if hyphen else slug[:longest]
