"""Builds the gazetteers: every known name in English and in an article's own languages.

Countries come from CLDR, the rest from `places.toml`, `subjects.toml` and the lists of
`backend.tagging.name_lists`.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import Any

import regex
from babel import Locale

from backend.catalog.tag_names import chosen_name, display_name, key_of
from backend.tagging import name_lists
from backend.tagging.gazetteer import Entity, Gazetteer, Sign, TagKind, as_city
from backend.tagging.name_words import words as word_list

# Latin-script names of another language are words of this one too often ("Man", "Nga").
LANGUAGES = word_list("languages")
# Languages whose genitive is an s without an apostrophe: "Russlands", "Trumps".
_GENITIVE_S = frozenset({"de", "sv", "no", "nb", "da"})
_cut = regex.compile(r"\s*[(（/,،].*$")


def load() -> None:
    """Build the English names, to be called before a transaction that needs one."""
    _by_key()


def gazetteer_of(languages: frozenset[str]) -> Gazetteer:
    """The names for texts in these languages; English is always among them."""
    return _built(tuple(sorted((languages & LANGUAGES) - {"en"})))


def is_person(entities: Sequence[str]) -> bool:
    """Whether a mention is a person of the list."""
    return len(entities) == 1 and entities[0] in _people()


@lru_cache(maxsize=1)
def _people() -> frozenset[str]:
    return frozenset(display_name(each.name) for each in name_lists.listed("people.txt"))


def known(name: str) -> Entity | None:
    """Look up the entity of a tag's name, by its name or one of its aliases."""
    return _by_key().get(key_of(name))


def meant_by(written: str, languages: frozenset[str]) -> Entity | None:
    """Look up what a whole name stands for in these languages: "Vereinte Nationen", "국제연합".

    Topics are left out: a word such as "airport" tells of one, and is its own tag when given.
    """
    gazetteer = gazetteer_of(languages)
    hits = gazetteer.find(written)
    if len(hits) != 1 or (hits[0].start, hits[0].end) != (0, len(written)) or hits[0].weak:
        return None
    hit = as_city(hits[0]) if hits[0].sign in {"seat", "voice"} else hits[0]
    if hit is None or hit.sign not in {"name", "exact", "surname"} or len(hit.entities) != 1:
        return None
    found = gazetteer.entities[hit.entities[0]]
    return found if found.kind != "topic" else None


def known_pair(name: str) -> tuple[Entity, Entity] | None:
    """The two entities of a pair that somebody typed as one name, in their canonical order."""
    parts = name.split("-")
    for cut in range(1, len(parts)):
        first, second = known("-".join(parts[:cut])), known("-".join(parts[cut:]))
        if first and second and first != second and {first.kind, second.kind} == {"entity"}:
            ordered = sorted((first, second), key=lambda entity: entity.name.casefold())
            return ordered[0], ordered[1]
    return None


@lru_cache(maxsize=1)
def _by_key() -> dict[str, Entity]:
    entities = gazetteer_of(frozenset()).entities.values()
    by_alias = {key_of(alias): each for each in entities for alias in each.aliases}
    return by_alias | {key_of(each.name): each for each in entities}


def _aliases(written: Sequence[str], weak: Sequence[str]) -> tuple[str, ...]:
    names = (display_name(each) for each in written if each not in weak and ". " not in each)
    return tuple(dict.fromkeys(name.replace(".", "") for name in names))


@lru_cache(maxsize=32)
def _built(languages: tuple[str, ...]) -> Gazetteer:
    if not languages:
        return _english_names()
    base, subjects = _built(()), _document("subjects.toml")
    gazetteer = Gazetteer(entities=base.entities, base=base)
    spoken = frozenset(languages)
    _add_lists(gazetteer, spoken)
    for entry in subjects["subject"]:
        for language in languages:
            for written in entry.get(language, ()):
                gazetteer.add(written, display_name(entry["name"]), "name")
    for language in languages:
        _add_language(gazetteer, subjects, language)
    for code, language, form in name_lists.demonyms():
        if language in spoken and code in gazetteer.entities:
            gazetteer.add(form, code, "demonym")
    _add_cities(gazetteer, spoken)
    if {"ko", "ja", "zh", "zh_Hant"} & spoken:
        for written, owners in subjects["contractions"].items():
            gazetteer.add(written, owners, "contraction")
    return gazetteer


