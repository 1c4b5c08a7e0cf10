"""Full-text index: FTS5 on SQLite, a tsvector with GIN on PostgreSQL.

A row's number is its place: later articles have larger ones, so the newest matches come first
without sorting all of them. What is written here commits with the article.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple, cast

from sqlalchemy import or_, select, text, update
from sqlalchemy.orm import Session

from backend.core.among import among, packed_rows, rows_among
from backend.core.db import Reader, table_of
from backend.core.deferred import defer
from backend.core.driver_read import DriverRead
from backend.core.driver_write import write_returning, write_rows
from backend.feed.grouped import Member, members_by, members_read
from backend.feed.search_merge import words_are_left
from backend.feed.search_text import Clause, as_fts5, as_tsquery, as_tsvector, document_terms
from backend.feed.shown_tags import AMONG
from backend.tables.newsroom import Article
from backend.tables.search import SearchEntry

_ID_BITS = 21
# To look a word up in each of this many articles is as fast as to walk the newest matches.
_FEW = 500
# PostgreSQL expects a word that it has no statistics of in half a percent of all articles, and
# would walk them all. Words that fill no page from this many newest are looked up in the index.
_WINDOW = 5_000


# Extra rows for a walked feed, whose order within one millisecond differs from that of places.
_OF_ONE_MILLISECOND = 20


class Within(NamedTuple):
    """A range of publication times: not before `since` and before `until`."""

    since: datetime | None = None
    until: datetime | None = None


ALWAYS = Within()


@dataclass(frozen=True, slots=True)
class Criteria:
    """The conditions of a search: all clauses match, all feeds list it, and it is of that time."""

    clauses: list[Clause]
    feed_ids: Sequence[int]
    within: Within = ALWAYS


class FoundRow(NamedTuple):
    place: int
    public_id: str
    card: str


def put(session: Session, article: Article, *, is_new: bool = False) -> None:
    """Index the article's current text; idempotent: unchanged text costs one read.

    `is_new` says that it was never listed, so that nothing of it is in the index; it is put in
    with all others of the transaction.
    """
    version, terms = terms_of_article(article.title, article.summary, article.body_text)
    entry = None if is_new else session.get(SearchEntry, article.id)
    if entry is None:
        place = place_of(article.rank_us or 0, article.id)
        new = NewEntry(article.id, place, version, terms)
        if is_new:
            defer(session, _put_new, new, of=article.id)
        else:
            _put_new(session, [new])
    elif entry.version != version:
        _drop_words(session, entry.place)
        words_are_left(session)
        entry.version = version
        session.flush()
        _put_words(session, {entry.place: terms})


@lru_cache(maxsize=64)
def terms_of_article(title: str, summary: str, text: str) -> tuple[str, list[str]]:
    """Return the text's digest and terms; cached: batches call it ahead of their transaction."""
    document = f"{title}\n\n{summary}\n\n{text}"
    version = hashlib.sha256(document.encode("utf-8", "replace")).hexdigest()
    return version, document_terms(document)


class NewEntry(NamedTuple):
    """An article that is not in the index yet, and its words."""

    article_id: int
    place: int
    version: str
    terms: list[str]


def _put_new(session: Session, new: Sequence[NewEntry]) -> None:
    """Insert entries; a place that is taken, by an id two million away, moves up to the next."""
    put_in = _PUT_ENTRIES[session.get_bind().dialect.name]
    left = {each.article_id: each for each in new}
    words: dict[int, list[str]] = {}
    while left:
        entries = packed_rows(each[:3] for each in left.values())
        for (article_id,) in write_returning(session, put_in, {"entries": entries}):
            done = left.pop(article_id)
            words[done.place] = done.terms
        if left:
            _refuse_present(session, left)
        left = {key: each._replace(place=each.place + 1) for key, each in left.items()}
    _put_words(session, words)


def _refuse_present(session: Session, article_ids: Collection[int]) -> None:
    present = SearchEntry.article_id.in_(article_ids)
    if session.scalars(select(SearchEntry.article_id).where(present)).first():
        raise RuntimeError("an article is in the index that was never listed")


