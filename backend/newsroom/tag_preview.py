"""Previews of the tags that publishing would give articles, without writes: for trials, dry runs.

Follows `backend.tagging.service.assign`, with which it has `backend.tagging.steps` in common;
`test_a_preview_says_what_publishing_does` holds the rest together.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from backend.catalog.queries import tag_by_key
from backend.catalog.tag_names import (
    bare_key,
    chosen_name,
    display_name,
    key_of,
    pair_aliases,
)
from backend.tables.newsroom import Article
from backend.tables.tagging import NameEvidence
from backend.tagging import choices, evidence, keywords, recognised, steps
from backend.tagging import service as tagging
from backend.tagging.learning import BY_PUBLISHERS, LEARNED_RULES, WINDOW, Known
from backend.tagging.service import BY_PUBLISHER
from backend.tagging.short_forms import MARK
from backend.tagging.tagger import FoundTag, read
from backend.tagging.wanted_tags import WantedTag, of_entity_name, of_found, of_name


class Reading(NamedTuple):
    """An article as the tagger reads it. Its id is 0, its source's too, where there is none yet."""

    id: int
    source_id: int
    source_name: str
    title: str
    summary: str
    body_text: str
    language: str | None
    given: tuple[str, ...]
    seen_at: datetime


class PreviewedTag(NamedTuple):
    key: str
    name: str
    rule: str


class Preview(NamedTuple):
    """The tags, the names that are evidence, and those that would have other articles retagged."""

    tags: list[PreviewedTag]
    said: frozenset[str]
    learned: frozenset[str]


class _Tag(NamedTuple):
    key: str
    name: str
    kind: str
    state: str = "known"


def reading_of(article: Article) -> Reading:
    """A published article as it would be tagged again."""
    return Reading(
        id=article.id,
        source_id=article.source_id,
        source_name=article.source.name,
        title=article.title,
        summary=article.summary,
        body_text=article.body_text,
        language=article.language,
        given=tagging.publisher_tags(article),
        seen_at=article.first_seen_at,
    )


