"""Boilerplate detection: trailing headlines of other articles. Pure."""

import regex

_mark = regex.compile(r"\b(?:read more|read also|related articles|also read)\b", regex.IGNORECASE)
_word = regex.compile(r"[^\W\d_]{4,}")
# Before this share of the text, or with less than this after it, "read more" is a sentence's own.
_EARLIEST = 0.6
_SHORTEST_TAIL = 200
_IN_CAPITALS = 0.75


def tail_of(text: str) -> int | None:
    """Find where a tail may begin: sure enough to tag nothing by it, not to cut it off."""
    earliest = int(len(text) * _EARLIEST) + 1
    latest = text[earliest : len(text) - _SHORTEST_TAIL].lower()
    if "read" not in latest and "related" not in latest:
        return None
    found = _mark.search(text, earliest, len(text) - _SHORTEST_TAIL)
    return found.start() if found else None


def are_headlines(text: str) -> bool:
    """Whether it has the capitals of headlines and not of sentences; False without case."""
    words = _word.findall(text)
    capitals = sum(1 for word in words if word[0].isupper())
    return bool(words) and capitals >= len(words) * _IN_CAPITALS
