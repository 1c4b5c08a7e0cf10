"""Countries that a headline and its lead name, itself, a city or what bears its name. Pure."""

from collections.abc import Mapping
from functools import cache, lru_cache

from backend.catalog.tag_names import display_name
from backend.stories.terms import told_lead
from backend.tagging import name_lists
from backend.tagging.known_names import gazetteer_of


@lru_cache(maxsize=4_096)
def countries_of(title: str, lead: str, language: str) -> tuple[str, ...]:
    """Their codes, each once."""
    hits = gazetteer_of(frozenset({language})).find(f"{title}\n{told_lead(lead)}")
    named = (entity for hit in hits if not hit.weak for entity in hit.entities)
    return tuple(sorted({code for each in named if (code := _by_entity().get(each))}))


@cache
def _by_entity() -> Mapping[str, str]:
    """The country of each known country, city and organisation that has its name in its own."""
    cities = name_lists.cities()
    codes = {code: code for code, _ in cities}
    found = {display_name(city.name): code for code, city in reversed(cities)}
    for each in name_lists.listed("organisations.txt"):
        hits = (hit for word in each.name.split() for hit in gazetteer_of(frozenset()).find(word))
        named = {entity for hit in hits for entity in hit.entities if entity in codes}
        if len(named) == 1:
            found[display_name(each.name)] = named.pop()
    return found | codes