def _english_names() -> Gazetteer:
    gazetteer, subjects = Gazetteer(), _document("subjects.toml")
    _add_lists(gazetteer, frozenset({""}))
    for phrase in subjects["blockers"]:
        gazetteer.add(phrase, (), "block")
    _add_places(gazetteer, _document("places.toml"))
    for entry in subjects["subject"]:
        _add_subject(gazetteer, entry)
    _add_cities(gazetteer, frozenset({""}))
    return gazetteer


def _add_cities(gazetteer: Gazetteer, spoken: frozenset[str]) -> None:
    """Add the cities, last: a capital stays its state's seat, Singapore in any language a state."""
    states = {each.name: code for code, each in gazetteer.entities.items() if len(code) == 2}
    taken = {each.name for each in gazetteer.entities.values() if each.is_actor}
    for country, city in name_lists.cities():
        name = display_name(city.name)
        if name not in taken:
            _add_listed(gazetteer, city, "entity", spoken, is_actor=False)
        elif states.get(name) == country:
            for each in city.written:
                if each.language in spoken:
                    gazetteer.add(each.text, country, "name")


# What each list holds; the first meaning of a string stays.
_LISTS: tuple[tuple[str, TagKind], ...] = (
    ("people.txt", "entity"),
    ("organisations.txt", "entity"),
    ("divisions.txt", "entity"),
    ("topics.txt", "topic"),
)


def _add_lists(gazetteer: Gazetteer, spoken: frozenset[str]) -> None:
    for file, kind in _LISTS:
        for entry in name_lists.listed(file):
            _add_listed(gazetteer, entry, kind, spoken, is_person=file == "people.txt")


def _add_listed(
    gazetteer: Gazetteer,
    entry: name_lists.Listed,
    kind: TagKind,
    spoken: frozenset[str],
    *,
    is_person: bool = False,
    is_actor: bool = True,
) -> None:
    name = chosen_name(entry.name)
    sure = [each.text for each in entry.written if not each.language and not each.is_weak]
    aliases = _aliases(sure, ()) if kind == "entity" else ()
    gazetteer.entities.setdefault(name, Entity(name, name, kind, aliases, is_actor))
    for each in entry.written:
        sign = _sign_of(each.text, is_person=is_person)
        is_spoken = each.language in spoken
        if is_spoken:
            gazetteer.add(each.text, name, sign, weak=each.is_weak)
        if spoken & _GENITIVE_S and (is_spoken or not each.language) and sign != "exact":
            gazetteer.add(f"{each.text}s", name, sign, weak=each.is_weak)


def _sign_of(written: str, *, is_person: bool) -> Sign:
    """Choose the sign: abbreviations need exactly their letters, a surname may be another's."""
    if written.isupper() and len(written) < 8 and written.isascii():
        return "exact"
    return "surname" if is_person and " " not in written and written[0].isupper() else "name"


def _document(name: str) -> Mapping[str, Any]:
    return tomllib.loads(resources.files("backend.tagging").joinpath(name).read_text("utf-8"))


