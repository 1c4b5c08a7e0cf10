"""Finds the words of a headline and lead that are names, by capitals inside sentences. Pure."""

from functools import lru_cache

from backend.stories.capitals import names_in
from backend.stories.terms import LEAD_WEIGHT, is_deed, terms_of, told_lead


def names_of(title: str, lead: str, language: str) -> tuple[str, ...]:
    """Return the terms of `terms_of` that are names; none where capitals do not tell."""
    names = (name for text in (title, told_lead(lead)) for name in names_in(text, language))
    return tuple(sorted({term for name in names for term in _terms_of_name(name)}))


@lru_cache(maxsize=32_768)
def _terms_of_name(name: str) -> tuple[str, ...]:
    """Return a name's terms that say who or where: no office, day, short word or deed."""
    terms = terms_of("", name).items()
    return tuple(term for term, weight in terms if weight >= LEAD_WEIGHT and not is_deed(term))
