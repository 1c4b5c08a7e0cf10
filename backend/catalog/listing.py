"""Materializes feed rows and the change stream of an article. Called inside transactions."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, insert, select, tuple_, update
from sqlalchemy.orm import Session

from backend.catalog.sitemap_part import BLOCK, SitemapPart, part_of
from backend.core.db import insert_new, lookups, table_of
from backend.core.deferred import defer
from backend.tables.newsroom import Article, ChangeCounter, Feed, FeedChange, FeedRow
from backend.text.languages import lists_of

ALL, BREAKING, SITEMAP, STORIES = "all", "breaking", "sitemap", "stories"
CHANNEL = "tagwire_changes"
_feed, _counter = table_of(Feed), table_of(ChangeCounter)
# Made once: an article is listed by these, and to put a statement together costs as much as it.
_FIND = select(_feed.c.id, _feed.c.kind, _feed.c.ref_id, _feed.c.language).where(
    tuple_(_feed.c.kind, _feed.c.ref_id, _feed.c.language).in_(bindparam("keys", expanding=True))
)
_ADD_ROWS = insert(table_of(FeedRow))
_ADD_CHANGES = insert(table_of(FeedChange))
_SET_VERSION = (
    update(_feed)
    .where(_feed.c.id.in_(bindparam("ids", expanding=True)))
    .values(version=bindparam("seq"))
)
_CHANGE = _SET_VERSION.values(changed_at=bindparam("at"))
_CHANGE_EACH = (
    update(_feed)
    .where(_feed.c.id == bindparam("of_id"))
    .values(version=bindparam("seq"), changed_at=bindparam("at"))
)
_ALLOCATE = (
    update(_counter).values(value=_counter.c.value + bindparam("count")).returning(_counter.c.value)
)


@dataclass(frozen=True, slots=True)
class FeedKey:
    """Names a feed by what it lists; an empty language means every language.

    The language is one that `backend.text.languages` lists by, not as an article spells it.
    """

    kind: str
    ref_id: int = 0
    language: str = ""

    @property
    def surrogate(self) -> str:
        """The surrogate key that shared caches purge this feed's pages by, in every language."""
        return f"{self.kind}-{self.ref_id}"


# The surrogate key of what any new article may change, such as a search.
LISTS = FeedKey(ALL).surrogate


def article_key(public_id: str) -> str:
    """The surrogate key of every page that shows something of the article."""
    return f"article-{public_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """Why an article left its feeds: unpublished, untagged or merged (into another one)."""

    reason: str
    into_id: int | None = None


def feed_ids(session: Session, keys: Iterable[FeedKey]) -> dict[FeedKey, int]:
    """The ids of the feeds, made when they do not exist yet."""
    wanted = list(dict.fromkeys(keys))
    known: dict[FeedKey, int] = lookups(session, "feed")
    missing = [key for key in wanted if key not in known]
    found = _find(session, missing) if missing else {}
    known |= found
    known |= _make(session, [key for key in missing if key not in found])
    return {key: known[key] for key in wanted}


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
    """What a part of the sitemap is kept and purged by: a list without rows of its own."""
    return FeedKey(SITEMAP, part.number)


def stories_key(story_id: int) -> FeedKey:
    """The document of the sitemap that names the story: likewise."""
    return FeedKey(STORIES, story_id // BLOCK)


def feeds_of(article: Article) -> list[FeedKey]:
    """The feeds that list the article: those of every language, and of each that reads its own."""
    topics, languages = topics_of(article), lists_of(article.language)
    return topics + [FeedKey(key.kind, key.ref_id, each) for key in topics for each in languages]


def relist(session: Session, article: Article, *, now: datetime, is_inserted: bool = False) -> None:
    """Make feed rows and changes say what the article says now.

    `is_inserted` says that this transaction made the article: nothing lists it yet, and it is
    listed with all others that the transaction made.
    """
    if is_inserted:
        if article.is_listed:
            defer(session, _list_inserted, (article, now), of=article.id)
        return
    keys, part = feeds_of(article) if article.is_listed else [], _part_keys(article)
    ids = feed_ids(session, [*keys, *part])
    wanted, touched = {ids[key] for key in keys}, [ids[key] for key in part]
    rows = select(FeedRow.feed_id).where(FeedRow.article_id == article.id)
    present = set(session.scalars(rows))
    _add_rows(session, article, wanted - present)
    _drop_rows(session, article, present - wanted)
    reason = "unpublished" if article.unpublished_at else "untagged"
    removals = dict.fromkeys(present - wanted, Removal(reason=reason))
    record_changes(session, article.id, upserts=wanted, removals=removals, touched=touched, now=now)


def record_changes(
    session: Session,
    article_id: int,
    *,
    upserts: Iterable[int],
    removals: dict[int, Removal],
    now: datetime,
    touched: Iterable[int] = (),
) -> None:
    """Give each of the feeds a change of this article, all under one new number.

    Those in `touched` only hear that something of them changed.
    """
    rows = [_change(feed_id, article_id, None, now) for feed_id in sorted(upserts)]
    rows += [_change(feed_id, article_id, why, now) for feed_id, why in sorted(removals.items())]
    if not rows:
        return
    feeds = [row["feed_id"] for row in rows]
    seq = allocate_change_numbers(session)
    places = [(feed_id, article_id) for feed_id in feeds]
    place = tuple_(FeedChange.feed_id, FeedChange.article_id)
    session.execute(delete(FeedChange).where(place.in_(places)))
    session.connection().execute(_ADD_CHANGES, [{**row, "seq": seq} for row in rows])
    session.connection().execute(_CHANGE, {"ids": [*feeds, *touched], "seq": seq, "at": now})


def touch(session: Session, feed_ids: Iterable[int]) -> None:
    """Invalidate these feeds' pages in caches: what stands above their lists changed.

    A feed that never listed anything stays as unknown as it was.
    """
    session.execute(
        update(Feed)
        .where(Feed.id.in_(list(feed_ids)), Feed.version > 0)
        .values(version=allocate_change_numbers(session))
        .execution_options(synchronize_session=False)
    )


def touch_list(session: Session, key: FeedKey) -> None:
    """Invalidate what is kept under a list, which need not list any article."""
    ids = feed_ids(session, [key]).values()
    session.execute(_SET_VERSION, {"ids": [*ids], "seq": allocate_change_numbers(session)})


def touch_sitemap(session: Session, articles: Iterable[tuple[int, int]], *, now: datetime) -> None:
    """Say that the parts that name these articles, by id and rank, are others now."""
    _touch_all(session, {sitemap_key(part_of(*article)) for article in articles}, now)


def touch_story(session: Session, story_id: int, *, now: datetime) -> None:
    """Say that the document that names the story is another now."""
    _touch_all(session, {stories_key(story_id)}, now)


def allocate_change_numbers(session: Session, count: int = 1) -> int:
    """Allocate sequence numbers; answers the last. Locks the counter until the commit: ask late.

    Web processes that keep pages hear of it at the commit.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_notify(CHANNEL, "")))
    number: int = session.connection().execute(_ALLOCATE, {"count": count}).scalar_one()
    return number


