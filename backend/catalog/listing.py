"""Materializes feed rows and the change stream of an article. Called inside transactions."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from sqlalchemy import (
    Insert,
    TextClause,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session

from backend.catalog.feed_ids import FeedKey, feed_ids
from backend.catalog.rarity import became_rarer
from backend.catalog.sitemap_part import BLOCK, SitemapPart, part_of
from backend.core.among import among, packed_rows, rows_among
from backend.core.db import UtcDateTime, table_of
from backend.core.deferred import defer
from backend.core.driver_read import DriverRead
from backend.core.driver_write import write_returning, write_rows
from backend.core.upsert import insert_of
from backend.tables.newsroom import Article, ChangeCounter, Feed, FeedChange, FeedRow
from backend.text.languages import lists_of

ALL, BREAKING, SITEMAP, STORIES = "all", "breaking", "sitemap", "stories"
CHANNEL = "tagwire_changes"
_feed, _counter = table_of(Feed), table_of(ChangeCounter)
# Built once: each article is listed by these statements, and building one costs as much.
_row = table_of(FeedRow)
_PRESENT = DriverRead(
    select(_row.c.article_id, _row.c.feed_id).where(among(_row.c.article_id, "ids")), tuple
)
_ADD_ROWS = insert(_row)
_DROP_ROW = delete(_row).where(
    _row.c.feed_id == bindparam("of_feed"), _row.c.article_id == bindparam("of_article")
)
_SET_VERSION = update(_feed).where(among(_feed.c.id, "ids")).values(version=bindparam("seq"))
_CHANGE = _SET_VERSION.values(changed_at=bindparam("at"))
_VERSIONS = {"added": _feed.c.added_version, "rarer": _feed.c.rarer_version}
_CHANGE_LISTED = _CHANGE.values(
    {
        column.name: case((among(_feed.c.id, name), bindparam("seq")), else_=column)
        for name, column in _VERSIONS.items()
    }
)
_ALLOCATE = (
    update(_counter).values(value=_counter.c.value + bindparam("count")).returning(_counter.c.value)
)
_ALLOCATE_HEARD = _ALLOCATE.returning(func.pg_notify(CHANNEL, ""))


# The surrogate key of what any new article may change, such as a search.
LISTS = FeedKey(ALL).surrogate


def article_key(public_id: str) -> str:
    """The surrogate key of every page that shows something of the article."""
    return f"article-{public_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """The reason an article left its feeds: unpublished, untagged or merged (into another one)."""

    reason: str
    into_id: int | None = None


def topics_of(article: Article) -> list[FeedKey]:
    """The feeds of every language that list the article: what can be followed."""
    keys = [FeedKey(ALL), FeedKey("source", article.source_id)]
    keys += [FeedKey("tag", tag.tag_id) for tag in article.tags]
    if article.category_id is not None:
        keys.append(FeedKey("category", article.category_id))
    if article.breaking:
        keys.append(FeedKey(BREAKING))
    return keys


def sitemap_key(part: SitemapPart) -> FeedKey:
    """Return the key that a part of the sitemap is kept and purged by: a list without rows."""
    return FeedKey(SITEMAP, part.number)


def stories_key(story_id: int) -> FeedKey:
    """Return the key of the sitemap's document that names the story: also a list without rows."""
    return FeedKey(STORIES, story_id // BLOCK)


def part_keys(
    article_id: int, rank_us: int, story_id: int | None, *, canonical: str
) -> list[FeedKey]:
    """Return the keys of the sitemap's documents that name the article and its story."""
    own = [sitemap_key(part_of(article_id, rank_us))] if canonical != "theirs" else []
    return own if story_id is None else [*own, stories_key(story_id)]


def feeds_of(article: Article) -> list[FeedKey]:
    """The feeds that list the article: those of every language, and of each that reads its own."""
    topics, languages = topics_of(article), lists_of(article.language)
    return topics + [FeedKey(key.kind, key.ref_id, each) for key in topics for each in languages]


def relist(session: Session, article: Article, *, now: datetime, is_inserted: bool = False) -> None:
    """Make feed rows and changes say what the article says now.

    `is_inserted` says that this transaction made the article: nothing lists it yet, and it is
    listed with all others that the transaction made.
    """
    if not is_inserted:
        relist_all(session, [article], now=now)
    elif article.is_listed:
        defer(session, _list_inserted, (article, now), of=article.id)


def relist_all(session: Session, articles: Sequence[Article], *, now: datetime) -> None:
    """Relist articles that exist, with a statement for each table; they change in this order."""
    session.flush()
    present = _present(session, [article.id for article in articles])
    _list(session, [(article, now) for article in articles], present)


def tell_changed(
    session: Session, articles: Mapping[int, Collection[FeedKey]], *, now: datetime
) -> None:
    """Record that articles, by their ids, changed where they are listed; they change in this order.

    Each id comes with the article's `part_keys`.
    """
    if not articles:
        return
    ids = [*feed_ids(session, (key for parts in articles.values() for key in parts)).values()]
    numbered = numbered_anew(session, [*articles])
    number_listed(session, numbered, now=now)
    write_rows(session, _CHANGE, [{"ids": ids, "seq": numbered[-1][1], "at": now}])


def numbered_anew(session: Session, article_ids: Sequence[int]) -> list[tuple[int, int]]:
    """Return each article with a new change number of its own, in this order."""
    last = allocate_change_numbers(session, len(article_ids))
    return [*zip(article_ids, range(last - len(article_ids) + 1, last + 1), strict=True)]


def number_listed(
    session: Session,
    numbered: Sequence[tuple[int, int]],
    *,
    now: datetime,
    feeds: Collection[int] | None = None,
) -> None:
    """Record in every feed that lists an article that it changed, under the number it comes with.

    With `feeds` only in those. However many articles there are, these are two statements.
    """
    told = {"moved": packed_rows(numbered), "at": now}
    if feeds is not None:
        told["feeds"] = packed_rows((each,) for each in feeds)
    for statement in _tell(session.get_bind().dialect.name, in_feeds=feeds is not None):
        write_rows(session, statement, [told])


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of an article in its feeds, under one new number.

    `added` are those of `upserts` that did not list it until now. Those in `touched` only get a
    new version.
    """

    article_id: int
    upserts: Collection[int]
    added: Collection[int] = ()
    removals: Mapping[int, Removal] = field(default_factory=dict)
    touched: Collection[int] = ()
    at: datetime


def record_changes(session: Session, changes: Iterable[Change]) -> None:
    """Give each change the next number, and store it in its feeds, whose rows are written."""
    told = [each for each in changes if each.upserts or each.removals]
    if not told:
        return
    first = allocate_change_numbers(session, len(told)) - len(told) + 1
    put_changes(session, [*enumerate(told, first)])


def put_changes(session: Session, numbered: Sequence[tuple[int, Change]]) -> None:
    """Store each change in its feeds under the number that it has already."""
    rows: list[dict[str, object]] = []
    versions: dict[int, tuple[int, datetime]] = {}
    for seq, each in numbered:
        rows += _change_rows(each, seq)
        versions |= dict.fromkeys((*each.upserts, *each.removals, *each.touched), (seq, each.at))
    write_rows(session, _put_changes(session.get_bind().dialect.name), rows)
    moved: defaultdict[tuple[int, datetime], list[int]] = defaultdict(list)
    for feed_id, last in versions.items():
        moved[last].append(feed_id)
    told = [each for _, each in numbered]
    feeds = {
        "added": sorted({feed_id for each in told for feed_id in each.added}),
        "rarer": _became_rarer(session, told),
    }
    changed = [{"ids": ids, "seq": seq, "at": at, **feeds} for (seq, at), ids in moved.items()]
    write_rows(session, _CHANGE_LISTED, changed)


def touch(session: Session, feed_ids: Iterable[int], *, articles_moved: bool = False) -> None:
    """Invalidate these feeds' pages in caches: what stands above their lists changed.

    With `articles_moved`, which says that articles went from one list to another, also the pages
    that follow from what they list. A feed that never listed anything stays as it is.
    """
    columns = ("version", "added_version", "rarer_version") if articles_moved else ("version",)
    session.execute(
        update(Feed)
        .where(Feed.id.in_(list(feed_ids)), Feed.version > 0)
        .values(dict.fromkeys(columns, allocate_change_numbers(session)))
        .execution_options(synchronize_session=False)
    )


def touch_list(session: Session, key: FeedKey) -> None:
    """Invalidate what is kept under a list, which need not list any article."""
    ids = feed_ids(session, [key]).values()
    session.execute(_SET_VERSION, {"ids": [*ids], "seq": allocate_change_numbers(session)})


def touch_sitemap(session: Session, articles: Iterable[tuple[int, int]], *, now: datetime) -> None:
    """Record that the parts of the sitemap that name these articles, by id and rank, changed."""
    _touch_all(session, {sitemap_key(part_of(*article)) for article in articles}, now)


def touch_story(session: Session, story_id: int, *, now: datetime) -> None:
    """Record that the sitemap's document that names the story changed."""
    _touch_all(session, {stories_key(story_id)}, now)


def allocate_change_numbers(session: Session, count: int = 1) -> int:
    """Allocate change numbers and return the last. Locks the counter until the commit: call late.

    Web processes with a page cache are notified at the commit.
    """
    is_heard = session.get_bind().dialect.name == "postgresql"
    allocate = _ALLOCATE_HEARD if is_heard else _ALLOCATE
    number: int = write_returning(session, allocate, {"count": count})[0][0]
    return number


def bump_cache_epoch(session: Session) -> None:
    """Invalidate every cached page: something was renamed or leads elsewhere."""
    session.execute(update(ChangeCounter).values(named=allocate_change_numbers(session)))


def _touch_all(session: Session, keys: Collection[FeedKey], now: datetime) -> None:
    if keys:
        seq, ids = allocate_change_numbers(session), [*feed_ids(session, keys).values()]
        session.connection().execute(_CHANGE, {"ids": ids, "seq": seq, "at": now})


def _present(session: Session, article_ids: Iterable[int]) -> Mapping[int, set[int]]:
    """The feeds that list each of the articles."""
    present: defaultdict[int, set[int]] = defaultdict(set)
    for article_id, feed_id in _PRESENT.all(session, {"ids": [*article_ids]}):
        present[article_id].add(feed_id)
    return present


def _list_inserted(session: Session, articles: Sequence[tuple[Article, datetime]]) -> None:
    """List articles that nothing lists yet."""
    _list(session, articles, {})


def _list(
    session: Session,
    articles: Sequence[tuple[Article, datetime]],
    present: Mapping[int, Collection[int]],
) -> None:
    """List articles, in this order, where they are to be; `present` are their feeds until now."""
    keys = [feeds_of(article) if article.is_listed else [] for article, _ in articles]
    parts = [_part_keys(article) for article, _ in articles]
    ids = feed_ids(session, (key for each in [*keys, *parts] for key in each))
    rows: list[dict[str, object]] = []
    gone: list[dict[str, object]] = []
    changes: list[Change] = []
    for (article, now), own, part in zip(articles, keys, parts, strict=True):
        wanted, before = {ids[key] for key in own}, set(present.get(article.id, ()))
        rows += _rows_of(article, wanted - before)
        gone += [{"of_feed": each, "of_article": article.id} for each in before - wanted]
        reason = Removal(reason="unpublished" if article.unpublished_at else "untagged")
        changes.append(
            Change(
                article_id=article.id,
                upserts=wanted,
                added=wanted - before,
                removals=dict.fromkeys(before - wanted, reason),
                touched=[ids[key] for key in part],
                at=now,
            )
        )
    write_rows(session, _ADD_ROWS, rows)
    write_rows(session, _DROP_ROW, gone)
    record_changes(session, changes)


def _became_rarer(session: Session, changes: Iterable[Change]) -> list[int]:
    lost = Counter(feed_id for each in changes for feed_id in each.removals)
    lost.subtract(feed_id for each in changes for feed_id in each.added if feed_id in lost)
    return became_rarer(session, lost) if lost else []


def _part_keys(article: Article) -> list[FeedKey]:
    """Return the keys of the sitemap's documents; empty while an embargo holds."""
    if article.rank_us is None:
        return []
    story_id = article.story.id if article.story else None
    return part_keys(article.id, article.rank_us, story_id, canonical=article.source.canonical)


def _rows_of(article: Article, feeds: set[int]) -> list[dict[str, object]]:
    return [
        {
            "feed_id": feed_id,
            "rank_us": article.rank_us,
            "article_id": article.id,
            "source_id": article.source_id,
        }
        for feed_id in sorted(feeds)
    ]


def _change_rows(change: Change, seq: int) -> list[dict[str, object]]:
    upserts = dict.fromkeys(sorted(change.upserts))
    return [
        {
            "feed_id": feed_id,
            "article_id": change.article_id,
            "seq": seq,
            "op": "remove" if removal else "upsert",
            "reason": removal.reason if removal else None,
            "into_id": removal.into_id if removal else None,
            "at": change.at,
        }
        for feed_id, removal in (upserts | dict(sorted(change.removals.items()))).items()
    ]


_MOVED = rows_among("moved", {"article_id": "integer", "seq": "bigint"})
_IN_FEEDS = rows_among("feeds", {"feed_id": "integer"})


@cache
def _tell(engine: str, *, in_feeds: bool) -> tuple[TextClause, ...]:
    """Build what gives articles the numbers in `moved` in their feeds, and each feed its last one.

    Written in the order of the table: half the cost for an archive, whose rows lie far apart.
    """
    listed = f"{_MOVED[engine]} JOIN feed_row ON feed_row.article_id = moved_given.article_id"
    if in_feeds:
        listed += f" AND feed_row.feed_id IN (SELECT feed_id FROM {_IN_FEEDS[engine]})"  # noqa: S608
    changes = (
        "INSERT INTO feed_change (feed_id, article_id, seq, op, at)"  # noqa: S608
        f" SELECT feed_id, feed_row.article_id, seq, 'upsert', :at FROM {listed} WHERE true"
        " ORDER BY feed_id, feed_row.article_id"
        " ON CONFLICT (feed_id, article_id) DO UPDATE SET seq = excluded.seq, op = excluded.op,"
        " reason = NULL, into_id = NULL, at = excluded.at"
    )
    versions = (
        "UPDATE feed SET version = told.seq, changed_at = :at"  # noqa: S608
        f" FROM (SELECT feed_id, max(seq) AS seq FROM {listed} GROUP BY feed_id) AS told"
        " WHERE feed.id = told.feed_id AND feed.version < told.seq"
    )
    at = bindparam("at", type_=UtcDateTime())
    return text(changes).bindparams(at), text(versions).bindparams(at)


@cache
def _put_changes(engine: str) -> Insert:
    """Build the upsert of changes: an article's one row in a feed moves to the newest number."""
    put = insert_of(engine, table_of(FeedChange))
    moved = {name: put.excluded[name] for name in ("seq", "op", "reason", "into_id", "at")}
    return put.on_conflict_do_update(index_elements=["feed_id", "article_id"], set_=moved)