def _put_words(session: Session, words: Mapping[int, Sequence[str]]) -> None:
    is_sqlite = _is_sqlite(session)
    joined = " ".join if is_sqlite else as_tsvector
    rows = [{"place": place, "words": joined(terms)} for place, terms in words.items()]
    write_rows(session, _PUT_SQLITE if is_sqlite else _PUT_POSTGRESQL, rows)


def drop(session: Session, article_id: int) -> None:
    entry = session.get(SearchEntry, article_id)
    if entry is not None:
        _drop_words(session, entry.place)
        session.delete(entry)
        words_are_left(session)


def mark_outdated(session: Session, article_ids: Sequence[int]) -> None:
    """Have articles indexed anew, a batch at a time: to drop 20,000 texts from FTS5 takes 5 s."""
    session.execute(_MARK_OUTDATED, {"ids": article_ids})


def find(
    reader: Reader, criteria: Criteria, *, before: int | None, size: int, is_grouped: bool = False
) -> Sequence[FoundRow]:
    """Return the newest matching articles; grouped, only the newest match of each story."""
    wanted, values = _wanted(reader, criteria)
    shortest = _shortest_feed(reader, criteria.feed_ids) if criteria.feed_ids else None
    values |= {"size": size, "before": before, "walked": shortest and shortest.feed_id}
    is_short = shortest is not None and shortest.articles <= _FEW
    is_rare = not wanted.is_sqlite and not is_short and _is_rare(reader, values)
    is_walked = is_short or not (shortest is None or wanted.is_sqlite or is_rare)
    way = _Way(before is not None, is_walked, is_rare, is_grouped)
    if wanted.is_sqlite or not is_walked:
        return _find(wanted, way).all(reader, values)
    rows = _find(wanted, way).all(reader, values | {"size": size + _OF_ONE_MILLISECOND})
    return sorted(rows, key=_place, reverse=True)[:size]


def find_others(
    reader: Reader, criteria: Criteria, public_ids: Sequence[str]
) -> Mapping[str, Sequence[Member]]:
    """Return, by article, the articles of its story in the same results."""
    wanted, values = _wanted(reader, criteria)
    return members_by(_find_members(wanted), reader, public_ids, values)


def _place(row: FoundRow) -> int:
    return row.place


class _Wanted(NamedTuple):
    """The shape of a search: what the SQL of its conditions depends on, without the values."""

    feeds: int
    is_sqlite: bool
    has_since: bool
    has_until: bool

    def of(self, article: str, words: str) -> str:
        """Return the conditions that an article and its words fulfil."""
        match = _MATCH_SQLITE if self.is_sqlite else _MATCH_POSTGRESQL
        conditions = [match.format(words=words)]
        conditions += [_IN_FEED.format(number, article=article) for number in range(self.feeds)]
        conditions += [f"{article}.published_at >= :since"] if self.has_since else []
        conditions += [f"{article}.published_at < :until"] if self.has_until else []
        return " AND ".join(conditions)


class _Way(NamedTuple):
    """The access path of a search: `is_walked` goes through a feed, `is_rare` through all matches,
    else the newest matches come first.
    """

    is_below: bool
    is_walked: bool
    is_rare: bool
    is_grouped: bool


def _wanted(reader: Reader, criteria: Criteria) -> tuple[_Wanted, dict[str, object]]:
    is_sqlite, (since, until) = _is_sqlite(reader), criteria.within
    wanted = _Wanted(len(criteria.feed_ids), is_sqlite, since is not None, until is not None)
    values: dict[str, object] = {
        "question": (as_fts5 if is_sqlite else as_tsquery)(criteria.clauses),
        "since": _stored(since, is_sqlite=is_sqlite),
        "until": _stored(until, is_sqlite=is_sqlite),
    }
    return wanted, values | {f"feed_{at}": each for at, each in enumerate(criteria.feed_ids)}


