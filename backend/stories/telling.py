"""One article as stories compare it, and how it is kept. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from backend.stories.countries import countries_of
from backend.stories.names import names_of
from backend.stories.terms import terms_of

# Beside the words in what is kept: who reads words alone finds words that weigh nothing.
_NAME_MARK = "^"
_LANGUAGE_MARK = "@"
_COUNTRY_MARK = "#"


@dataclass(frozen=True, slots=True)
class Telling:
    """The weights of an article's words, those that are names, its countries and language, when it
    was told.
    """

    article_id: int
    at_us: int
    terms: Mapping[str, float]
    names: tuple[str, ...] = ()
    language: str = ""
    countries: tuple[str, ...] = ()


def telling_of(article_id: int, at_us: int, title: str, lead: str, language: str) -> Telling:
    main = language.split("-")[0]
    terms = terms_of(title, lead, main)
    names, countries = names_of(title, lead, main), countries_of(title, lead, main)
    return Telling(article_id, at_us, terms, names, main, countries)


def names_differ(one: Telling, other: Telling) -> bool:
    """Whether both have names, and no word of the other is among either's."""
    if not one.names or not other.names:
        return False
    return one.terms.keys().isdisjoint(other.names) and other.terms.keys().isdisjoint(one.names)


def countries_differ(one: Telling, other: Telling) -> bool:
    """Whether both name countries, and none that the other one names."""
    return bool(one.countries and other.countries) and not {*one.countries} & {*other.countries}


def packed(telling: Telling) -> str:
    marks = [_LANGUAGE_MARK + telling.language]
    marks += [_NAME_MARK + name for name in telling.names]
    marks += [_COUNTRY_MARK + country for country in telling.countries]
    kept = {**telling.terms, **dict.fromkeys(marks, 0.0)}
    return orjson.dumps(kept, option=orjson.OPT_SORT_KEYS).decode()


def unpacked(article_id: int, at_us: int, kept: str) -> Telling:
    terms: dict[str, float] = orjson.loads(kept)
    marks = [key for key, weight in terms.items() if not weight]
    for mark in marks:
        del terms[mark]
    names, languages, countries = (
        tuple(mark[1:] for mark in marks if mark[0] == kind)
        for kind in (_NAME_MARK, _LANGUAGE_MARK, _COUNTRY_MARK)
    )
    return Telling(article_id, at_us, terms, names, languages[0] if languages else "", countries)
