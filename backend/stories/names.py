"""Which words of a headline and its lead are names, by the capitals inside sentences. Pure."""

from functools import lru_cache

from backend.stories.capitals import names_in
from backend.stories.terms import LEAD_WEIGHT, is_deed, terms_of, told_lead


def names_of(title: str, lead: str, language: str) -> tuple[str, ...]:
    """Those terms of `terms_of` that are names; none where capitals do not tell."""
    names = (name for text in (title, told_lead(lead)) for name in names_in(text, language))
    return tuple(sorted({term for name in names for term in _terms_of_name(name)}))


@lru_cache(maxsize=32_768)
def _terms_of_name(name: str) -> tuple[str, ...]:
    """What of it says who or where: no office, no day, no short word, no deed."""
    terms = terms_of("", name).items()
    return tuple(term for term, weight in terms if weight >= LEAD_WEIGHT and not is_deed(term))