def _territories(language: str) -> Iterator[tuple[str, str]]:
    """CLDR's countries without continents, unions and test codes."""
    for code, name in Locale.parse(language).territories.items():
        if len(code) == 2 and code not in {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ", "AC", "UM"}:
            yield code, _cut.sub("", name)


def _add_places(gazetteer: Gazetteer, places: Mapping[str, Any]) -> None:
    for code, cldr_name in _territories("en"):
        entry = places.get(code, {})
        name = entry.get("name", cldr_name)
        known_as = (*entry.get("exact", ()), *entry.get("also", ()), cldr_name)
        aliases = _aliases(known_as, entry.get("weak", ()))
        gazetteer.entities[code] = Entity(code, display_name(name), "entity", aliases)
        for written, sign in _english(entry, name, cldr_name):
            city = _city_by_name("").get(written) if sign == "seat" else None
            owners = (code, city) if city else (code,)
            gazetteer.add(written, owners, sign, weak=written in entry.get("weak", ()))
    for written, code in (("the North", "KP"), ("the South", "KR")):
        gazetteer.add(written, code, "context", weak=True)
        gazetteer.add(written.capitalize(), code, "context", weak=True)
        gazetteer.add(written.replace("the", "The"), code, "context", weak=True)


def _english(entry: Mapping[str, Any], name: str, cldr_name: str) -> Iterator[tuple[str, Sign]]:
    for written in (name, cldr_name, *entry.get("also", ())):
        yield written.replace(" & ", " and "), "name"
        yield written, "name"
    for written in entry.get("demonyms", ()):
        yield written, "demonym"
        if not written.endswith(("ese", "sh", "ch", "ss", "ic", "s", "z")):
            yield f"{written}s", "demonym"
    for written in entry.get("seats", ()):
        yield written, "seat"
    for written in entry.get("exact", ()):
        yield written, "exact"
    for written in entry.get("prefix", ()):
        yield written, "prefix"


def _add_subject(gazetteer: Gazetteer, entry: Mapping[str, Any]) -> None:
    name, weak = display_name(entry["name"]), entry.get("weak", ())
    aliases = _aliases((*entry.get("exact", ()), *entry.get("names", ())), weak)
    gazetteer.entities[name] = Entity(name, name, entry.get("kind", "entity"), aliases)
    for written in entry.get("names", ()):
        gazetteer.add(written, name, "name")
    for written in entry.get("exact", ()):
        gazetteer.add(written, name, "exact", weak=written in weak)
    for written in entry.get("seats", ()):
        gazetteer.add(written, name, "seat")


def _add_language(gazetteer: Gazetteer, subjects: Mapping[str, Any], language: str) -> None:
    stopped = set(subjects["stop"].get(language, ()))
    for code, name in _territories(language):
        if name in stopped or len(name) < 2 or code not in gazetteer.entities:
            continue
        gazetteer.add(name, code, "name")
        if language in _GENITIVE_S:
            gazetteer.add(f"{name}s", code, "name")
        if language in {"ru", "uk"}:
            for inflected in _slavic_cases(name):
                gazetteer.add(inflected, code, "name")
    for code, names in subjects["also"].get(language, {}).items():
        for name in names:
            city = _city_by_name(language).get(name, "")
            is_seat = city in gazetteer.entities
            gazetteer.add(name, (code, city) if is_seat else code, "seat" if is_seat else "name")


@lru_cache(maxsize=32)
def _city_by_name(language: str) -> Mapping[str, str]:
    """The tags of cities by their names in a language: capitals stand for their states as well."""
    return {
        each.text: display_name(city.name)
        for _, city in reversed(name_lists.cities())
        for each in city.written
        if each.language == language
    }


def _slavic_cases(name: str) -> Iterator[str]:
    """The cases of a one-word country name: Россия, России, Россию, Россией."""
    if len(name) < 4 or " " in name or "-" in name:
        return
    for ending, cases in (
        ("ия", ("ии", "ию", "ией")),
        ("ія", ("ії", "ію", "ією")),
        ("а", ("ы", "и", "е", "у", "ой", "і", "ою")),
        ("ь", ("и", "ью")),
        ("й", ("я", "ю", "ем", "е", "єм", "ї")),
    ):
        if name.endswith(ending):
            yield from (name.removesuffix(ending) + case for case in cases)
            return
    if name[-1] not in "яеёиоуыэюіїє":
        yield from (name + case for case in ("а", "у", "ом", "е", "і"))
