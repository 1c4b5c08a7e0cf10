"""Surnames and abbreviations that stand for a longer name, within an article and a window. Pure.

"Vandenberg" is Orla Vandenberg while most of what publishers wrote lately says so; "IAEA" is what
an article writes it behind: "International Atomic Energy Agency (IAEA)".
"""

from collections.abc import Iterable, Mapping, Sequence

import regex

from backend.catalog.tag_names import key_of
from backend.tagging.name_words import CONNECTORS

# No tag's key begins with it: key_of does not remove it, but no name in a text has it.
MARK = "~"
PUBLISHERS_NEEDED = 2
_DOMINATES = 0.75
_SHORTEST = 4
_LONGEST_NAME = 3
_abbreviation = regex.compile(r"(?<=\p{L}) \((\p{Lu}[\p{Lu}\p{Ll}]{1,7})\)")
_SMALL = CONNECTORS | {"for", "and", "the", "on", "in", "des", "für", "und", "pour", "et"}
_LONGEST_EXPANSION_CHARACTERS = 100


def short_key(short: str) -> str:
    """The key under which evidence keeps what a short form stands for."""
    return MARK + key_of(short)


def surnames(names: Iterable[str]) -> dict[str, str]:
    """Return the full names by their last words; a last word of two names is left out."""
    found: dict[str, str | None] = {}
    for name in names:
        words = name.split(" ")
        last = words[-1]
        is_name = 1 < len(words) <= _LONGEST_NAME and len(last) >= _SHORTEST
        if is_name and last.lower() not in CONNECTORS and not last.isupper():
            found[last] = name if found.get(last, name) == name else None
    return {short: name for short, name in found.items() if name is not None}


def expansions(text: str) -> dict[str, str]:
    """The abbreviations that a text explains, with the names they stand for."""
    found = {}
    for hit in _abbreviation.finditer(text):
        before = text[max(0, hit.start() - _LONGEST_EXPANSION_CHARACTERS) : hit.start()]
        name = _of_initials(before.replace(",", "").split(), hit.group(1))
        if name is not None:
            found[hit.group(1)] = name
    return found


def _of_initials(words: Sequence[str], short: str) -> str | None:
    """The last words whose initials are the abbreviation's capitals, small words passed over."""
    wanted = [letter for letter in short if letter.isupper()]
    initials: list[str] = []
    for start in range(len(words) - 1, -1, -1):
        if words[start][0].isupper():
            initials.insert(0, words[start][0])
            if initials == wanted:
                return " ".join(words[start:])
        elif words[start] not in _SMALL:
            return None
    return None


def is_short_for(short: str, name: str) -> bool:
    """Whether a word can stand for a tag of this name: its last word, or its initials."""
    capitals = [letter for letter in name if letter.isupper()]
    initials = [letter for letter in short if letter.isupper()]
    if len(initials) > 1 and short.isupper() and initials[:1] == capitals[:1]:
        left = iter(capitals)
        return all(letter in left for letter in initials)
    last, begins = key_of(short), name[-len(short) :][:1].isupper()
    is_word = " " not in short and len(short) >= _SHORTEST and not short[0].islower()
    return is_word and begins and key_of(name).endswith(last) and key_of(name) != last


def bearer_of(uses: Mapping[str, tuple[int, int]]) -> str | None:
    """Return the name that dominates by its articles and publishers; None if none does."""
    if not uses:
        return None
    name, (articles, publishers) = max(uses.items(), key=lambda use: use[1])
    everything = sum(count for count, _ in uses.values())
    is_sure = publishers >= PUBLISHERS_NEEDED and articles >= everything * _DOMINATES
    return name if is_sure else None
