"""Which words of a headline and its lead are names, by the capitals inside sentences. Pure."""

from collections.abc import Iterator
from functools import lru_cache

import regex

from backend.stories.terms import LEAD_WEIGHT, is_deed, terms_of, told_lead

# Their nouns have capitals, too.
_NOUNS_IN_CAPITALS = {"de", "lb"}
# Of which a title has more has them for its looks.
_MOST_CAPITALS = 0.6

_word = regex.compile(r"\p{L}[\p{L}\p{M}\p{N}.'’-]*")
# Behind a word, a number or a comma, where no sentence begins.
_inside = regex.compile(r"(?<=[\p{L}\p{M}\p{N},;)]\s)\p{Lu}[\p{L}\p{M}\p{N}.'’-]*")


def names_of(title: str, lead: str, language: str) -> tuple[str, ...]:
    """Those terms of `terms_of` that are names; none where capitals do not tell."""
    if not language or language in _NOUNS_IN_CAPITALS:
        return ()
    found = (name for text in (title, told_lead(lead)) for name in _names_in(text))
    return tuple(sorted(set(found)))


def _names_in(text: str) -> Iterator[str]:
    words = _word.findall(text)
    if sum(word[0].isupper() for word in words) > len(words) * _MOST_CAPITALS:
        return
    for name in _inside.findall(text):
        yield from _terms_of_name(name)


@lru_cache(maxsize=32_768)
def _terms_of_name(name: str) -> tuple[str, ...]:
    """What of it says who or where: no office, no day, no short word, no deed."""
    terms = terms_of("", name).items()
    return tuple(term for term, weight in terms if weight >= LEAD_WEIGHT and not is_deed(term))