def _stored(instant: datetime | None, *, is_sqlite: bool) -> datetime | str | None:
    """Convert an instant to what the column holds: SQLite has no type for it."""
    if instant is None or not is_sqlite:
        return instant
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


@lru_cache(maxsize=64)
def _find_members(wanted: _Wanted) -> DriverRead[Member]:
    matches = wanted.of("told", "theirs")
    return members_read(
        sqlite=f"{_THEIRS_SQLITE} AND {matches}", postgresql=f"{_THEIRS_POSTGRESQL} AND {matches}"
    )


@lru_cache(maxsize=64)
def _find(wanted: _Wanted, way: _Way) -> DriverRead[FoundRow]:
    place = "w.rowid" if wanted.is_sqlite else "w.place"
    conditions = [wanted.of("a", "w")]
    conditions += [f"{place} < :before"] if way.is_below else []
    conditions += [_WALKS.format(place=place)] if way.is_walked else []
    conditions += [_WALKS_BELOW] if way.is_walked and way.is_below else []
    if way.is_grouped:
        joined = _THEIRS_SQLITE if wanted.is_sqlite else _THEIRS_POSTGRESQL
        leads = _LEADS.format(joined=joined, place=place, matches=wanted.of("told", "theirs"))
        conditions.append(leads)
    statement = _FIND.format(
        place=place,
        tables=(_WALKED if way.is_walked else _INDEXED).format(place=place),
        conditions=" AND ".join(conditions),
        order=_order(place, way, is_sqlite=wanted.is_sqlite),
    )
    return DriverRead(text(statement), FoundRow._make, planned_anew=True)


def _order(place: str, way: _Way, *, is_sqlite: bool) -> str:
    """Return the order, newest first. PostgreSQL walks what an index sorts: a feed by rank, which
    differs from the order of places within one millisecond at most.
    """
    if way.is_walked and not is_sqlite:
        return "f.rank_us DESC, f.article_id DESC"
    return f"{place} + 0 DESC" if way.is_rare else f"{place} DESC"


def _is_rare(reader: Reader, values: Mapping[str, object]) -> bool:
    """Whether the newest articles below the place hold no page of matches."""
    newest = _NEWEST if values["before"] is None else _NEWEST_BELOW
    return len(newest.all(reader, values)) < cast(int, values["size"])


class _Shortest(NamedTuple):
    """A feed and the number of its articles, counted no further than one beyond `_FEW`."""

    articles: int
    feed_id: int


def _shortest_feed(reader: Reader, feed_ids: Sequence[int]) -> _Shortest:
    """Return the shortest of these feeds; among long ones the first.

    The index of words knows nothing of feeds: for a rare tag it would be walked from its newest
    match to the oldest.
    """
    counts = _COUNTS.all(reader, {"ids": ",".join(map(str, feed_ids)), "most": _FEW + 1})
    return min(counts, key=lambda each: (each.articles, feed_ids.index(each.feed_id)))


def unindexed(session: Session, limit: int) -> Sequence[Article]:
    """Return listed articles whose present text is not indexed, such as an older version's."""
    return session.scalars(
        select(Article)
        .outerjoin(SearchEntry, SearchEntry.article_id == Article.id)
        .where(
            or_(SearchEntry.article_id.is_(None), SearchEntry.version == _OUTDATED),
            Article.rank_us.is_not(None),
            Article.unpublished_at.is_(None),
        )
        .limit(limit)
    ).all()