@dataclass(slots=True)
class TagPreviews:
    """Previews of articles one after the other: each knows what the ones before would have stored.

    Articles of the database come with falling ids: what is stored of those from the first one
    down to the last is replaced by what the previews found.
    """

    now: datetime
    _first: int | None = None
    _last: int = 0
    _made: dict[str, _Tag] = field(default_factory=dict)
    _pairs: set[str] = field(default_factory=set)
    _said: dict[str, dict[int, str]] = field(default_factory=dict)
    _meant: dict[str, list[tuple[Reading, str]]] = field(default_factory=dict)

    def preview(self, session: Session, article: Reading) -> Preview:
        """The tags that publishing this article now would give it, in their order."""
        filed = keywords.cleaned(article.given, article.source_name)
        wanted: dict[str, PreviewedTag] = {}
        for name in steps.subjects(session, filed, article.source_id):
            given = self._given(session, name, article.language)
            if given is not None:
                wanted.setdefault(given.key, PreviewedTag(given.key, given.name, BY_PUBLISHER))
        said, found = self._found(session, article, filed)
        learned: set[str] = set()
        for each in found:
            tag = self._tag(session, of_found(each))
            wanted.setdefault(tag.key, PreviewedTag(tag.key, tag.name, each.rule))
            if each.rule in LEARNED_RULES:
                learned |= {tag.key, bare_key(each.name), *tagging.surname_keys(each)}
        self._follow_choices(session, article, wanted)
        for key in steps.banned(session, wanted, article.source_id):
            wanted.pop(key, None)
        of_publisher = [each for each in wanted.values() if each.rule == BY_PUBLISHER]
        learned |= {key for each in of_publisher for key in (each.key, bare_key(each.name))}
        return Preview(list(wanted.values()), said, frozenset(learned))

    def known(
        self, session: Session, keys: Collection[str], article: Reading
    ) -> Mapping[str, Known]:
        """The vocabulary of an article: stored, and with what the previews before would add."""
        found: dict[str, Known] = {}
        short = [key for key in keys if key.startswith(MARK)]
        for chunk in evidence.chunks_of_keys(set(keys).difference(short)):
            found |= self._of_publishers(session, chunk, article)
            found |= {key: self._as_known(self._made[key]) for key in chunk if key in self._made}
            found |= evidence.tags_of_keys(session, chunk)
        for key in self._pairs.intersection(found):
            del found[key]
        found |= evidence.known_bearers(session, self._uses(session, short, article))
        return evidence.permitted(session, found, article.source_id)

    def _follow_choices(
        self, session: Session, article: Reading, wanted: dict[str, PreviewedTag]
    ) -> None:
        for choice in choices.choices_of(session, article.id):
            if not choice.is_wanted:
                unwanted = self._present(session, choice.key)
                wanted.pop(unwanted.key if unwanted else "", None)
            elif (tag := self._given(session, choice.name, article.language)) is not None:
                wanted[tag.key] = PreviewedTag(tag.key, tag.name, choices.BY_EDITOR)

    def _found(
        self, session: Session, article: Reading, filed: Sequence[str]
    ) -> tuple[frozenset[str], Sequence[FoundTag]]:
        as_read = read(article.title, article.summary, article.body_text, article.language)
        heard = recognised.names_of(session, article.id, as_read)
        said = steps.said(as_read, article.language, heard)
        keys = self._record(article, [*said.names, *filed], said.short)
        return keys, said.tags(_Vocabulary(self, session, article))

    def _record(
        self, article: Reading, names: Iterable[str], short: Mapping[str, str]
    ) -> frozenset[str]:
        """Keep what the article says in place of what is stored of it; return the keys."""
        said = {key_of(display_name(each)): each for each in names}
        said.pop("", None)
        if min(article.seen_at, self.now) > self.now - WINDOW:
            for key, name in said.items():
                self._said.setdefault(key, {})[article.source_id] = name
            for key, name in short.items():
                self._meant.setdefault(key, []).append((article, name))
        if article.id:
            self._first, self._last = self._first or article.id, article.id
        return frozenset({*said, *short})

    def _of_publishers(
        self, session: Session, keys: Sequence[str], article: Reading
    ) -> dict[str, Known]:
        since = self.now - WINDOW
        stored = evidence.names_of_others(
            session, keys, article.source_id, since, *self._not_replaced()
        )
        names = {key: [name] for key, name in stored.items()}
        for key in keys:
            for source_id, name in self._said.get(key, {}).items():
                if source_id != article.source_id:
                    names.setdefault(key, []).append(name)
        return {
            key: Known(chosen_name(min(told)), "entity", BY_PUBLISHERS)
            for key, told in names.items()
        }

    def _uses(self, session: Session, keys: Sequence[str], article: Reading) -> evidence.Uses:
        """Return the names that other articles mean by these short forms, counted by source."""
        since = self.now - WINDOW
        uses = evidence.uses_of_short_forms(session, keys, since, *self._not_replaced())
        for key in keys:
            for other, name in self._meant.get(key, ()):
                if other is not article:
                    uses.setdefault(key, {}).setdefault(name, Counter())[other.source_id] += 1
        return uses

    def _not_replaced(self) -> list[ColumnElement[bool]]:
        if self._first is None:
            return []
        return [~NameEvidence.article_id.between(self._last, self._first)]

    def _as_known(self, tag: _Tag) -> Known:
        return Known(tag.name, tag.kind, BY_PUBLISHERS if tag.state == "learned" else "keyword")

    def _given(self, session: Session, name: str, language: str | None) -> _Tag | None:
        key = key_of(display_name(name))
        present = self._present(session, key)
        wanted = of_name(name, language, {} if present is None else {key: present})
        return None if wanted is None else self._tag(session, wanted)

    def _tag(self, session: Session, wanted: WantedTag) -> _Tag:
        """Return the wanted tag as it is stored, or as it would be made."""
        for member in wanted.members:
            self._tag(session, of_entity_name(member))
        found = [tag for key in wanted.keys if (tag := self._present(session, key)) is not None]
        tag = found[0] if found else self._new(wanted)
        if wanted.members and tag.key == wanted.key:
            self._pairs.add(tag.key)
        if wanted.spelling:
            self._made.setdefault(wanted.spelling, tag)
        return tag

    def _new(self, wanted: WantedTag) -> _Tag:
        tag = _Tag(wanted.key, wanted.name, wanted.kind, wanted.state)
        spellings = pair_aliases(*wanted.members) if wanted.members else wanted.aliases
        self._made |= dict.fromkeys(wanted.keys, tag)
        for key in map(key_of, spellings):
            self._made.setdefault(key, tag)
            if wanted.members:
                self._pairs.add(key)
        return tag

    def _present(self, session: Session, key: str) -> _Tag | None:
        stored = tag_by_key(session, key)
        if stored is not None:
            return _Tag(stored.key, stored.name, stored.kind, stored.state)
        return self._made.get(key)


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """The vocabulary of one article, as the tagger asks for it."""

    previews: TagPreviews
    session: Session
    article: Reading

    def known(self, keys: Collection[str]) -> Mapping[str, Known]:
        return self.previews.known(self.session, keys, self.article)
