"""Compares the people and places that headlines name, which tell similar events apart. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from backend.stories.names import names_of
from backend.stories.terms import terms_of, told_lead
from backend.tagging.known_names import gazetteer_of


@dataclass(frozen=True, slots=True)
class Subject:
    """The known names and other names of a headline, those of its lead too, and all its words."""

    headline: frozenset[str]
    names: frozenset[str]
    words: frozenset[str]


def subject_of(title: str, lead: str, language: str) -> Subject:
    main = language.split("-")[0]
    headline = frozenset(_names_in(title, main))
    names = headline.union(_names_in(told_lead(lead), main))
    return Subject(headline, names, names.union(terms_of(title, lead, main)))


def differ(one: Subject, other: Subject) -> bool:
    """Whether each headline names what the other text does not, or no name is in both texts."""
    if one.headline - other.words and other.headline - one.words:
        return True
    if not one.names or not other.names:
        return False
    return one.names.isdisjoint(other.words) and other.names.isdisjoint(one.words)


@cache
def _topics() -> frozenset[str]:
    entities = gazetteer_of(frozenset()).entities.values()
    return frozenset(each.id for each in entities if each.kind == "topic")


def _names_in(text: str, language: str) -> Iterator[str]:
    """Places, persons and organisations by their tags, and other names by their words."""
    gazetteer = gazetteer_of(frozenset({language}))
    rest, at = [], 0
    for hit in gazetteer.find(text):
        if hit.weak or hit.entities[0] in _topics():
            continue
        yield from (f"#{each}" for each in hit.entities)
        rest.append(text[at : hit.start])
        at = hit.end
    yield from names_of(" ".join([*rest, text[at:]]), "", language)
