"""Finds the names in a text, and the first words of names, by their capitals. Pure."""

from collections.abc import Collection
from functools import lru_cache

import regex

# Languages whose nouns have capitals, too.
_NOUNS_IN_CAPITALS = {"de", "lb"}
# A text in which a larger share of words has a capital has them for its looks.
_MOST_CAPITALS = 0.6

_word = regex.compile(r"\p{L}[\p{L}\p{M}\p{N}.'’-]*")
# Behind a word, a number, a comma or an elided word, where no sentence begins.
_inside = regex.compile(
    r"(?:(?<=[\p{L}\p{M}\p{N},;)]\s)|(?<=[dlDL]['’]))\p{Lu}[\p{L}\p{M}\p{N}.'’-]*"
)
_followed = regex.compile(r"\p{Lu}[\p{L}\p{M}'’-]+(?=\s\p{Lu}\p{Ll})")


def names_in(text: str, language: str) -> Collection[str]:
    """The words with a capital inside sentences; none where capitals do not tell."""
    return _inside.findall(text) if _do_tell(text, language) else ()


def first_names_in(text: str, language: str) -> Collection[str]:
    """The words of names before their last one: "Nicolas" of "Nicolas Sarkozy"."""
    return frozenset(_followed.findall(text)) if _do_tell(text, language) else ()


@lru_cache(maxsize=4_096)
def _do_tell(text: str, language: str) -> bool:
    if not language or language in _NOUNS_IN_CAPITALS:
        return False
    words: list[str] = _word.findall(text)
    return sum(word[0].isupper() for word in words) <= len(words) * _MOST_CAPITALS
