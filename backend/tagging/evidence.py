"""Queries for evidence of names, the learned vocabulary, and editors' bans."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    bindparam,
    cast,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Session

from backend.catalog.queries import tags_named
from backend.catalog.tag_names import chosen_name, display_name, key_of
from backend.core.among import among
from backend.core.chunks import chunks
from backend.core.db import lookups, table_of
from backend.core.deferred import write_deferred
from backend.core.driver_read import DriverRead
from backend.core.driver_write import write_rows
from backend.core.sweep import slices
from backend.tables.newsroom import ArticleTag, Source
from backend.tables.tagging import NameEvidence, TagBan
from backend.tagging.learning import BY_PUBLISHERS, BY_SHORT_FORM, WINDOW, Known
from backend.tagging.short_forms import MARK, bearer_of

# By short form and the name it stands for: the number of articles by source.
Uses = dict[str, dict[str, Counter[int]]]
EVERY_SOURCE = 0
_CHUNK = 500
_LONGEST_KEY = 64
# How many articles one name can bring back at most.
MOST_DUE = 200


class Saying(NamedTuple):
    """A use of a name: its key, and the article that says it."""

    key: str
    article_id: int


@dataclass(frozen=True, slots=True)
class StoredVocabulary:
    """The tags of the database, and the names that another publisher used within the window."""

    session: Session
    article_id: int
    source_id: int
    now: datetime

    def known(self, keys: Collection[str]) -> Mapping[str, Known]:
        found: dict[str, Known] = {}
        short = [key for key in keys if key.startswith(MARK) and len(key) <= _LONGEST_KEY]
        for chunk in chunks_of_keys(set(keys).difference(short)):
            found |= self._of_publishers(chunk)
            found |= tags_of_keys(self.session, chunk)
        since = self.now - WINDOW
        uses = uses_of_short_forms(self.session, short, since, besides=self.article_id)
        found |= known_bearers(self.session, uses)
        return permitted(self.session, found, self.source_id)

    def _of_publishers(self, keys: Sequence[str]) -> dict[str, Known]:
        names = names_of_others(self.session, keys, self.source_id, self.now - WINDOW)
        return {
            key: Known(chosen_name(name), "entity", BY_PUBLISHERS) for key, name in names.items()
        }


def names_of_others(
    session: Session,
    keys: Sequence[str],
    source_id: int,
    since: datetime,
    *only: ColumnElement[bool],
) -> dict[str, str]:
    """Return, by key, a name that other sources used since then."""
    values = {"keys": keys, "source_id": source_id, "since": since}
    if only:
        return dict(session.connection().execute(_NAMES_OF_OTHERS.where(*only), values).all())
    return dict(_READ_NAMES.all(session, values))


def permitted(session: Session, found: Mapping[str, Known], source_id: int) -> dict[str, Known]:
    """Leave out what editors banned, under this key or under that of the name itself."""
    keys_of = {key: key_of(each.name) for key, each in found.items()}
    forbidden = banned(session, {*found, *keys_of.values()}, source_id)
    # Tags of equal weight stand in this order, whatever the database's is.
    return {
        key: found[key]
        for key in sorted(found)
        if key not in forbidden and keys_of[key] not in forbidden
    }


def uses_of_short_forms(
    session: Session,
    keys: Collection[str],
    since: datetime,
    *only: ColumnElement[bool],
    besides: int = 0,
) -> Uses:
    """Count uses of short forms since then, by full name and source, without article `besides`."""
    uses: Uses = {}
    if not keys:
        return uses
    values = {"keys": keys, "since": since, "besides": besides}
    rows = (
        session.connection().execute(_USES.where(*only), values)
        if only
        else _READ_USES.all(session, values)
    )
    for key, name, source_id, articles in rows:
        uses.setdefault(key, {}).setdefault(name, Counter())[source_id] = articles
    return uses


def known_bearers(session: Session, uses: Uses) -> dict[str, Known]:
    """Return, by short form, the tag that it stands for, where one bearer dominates."""
    found = {
        key: bearer_of({name: (by.total(), len(by)) for name, by in names.items()})
        for key, names in uses.items()
    }
    bearers = {key: chosen_name(name) for key, name in found.items() if name is not None}
    tags = tags_of_keys(session, list(map(key_of, bearers.values()))) if bearers else {}
    return {
        key: tags.get(key_of(name), Known(name, "entity", ""))._replace(rule=BY_SHORT_FORM)
        for key, name in bearers.items()
    }


def record(
    session: Session, article_id: int, said: Sequence[Mapping[str, Any]], *, is_inserted: bool
) -> None:
    """Store what the article says, in place of what it said before."""
    if not is_inserted:
        before = select(NameEvidence.key, NameEvidence.name, NameEvidence.as_keyword)
        rows = session.execute(before.where(NameEvidence.article_id == article_id))
        if {tuple(row) for row in rows} == {(r["key"], r["name"], r["as_keyword"]) for r in said}:
            return
        session.execute(delete(NameEvidence).where(NameEvidence.article_id == article_id))
    write_rows(session, _RECORD, said)


def rows_of(
    article_id: int,
    source_id: int,
    names: Iterable[str],
    keywords: Iterable[str],
    short_forms: Mapping[str, str],
    *,
    now: datetime,
) -> list[dict[str, Any]]:
    """Build the rows of what the article says and was filed under.

    `short_forms` maps the key of a short form to its full name.
    """
    filed = {key_of(display_name(each)): each for each in keywords}
    said = {key_of(display_name(each)): each for each in names}
    return [
        {
            "key": key,
            "article_id": article_id,
            "source_id": source_id,
            "name": name,
            "as_keyword": key in filed,
            "is_due": False,
            "seen_at": now,
        }
        for key, name in (said | filed | dict(short_forms)).items()
        if key
    ]


def said_in(session: Session, article_id: int) -> set[str]:
    """The keys of all that an article is evidence of."""
    found = select(NameEvidence.key).where(NameEvidence.article_id == article_id)
    return set(session.scalars(found))


def mark_due(session: Session, keys: Collection[str], since: datetime) -> None:
    """Mark articles of the window that say one of these names, to be tagged again."""
    _mark(session, _saying(session, keys, 0, since))


def mark_due_without(
    session: Session, tags: Mapping[str, int], article_id: int, since: datetime
) -> None:
    """Mark other articles that say one of these names and lack its tag, to be tagged again."""
    rows = _saying(session, tags, article_id, since)
    if not rows:
        return
    write_deferred(session, {row.article_id for row in rows})
    values = {"article_ids": {row.article_id for row in rows}, "tag_ids": set(tags.values())}
    tagged = set(_CARRIED.all(session, values))
    _mark(session, [row for row in rows if (row.article_id, tags[row.key]) not in tagged])


_carried = table_of(ArticleTag)
_CARRIED = DriverRead(
    select(_carried.c.article_id, _carried.c.tag_id).where(
        among(_carried.c.article_id, "article_ids"), among(_carried.c.tag_id, "tag_ids")
    ),
    tuple,
)


def _saying(
    session: Session, keys: Collection[str], article_id: int, since: datetime
) -> Sequence[Saying]:
    """The names that other articles of the window say, the newest first."""
    if not keys:
        return ()
    values = {"keys": keys, "article_id": article_id, "since": since}
    return _SAYING.all(session, values)


def _mark(session: Session, rows: Sequence[Saying]) -> None:
    marked = [{"of_key": row.key, "of_id": row.article_id} for row in rows]
    write_rows(session, _MARK, marked)


_MARK = (
    update(table_of(NameEvidence))
    .where(NameEvidence.key == bindparam("of_key"), NameEvidence.article_id == bindparam("of_id"))
    .values(is_due=True)
)


def due_articles(session: Session, limit: int) -> Sequence[int]:
    """The articles that are to be tagged again."""
    return session.scalars(
        select(NameEvidence.article_id).where(NameEvidence.is_due).distinct().limit(limit)
    ).all()


def clear_due(session: Session, article_ids: Sequence[int]) -> None:
    session.execute(
        update(NameEvidence).where(NameEvidence.article_id.in_(article_ids)).values(is_due=False)
    )


def forget_old(before: datetime) -> Iterator[None]:
    """Drop the evidence that is older than the window."""
    return slices(NameEvidence.seen_at, NameEvidence.seen_at < before)


def publishers_of(session: Session, key: str) -> Sequence[tuple[str, bool]]:
    """Return the slugs of sources that used a name lately, each with whether as a keyword."""
    rows = session.execute(
        select(Source.slug, func.max(cast(NameEvidence.as_keyword, Integer)))
        .join(NameEvidence, NameEvidence.source_id == Source.id)
        .where(NameEvidence.key == key)
        .group_by(Source.slug)
        .order_by(Source.slug)
    )
    return [(row[0], bool(row[1])) for row in rows]


def banned(session: Session, keys: Collection[str], source_id: int) -> set[str]:
    """Return the keys that editors banned, for this source or for all."""
    if not keys:
        return set()
    bans: dict[int, set[str]] = lookups(session, "ban")
    if source_id not in bans:
        asked = {"sources": [EVERY_SOURCE, source_id]}
        bans[source_id] = set(_BANS.all(session, asked))
    return bans[source_id].intersection(keys)


def tags_of_keys(session: Session, keys: Iterable[str]) -> dict[str, Known]:
    """The living tags of these keys; an alias and a merged tag lead to theirs."""
    return {
        key: Known(tag.name, tag.kind, _rule_of(tag.state))
        for key, tag in tags_named(session, keys).items()
        if tag.kind != "pair"
    }


def _rule_of(state: str) -> str:
    rules = {"confirmed": "editor", "learned": BY_PUBLISHERS}
    return rules.get(state, "keyword")


# Built once: every article runs these statements, and building one costs as much as running it.
_evidence = table_of(NameEvidence)
_RECORD = insert(_evidence)
_BANS = DriverRead(
    select(table_of(TagBan).c.key).where(among(table_of(TagBan).c.source_id, "sources")),
    itemgetter(0),
)
_SAYING = DriverRead(
    select(_evidence.c.key, _evidence.c.article_id)
    .where(
        among(_evidence.c.key, "keys"),
        _evidence.c.article_id != bindparam("article_id"),
        _evidence.c.seen_at > bindparam("since"),
    )
    .order_by(_evidence.c.seen_at.desc())
    .limit(MOST_DUE),
    Saying._make,
)
_USES = (
    select(_evidence.c.key, _evidence.c.name, _evidence.c.source_id, func.count())
    .where(
        among(_evidence.c.key, "keys"),
        _evidence.c.seen_at > bindparam("since"),
        _evidence.c.article_id != bindparam("besides"),
    )
    .group_by(_evidence.c.key, _evidence.c.name, _evidence.c.source_id)
)
_READ_USES = DriverRead(_USES, tuple)
_NAMES_OF_OTHERS = (
    select(_evidence.c.key, func.min(_evidence.c.name))
    .where(
        among(_evidence.c.key, "keys"),
        _evidence.c.source_id != bindparam("source_id"),
        _evidence.c.seen_at > bindparam("since"),
    )
    .group_by(_evidence.c.key)
)
_READ_NAMES = DriverRead(_NAMES_OF_OTHERS, tuple)


def chunks_of_keys(keys: Collection[str]) -> Iterator[Sequence[str]]:
    """Yield the keys that can be names, in chunks that fit into one statement."""
    return chunks([key for key in keys if key and len(key) <= _LONGEST_KEY], _CHUNK)