def bump_cache_epoch(session: Session) -> None:
    """Invalidate every cached page: something was renamed or leads elsewhere."""
    session.execute(update(ChangeCounter).values(named=allocate_change_numbers(session)))


def _touch_all(session: Session, keys: Collection[FeedKey], now: datetime) -> None:
    if keys:
        seq, ids = allocate_change_numbers(session), [*feed_ids(session, keys).values()]
        session.connection().execute(_CHANGE, {"ids": ids, "seq": seq, "at": now})


def _find(session: Session, keys: list[FeedKey]) -> dict[FeedKey, int]:
    wanted = [(key.kind, key.ref_id, key.language) for key in keys]
    return _by_key(session.connection().execute(_FIND, {"keys": wanted}))


def _make(session: Session, keys: list[FeedKey]) -> dict[FeedKey, int]:
    """Make feeds, a statement for all; those that another transaction made first are read."""
    if not keys:
        return {}
    rows = [
        {"kind": key.kind, "ref_id": key.ref_id, "language": key.language, "version": 0}
        for key in keys
    ]
    made = insert_new(session, _feed).returning(*_FIND.selected_columns)
    found = _by_key(session.connection().execute(made, rows))
    others = [key for key in keys if key not in found]
    return found | (_find(session, others) if others else {})


def _by_key(rows: Iterable[Row[Any]]) -> dict[FeedKey, int]:
    return {FeedKey(row.kind, row.ref_id, row.language): row.id for row in rows}


def _list_inserted(session: Session, articles: Sequence[tuple[Article, datetime]]) -> None:
    """List articles that nothing lists yet, in this order: a statement a table for all of them."""
    keys = [feeds_of(article) for article, _ in articles]
    parts = [_part_keys(article) for article, _ in articles]
    ids = feed_ids(session, (key for each in [*keys, *parts] for key in each))
    first = allocate_change_numbers(session, len(articles)) - len(articles) + 1
    rows: list[dict[str, object]] = []
    changes: list[dict[str, object]] = []
    moved: dict[int, dict[str, object]] = {}
    for seq, ((article, now), own, part) in enumerate(
        zip(articles, keys, parts, strict=True), first
    ):
        feeds = {ids[key] for key in own}
        rows += _rows_of(article, feeds)
        changes += [_change(each, article.id, None, now) | {"seq": seq} for each in sorted(feeds)]
        moved |= {each: _moved(each, seq, now) for each in (*feeds, *(ids[key] for key in part))}
    session.connection().execute(_ADD_ROWS, rows)
    session.connection().execute(_ADD_CHANGES, changes)
    session.connection().execute(_CHANGE_EACH, [moved[feed_id] for feed_id in sorted(moved)])


def _part_keys(article: Article) -> list[FeedKey]:
    """Of the documents of the sitemap that name the article and its story.

    None while an embargo holds.
    """
    if article.rank_us is None:
        return []
    is_at_home = article.source.canonical != "theirs"
    own = [sitemap_key(part_of(article.id, article.rank_us))] if is_at_home else []
    return [*own, stories_key(article.story.id)] if article.story else own


def _add_rows(session: Session, article: Article, feeds: set[int]) -> None:
    if feeds:
        session.connection().execute(_ADD_ROWS, _rows_of(article, feeds))


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


def _drop_rows(session: Session, article: Article, feeds: set[int]) -> None:
    if feeds:
        session.execute(
            delete(FeedRow).where(FeedRow.article_id == article.id, FeedRow.feed_id.in_(feeds))
        )


def _moved(feed_id: int, seq: int, now: datetime) -> dict[str, object]:
    return {"of_id": feed_id, "seq": seq, "at": now}


def _change(
    feed_id: int, article_id: int, removal: Removal | None, now: datetime
) -> dict[str, object]:
    return {
        "feed_id": feed_id,
        "article_id": article_id,
        "op": "remove" if removal else "upsert",
        "reason": removal.reason if removal else None,
        "into_id": removal.into_id if removal else None,
        "at": now,
    }
