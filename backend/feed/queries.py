"""Queries of the read side. Keyset pagination: one index answers a page at any depth."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    ScalarSelect,
    exists,
    func,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute as Attribute
from sqlalchemy.orm import Session, aliased, selectinload

from backend.catalog.feed_ids import FeedKey
from backend.catalog.listing import ALL, article_key
from backend.core.cursor import Position
from backend.core.db import Reader
from backend.core.driver_read import DriverRead
from backend.feed.merging import NewRow
from backend.feed.shown import ShownCategory, ShownSource
from backend.feed.statements import (
    BELOW,
    FEED,
    NEWEST,
    PAGE,
    PAGE_OF_STORIES,
    bounds,
    changes_statement,
    merge_statement,
)
from backend.tables.newsroom import (
    Article,
    Category,
    ChangeCounter,
    Feed,
    FeedChange,
    FeedRow,
    Source,
    Tag,
    TagMember,
)


class CardRow(NamedTuple):
    """An article of a feed; `version` is the number of the feed's last change."""

    rank_us: int
    article_id: int
    public_id: str
    card: str
    version: int


class NewestFeed(NamedTuple):
    """A feed that can be followed, and the newest that it lists.

    `name` is how its topic is written, `version` the number of its last change.
    """

    id: int
    kind: str
    ref_id: int
    name: str
    version: int
    rows: Sequence[NewRow]


class HomeRow(NamedTuple):
    """An article of a home feed; `feed_ids` are those of all its feeds, joined by commas."""

    rank_us: int
    article_id: int
    source_id: int
    card: str
    public_id: str
    feed_ids: str | None


HomeChangeRow = Row[int, int, int, str, str, str | None, str, str | None, str | None]
FeedState = Row[int, int]
ChangeRow = Row[int, str, str | None, str, str, str | None]

_PAGE = DriverRead(PAGE, CardRow._make)
_PAGE_OF_STORIES = DriverRead(PAGE_OF_STORIES, CardRow._make)
_NEWEST = DriverRead(NEWEST, tuple)
WITH_MEMBERS = selectinload(Tag.members).joinedload(TagMember.tag)


def page(
    session: Reader,
    kind: str,
    ref_id: int,
    language: str,
    *,
    before: Position | None,
    after: Position | None,
    size: int,
    is_grouped: bool = False,
) -> Sequence[CardRow]:
    """Return the newest articles of the feed below `before` and above `after`.

    Grouped, of each story only the article that is its newest in the feed.
    """
    key = {"kind": kind, "ref_id": ref_id, "language": language}
    read = _PAGE_OF_STORIES if is_grouped else _PAGE
    return read.all(session, bounds(before, after, size) | key)


def newest(reader: Reader, feed_id: int, size: int) -> NewestFeed | None:
    rows = _NEWEST.all(reader, {"feed": feed_id, "size": size})
    if not rows:
        return None
    own = len(NewestFeed._fields) - 1
    listed = [NewRow._make(row[own:]) for row in rows if row[own] is not None]
    return NewestFeed._make((*rows[0][:own], sorted(listed, reverse=True)))


def merged(
    reader: Connection,
    feed_ids: Sequence[int],
    *,
    before: Position | None,
    after: Position | None,
    size: int,
    viewer: int | None = None,
    stories_of: int | None = None,
) -> Sequence[HomeRow]:
    """Return the newest articles in any of these feeds, each once; without what the installation
    `viewer` muted, and of each story only what leads it at the home of `stories_of`.
    """
    statement, values = merge_statement(
        feed_ids,
        before,
        after,
        size,
        viewer=viewer,
        stories_of=stories_of,
        dialect=reader.dialect.name,
    )
    return DriverRead(statement, HomeRow._make).all(reader, values)


def home_changes(
    reader: Connection, feed_ids: Sequence[int], since: int, size: int
) -> Sequence[HomeChangeRow]:
    """Return what changed in these feeds after the number `since`: number, article id, source id,
    card, public id, ids of its feeds now (joined by commas), op, reason, successor's public id.
    """
    if not feed_ids:
        return []
    statement, values = changes_statement(feed_ids, since, size, dialect=reader.dialect.name)
    return reader.execute(statement, values).all()


def last_change(reader: Connection) -> int:
    return reader.execute(select(ChangeCounter.value)).scalar_one()


def position_below(reader: Connection, before: Position | None, count: int) -> Position | None:
    """Return the position `count` articles of the whole site below `before`; None with fewer."""
    top = bounds(before, None, 0)
    values = {"rank_below": top["rank_below"], "id_below": top["id_below"], "count": count}
    row = reader.execute(BELOW, values).first()
    return Position(*row) if row is not None else None


def changes(session: Session, feed_id: int, since: int, size: int) -> Sequence[ChangeRow]:
    """Return changes after `since`: number, op, reason, public id, card, successor's public id."""
    into = aliased(Article)
    return session.execute(
        select(
            FeedChange.seq,
            FeedChange.op,
            FeedChange.reason,
            Article.public_id,
            Article.card,
            into.public_id.label("into"),
        )
        .join(Article, Article.id == FeedChange.article_id)
        .outerjoin(into, into.id == FeedChange.into_id)
        .where(FeedChange.feed_id == feed_id, FeedChange.seq > since)
        .order_by(FeedChange.seq)
        .limit(size)
    ).all()


