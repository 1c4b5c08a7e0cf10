"""Tells which of the tags that a publisher gave are not on the article, and why."""

from collections.abc import Iterable, Iterator, Set
from typing import NamedTuple

from sqlalchemy.orm import Session

from backend.catalog.queries import tags_named
from backend.catalog.tag_names import display_name, key_of, problem_of
from backend.tagging.keywords import cleaned, is_default_word
from backend.tagging.known_names import known, known_pair, meant_by
from backend.tagging.language import languages_in
from backend.tagging.sections import section_of


class IgnoredTag(NamedTuple):
    tag: str
    reason: str


def ignored(
    session: Session, given: Iterable[str], carried: Set[str], *, source: str, language: str
) -> Iterator[IgnoredTag]:
    """Yield each name that is unused, as it was given; a list of names is used if one of them is.

    `carried` are the keys of the article's tags, `source` is its publisher's name.
    """
    said = {name: cleaned([name], source) for name in dict.fromkeys(given)}
    keys = {
        name: [key for each in subjects or [name] for key in _keys_of(each, language)]
        for name, subjects in said.items()
    }
    unnamed = [name for name in said if carried.isdisjoint(keys[name])]
    tags = tags_named(session, (key for name in unnamed for key in keys[name]))
    for name in unnamed:
        if not any(key in tags and tags[key].key in carried for key in keys[name]):
            yield IgnoredTag(name, reason_against(name, said[name]))


def reason_against(name: str, subjects: list[str]) -> str:
    """Say why a name is unused; `subjects` is what cleaning left of it. Pure."""
    problem = problem_of(display_name(name)) or problem_of(name)
    if problem is not None:
        return f"{problem}."
    if section_of(name) is not None:
        return "this names a section; send it as the category."
    if not subjects or is_default_word(name):
        return "this names no subject, but the publisher or something of its system."
    return "it was forbidden here, or this publisher files everything under it."


def _keys_of(name: str, language: str) -> list[str]:
    """The keys of the tags that a name may have become."""
    shown = display_name(name)
    entity = known(shown) or meant_by(name, languages_in(name, language))
    pair = known_pair(shown)
    names = [shown, *([entity.name] if entity else [])]
    if pair is not None:
        names.append(f"{pair[0].name}-{pair[1].name}")
    return [key_of(each) for each in names]