def place_of(rank_us: int, article_id: int) -> int:
    """Return an article's place: rank in milliseconds, then the id; 63 bits last until 2109."""
    return (max(rank_us, 0) // 1000 << _ID_BITS) | (article_id & (1 << _ID_BITS) - 1)


def _drop_words(session: Session, place: int) -> None:
    statement = _DROP_SQLITE if _is_sqlite(session) else _DROP_POSTGRESQL
    session.execute(statement, {"place": place})


def _is_sqlite(reader: Reader) -> bool:
    bind = reader.get_bind() if isinstance(reader, Session) else reader
    return bind.dialect.name == "sqlite"


_PUT_ENTRIES = {
    engine: text(
        "INSERT INTO search_entry (article_id, place, version)"  # noqa: S608
        f" SELECT article_id, place, version FROM {entries} WHERE true"
        " ON CONFLICT DO NOTHING RETURNING article_id"
    )
    for engine, entries in rows_among(
        "entries", {"article_id": "integer", "place": "bigint", "version": "text"}
    ).items()
}
_OUTDATED = ""
_entry = table_of(SearchEntry)
_MARK_OUTDATED = update(_entry).where(among(_entry.c.article_id, "ids")).values(version=_OUTDATED)
_DROP_SQLITE = text("DELETE FROM search_words WHERE rowid = :place")
_DROP_POSTGRESQL = text("DELETE FROM search_words WHERE place = :place")
_PUT_SQLITE = text("INSERT INTO search_words (rowid, words) VALUES (:place, :words)")
_PUT_POSTGRESQL = text(
    "INSERT INTO search_words (place, words) VALUES (:place, CAST(:words AS tsvector))"
)
_MATCH_SQLITE = "{words}.search_words MATCH :question"
_MATCH_POSTGRESQL = "{words}.words @@ CAST(:question AS tsquery)"
# With a limit PostgreSQL asks it of each match, newest first, and does not read a whole feed.
_IN_FEED = (
    "(SELECT 1 FROM feed_row r WHERE r.feed_id = :feed_{0}"
    " AND r.rank_us = {article}.rank_us AND r.article_id = {article}.id LIMIT 1) IS NOT NULL"
)
# Only the newest match of a story. Not written with IS NULL: PostgreSQL expects that to be true for
# few matches, and would sort all of them.
_LEADS = (
    "COALESCE((SELECT 1 FROM article AS told {joined} AND told.story_id = a.story_id"
    " AND its.place > {place} AND {matches} LIMIT 1), 0) <> 1"
)
_THEIRS_SQLITE = (
    "CROSS JOIN search_entry AS its CROSS JOIN search_words AS theirs"
    " WHERE its.article_id = told.id AND theirs.rowid = its.place"
)
_THEIRS_POSTGRESQL = (
    "JOIN search_entry AS its ON its.article_id = told.id"
    " JOIN search_words AS theirs ON theirs.place = its.place WHERE true"
)
_INDEXED = (
    "search_words w JOIN search_entry e ON e.place = {place} JOIN article a ON a.id = e.article_id"
)
# With CROSS JOIN SQLite keeps the order of the tables.
_WALKED = "feed_row f CROSS JOIN search_entry e CROSS JOIN search_words w CROSS JOIN article a"
_WALKS = (
    "f.feed_id = :walked AND e.article_id = f.article_id AND a.id = e.article_id"
    " AND {place} = e.place"
)
_WALKS_BELOW = f"f.rank_us < ((CAST(:before AS bigint) >> {_ID_BITS}) + 1) * 1000"
_FIND = (
    "SELECT {place} AS place, a.public_id, a.card FROM {tables}"
    " WHERE {conditions} ORDER BY {order} LIMIT :size"
)
_OF_NEWEST = (
    "SELECT 1 FROM (SELECT words FROM search_words {below} ORDER BY place DESC"  # noqa: S608
    f" LIMIT {_WINDOW}) AS newest WHERE {_MATCH_POSTGRESQL.format(words='newest')} LIMIT :size"
)
_NEWEST, _NEWEST_BELOW = (
    DriverRead(text(_OF_NEWEST.format(below=below)), tuple, planned_anew=True)
    for below in ("", "WHERE place < :before")
)
_COUNT = (
    "SELECT (SELECT count(*) FROM (SELECT 1 AS one FROM feed_row WHERE feed_id = feed.id"
    " LIMIT :most) AS few), id FROM feed WHERE id"
)
_COUNTS = DriverRead(
    text(_COUNT + AMONG["sqlite"]),
    _Shortest._make,
    postgresql=text(_COUNT + AMONG["postgresql"]),
)
