"""Turns names and found tags into the tags they mean, whether these exist already or not."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from backend.catalog.tag_names import bare_key, chosen_name, display_name, key_of, problem_of
from backend.tagging.gazetteer import Entity
from backend.tagging.known_names import known, known_pair, meant_by
from backend.tagging.language import languages_in
from backend.tagging.learning import LEARNED_RULES
from backend.tagging.tagger import FoundTag


class WantedTag(NamedTuple):
    """A tag that has to exist, and what it is made with when it is new.

    `aliases` are other names of a new one, `spelling` is a key that leads to it in any case.
    """

    name: str
    kind: str
    key: str
    state: str = "known"
    aliases: Sequence[str] = ()
    spelling: str = ""
    members: Sequence[str] = ()

    @property
    def keys(self) -> tuple[str, str]:
        """Return its key, and that without the name's sign, which an older tag may have."""
        return self.key, bare_key(self.name)


class PresentTag(Protocol):
    """A tag that exists."""

    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...


def of_name(name: str, language: str | None, tags: Mapping[str, PresentTag]) -> WantedTag | None:
    """Return the tag meant by a name, None if it can be none; `tags` exist already, by key."""
    shown = display_name(name)
    if problem_of(shown) or (problem_of(name) and known(shown) is None):
        return None
    key = key_of(shown)
    present = tags.get(key)
    if present is not None and present.kind != "topic":
        return WantedTag(present.name, present.kind, present.key)
    entity, pair = known(shown), known_pair(shown)
    if entity is None and pair is None:
        entity = meant_by(name.strip(), languages_in(name, language))
    if entity is not None:
        return of_entity(entity, spelling=key)
    if pair is not None:
        return of_pair((pair[0].name, pair[1].name))
    if present is not None:
        return WantedTag(present.name, present.kind, present.key)
    chosen = chosen_name(name)
    return WantedTag(chosen, "topic", key_of(chosen))


def of_found(found: FoundTag) -> WantedTag:
    if found.members:
        return of_pair(found.members)
    entity = known(found.name)
    if entity is not None:
        return of_entity(entity)
    state = "learned" if found.rule in LEARNED_RULES else "known"
    return WantedTag(found.name, found.kind, key_of(found.name), state)


def of_entity(entity: Entity, spelling: str = "") -> WantedTag:
    """Return the tag of a known name; `spelling` leads to it from now on."""
    key = key_of(entity.name)
    return WantedTag(entity.name, entity.kind, key, aliases=entity.aliases, spelling=spelling)


def of_pair(members: Sequence[str]) -> WantedTag:
    name = "-".join(members)
    return WantedTag(name, "pair", key_of(name), members=members)


def of_entity_name(name: str) -> WantedTag:
    """An entity by its name, such as a member of a pair; the lists may know it."""
    entity = known(name)
    return WantedTag(name, "entity", key_of(name)) if entity is None else of_entity(entity)