def pruned_to(session: Session, feed_id: int) -> int:
    """Return the highest number of a change that is no longer kept."""
    return session.scalar(select(Feed.pruned_to).where(Feed.id == feed_id)) or 0


def feeds_with_old_changes(
    session: Session, after: int, before: datetime, limit: int
) -> Sequence[int]:
    """Return feeds above the id `after` whose first change was made before this time."""
    first = (
        select(FeedChange.at)
        .where(FeedChange.feed_id == Feed.id)
        .order_by(FeedChange.seq)
        .limit(1)
        .correlate(Feed)
        .scalar_subquery()
    )
    return session.scalars(
        select(Feed.id).where(Feed.id > after, first < before).order_by(Feed.id).limit(limit)
    ).all()


def mark_pruned(session: Session, feed_ids: Sequence[int], before: datetime) -> None:
    """Remember the number up to which changes of these feeds were made before this time."""
    old = FeedChange.feed_id.in_(feed_ids), FeedChange.at < before
    last = session.execute(
        select(FeedChange.feed_id, func.max(FeedChange.seq))
        .where(*old)
        .group_by(FeedChange.feed_id)
    ).all()
    for feed_id, seq in last:
        session.execute(update(Feed).where(Feed.id == feed_id).values(pruned_to=seq))


def feed_by_key(session: Reader, kind: str, ref_id: int, language: str) -> FeedState | None:
    """Return the feed's id and the number of its last change."""
    key = {"kind": kind, "ref_id": ref_id, "language": language}
    return session.execute(FEED, key).first()


def changed_keys(reader: Reader, known: int) -> list[tuple[str, int]]:
    """Return surrogate keys of what changed after this number, each with the change's number."""
    # The feed of everything names every article that changed.
    articles = reader.execute(
        select(Article.public_id, FeedChange.seq)
        .join(Article, Article.id == FeedChange.article_id)
        .where(FeedChange.feed_id == feed_id_of(ALL), FeedChange.seq > known)
    )
    found = [(article_key(public_id), seq) for public_id, seq in articles]
    for each in changed_lists(reader, known):
        found += each.surrogates_after(known)
    return found


class ChangedList(NamedTuple):
    """A list with the numbers of its last change, of the last that added an article to it, and of
    the last that made a tag rarer.
    """

    key: FeedKey
    version: int
    added: int
    rarer: int

    def surrogates_after(self, since: int) -> list[tuple[str, int]]:
        """Return the keys of pages that are stale since then, each with the change's number."""
        found = [(self.key.surrogate, self.version)]
        if self.key.kind == "tag":
            found += [(self.key.surrogate_of_added, self.added)]
            found += [(self.key.surrogate_once_rarer, self.rarer)]
        return [each for each in found if each[1] > since]


def changed_lists(reader: Reader, since: int) -> list[ChangedList]:
    """Return the lists that changed after this number."""
    versions = Feed.version, Feed.added_version, Feed.rarer_version
    rows = reader.execute(select(Feed.kind, Feed.ref_id, *versions).where(Feed.version > since))
    return [ChangedList(FeedKey(kind, ref_id), *numbers) for kind, ref_id, *numbers in rows]


def first_change_at(reader: Reader, known: int | ScalarSelect[int]) -> datetime | None:
    """Return when the first article changed after this number; None when only names did."""
    return reader.scalar(
        select(FeedChange.at)
        .where(FeedChange.feed_id == feed_id_of(ALL), FeedChange.seq > known)
        .order_by(FeedChange.seq)
        .limit(1)
    )


def feed_id_of(kind: str, ref_id: int | BindParameter[int] = 0) -> ScalarSelect[int]:
    """Return a subquery for the feed of every language: a join would lose the order of its walk."""
    return (
        select(Feed.id)
        .where(Feed.kind == kind, Feed.ref_id == ref_id, Feed.language == "")
        .scalar_subquery()
    )


def merged_into(session: Reader, tag_id: int) -> Sequence[int]:
    """Return the ids of the tags that were merged into this one."""
    return session.scalars(select(Tag.id).where(Tag.merged_into_id == tag_id)).all()


def sources(reader: Reader) -> Sequence[ShownSource]:
    """Return publishers, without those that came with an article while none of theirs is public,
    and without removed ones that have no article left.
    """
    return _SOURCES.all(reader, {})


def categories(reader: Reader) -> Sequence[ShownCategory]:
    """Return the sections that list an article."""
    return _CATEGORIES.all(reader, {})


def _lists_now(kind: str, ref_id: Attribute[int]) -> ColumnElement[bool]:
    """Build the condition that this one's feed lists an article: following alone makes a feed."""
    own = Feed.kind == kind, Feed.ref_id == ref_id, Feed.language == ""
    return exists().where(*own, FeedRow.feed_id == Feed.id)


_CAME_WITH_IT = exists().where(
    Article.source_id == Source.id, Article.first_seen_at == Source.created_at
)
_SOURCE_LISTS = _lists_now("source", Source.id)
_SOURCES = DriverRead(
    select(Source.id, Source.slug, Source.name, Source.home_url, Source.language)
    .where(_SOURCE_LISTS | (Source.removed_at.is_(None) & ~_CAME_WITH_IT))
    .order_by(Source.slug),
    ShownSource._make,
)
_CATEGORIES = DriverRead(
    select(Category.id, Category.slug, Category.name)
    .where(_lists_now("category", Category.id))
    .order_by(Category.slug),
    ShownCategory._make,
)
