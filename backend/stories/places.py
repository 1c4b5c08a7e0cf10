"""Places that a headline and its lead name: countries, also by what bears their name, and cities.
Pure.
"""

from collections.abc import Mapping
from functools import cache, lru_cache

from backend.catalog.tag_names import display_name
from backend.stories.terms import told_lead
from backend.tagging import name_lists
from backend.tagging.known_names import gazetteer_of


@lru_cache(maxsize=4_096)
def places_of(title: str, lead: str, language: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The codes of the countries, each once, and the cities."""
    hits = gazetteer_of(frozenset({language})).find(f"{title}\n{told_lead(lead)}")
    named = {entity for hit in hits if not hit.weak for entity in hit.entities}
    countries = {code for each in named if (code := _by_entity().get(each))}
    return tuple(sorted(countries)), tuple(sorted(named & _cities()))


@cache
def _cities() -> frozenset[str]:
    return frozenset(display_name(city.name) for _, city in name_lists.cities())


@cache
def _by_entity() -> Mapping[str, str]:
    """Map each known country, city, and organisation named after a country to its country."""
    cities = name_lists.cities()
    codes = {code: code for code, _ in cities}
    found = {display_name(city.name): code for code, city in reversed(cities)}
    for each in name_lists.listed("organisations.txt"):
        hits = (hit for word in each.name.split() for hit in gazetteer_of(frozenset()).find(word))
        named = {entity for hit in hits for entity in hit.entities if entity in codes}
        if len(named) == 1:
            found[display_name(each.name)] = named.pop()
    return found | codes
