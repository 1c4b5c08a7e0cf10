"""The steps that tagging an article and previewing its tags have in common: they write nothing."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar

from sqlalchemy.orm import Session

from backend.catalog.tag_names import bare_key, display_name, key_of
from backend.tagging import evidence, learning, recognised
from backend.tagging.filed_keywords import machinery
from backend.tagging.learning import Vocabulary
from backend.tagging.tagger import FoundTag, Read, tags_of

Name = TypeVar("Name")


class Named(Protocol):
    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...


class Said(NamedTuple):
    """The names in a text, those `heard` by a recogniser, and the full names of its short forms."""

    as_read: Read
    names: Sequence[str]
    heard: Sequence[str]
    short: Mapping[str, str]

    def tags(self, vocabulary: Vocabulary) -> Sequence[FoundTag]:
        """The tags of the text by lists and vocabulary."""
        found = tags_of(self.as_read, (), vocabulary)
        return recognised.with_names(found, self.heard, vocabulary)


def said(as_read: Read, language: str | None, heard: Sequence[str]) -> Said:
    candidates = as_read.candidates
    names = [*learning.names_worth_keeping(candidates, language), *heard]
    short = learning.short_forms(candidates, [*names, *as_read.people()])
    return Said(as_read, names, heard, short)


def subjects(session: Session, filed: Sequence[str], source_id: int) -> list[str]:
    """Return the filed keywords that the publisher's system does not put on everything."""
    keys = {name: key_of(display_name(name)) for name in filed}
    own = machinery(session, source_id, set(keys.values()))
    return [name for name in filed if keys[name] not in own]


def banned(session: Session, tags: Mapping[Name, Named], source_id: int) -> list[Name]:
    """Return the tags that editors banned, for this source or for all.

    A name may have been banned without the sign that its tag would be spelled with.
    """
    by_key = {bare_key(tag.name): name for name, tag in tags.items()}
    by_key |= {tag.key: name for name, tag in tags.items()}
    return [by_key[key] for key in evidence.banned(session, by_key, source_id)]
