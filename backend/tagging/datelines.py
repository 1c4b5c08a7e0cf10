"""Datelines: the place a report was sent from, before its first sentence. Pure."""

import regex

_dateline = regex.compile(
    r"\s*\p{Lu}[\p{L}'’.-]+(?:[ /]\p{Lu}[\p{L}'’.-]+){0,3}(?:, \p{L}+\.? \d{1,2}\.?)?"
    r"(?:\s*\([\p{L}/ ]+\))?(?:\s*[-–—]+\s|:\s|(?<=\p{Ll}{3})\.\s)"
)


def end_of(text: str) -> int:
    """Return where the dateline ends ("BEIRUT, March 7 (Reuters) - ", "Berlin. "); 0 for none."""
    found = _dateline.match(text)
    return found.end() if found else 0
