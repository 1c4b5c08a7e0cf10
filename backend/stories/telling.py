"""One article as stories compare it, and how it is kept. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from backend.stories.names import names_of
from backend.stories.places import places_of
from backend.stories.terms import terms_once

# Stored beside the words with weight 0, so that code which reads words alone ignores them.
_NAME_MARK = "^"
_LANGUAGE_MARK = "@"
_COUNTRY_MARK = "#"
_CITY_MARK = "~"


@dataclass(frozen=True, slots=True)
class Telling:
    """The weights of an article's words, those that are names, its language and places, when it was
    told.
    """

    article_id: int
    at_us: int
    terms: Mapping[str, float]
    names: tuple[str, ...] = ()
    language: str = ""
    countries: tuple[str, ...] = ()
    cities: tuple[str, ...] = ()


def telling_of(article_id: int, at_us: int, title: str, lead: str, language: str) -> Telling:
    main = language.split("-")[0]
    terms = terms_once(title, lead, main)
    countries, cities = places_of(title, lead, main)
    return Telling(article_id, at_us, terms, names_of(title, lead, main), main, countries, cities)


def places_differ(one: Telling, other: Telling) -> bool:
    """Whether both name countries, or both cities, and none that the other one names."""
    return _differ(one.countries, other.countries) or _differ(one.cities, other.cities)


def _differ(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    return bool(ours and theirs) and set(ours).isdisjoint(theirs)


def packed(telling: Telling) -> str:
    marks = [_LANGUAGE_MARK + telling.language]
    marks += [_NAME_MARK + name for name in telling.names]
    marks += [_COUNTRY_MARK + country for country in telling.countries]
    marks += [_CITY_MARK + city for city in telling.cities]
    kept = {**telling.terms, **dict.fromkeys(marks, 0.0)}
    return orjson.dumps(kept, option=orjson.OPT_SORT_KEYS).decode()


def unpacked(article_id: int, at_us: int, kept: str) -> Telling:
    terms: dict[str, float] = orjson.loads(kept)
    marks = [key for key, weight in terms.items() if not weight]
    for mark in marks:
        del terms[mark]
    names, languages, countries, cities = (
        tuple(mark[1:] for mark in marks if mark[0] == kind)
        for kind in (_NAME_MARK, _LANGUAGE_MARK, _COUNTRY_MARK, _CITY_MARK)
    )
    language = languages[0] if languages else ""
    return Telling(article_id, at_us, terms, names, language, countries, cities)
