"""Queries of the read side. Keyset pagination: one index answers a page at any depth."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    ScalarSelect,
    and_,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute as Attribute
from sqlalchemy.orm import Session, aliased, selectinload

from backend.catalog.listing import ALL, FeedKey, article_key
from backend.core.cursor import Position
from backend.core.db import Reader
from backend.core.driver_read import DriverRead
from backend.feed.statements import BELOW, FEED, PAGE, bounds, changes_statement, merge_statement
from backend.tables.newsroom import (
    Article,
    Category,
    ChangeCounter,
    Feed,
    FeedChange,
    FeedRow,
    Source,
    Tag,
    TagAlias,
    TagMember,
)


class CardRow(NamedTuple):
    """An article of a feed; `version` is the number of the feed's last change."""

    rank_us: int
    article_id: int
    public_id: str
    card: str
    version: int


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

# Among so many spellings that begin alike the most recently used tags are looked for.
_SPELLINGS = 200
LAST_CHARACTER = "\U0010ffff"
_PAGE = DriverRead(PAGE, CardRow._make)
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
) -> Sequence[CardRow]:
    """The newest articles of the feed below `before` and above `after`."""
    key = {"kind": kind, "ref_id": ref_id, "language": language}
    return _PAGE.all(session, bounds(before, after, size) | key)


def merged(
    reader: Connection,
    feed_ids: Sequence[int],
    *,
    before: Position | None,
    after: Position | None,
    size: int,
    viewer: int | None = None,
) -> Sequence[HomeRow]:
    """The newest articles in any of these feeds, each once; without what the installation
    `viewer` muted.
    """
    dialect = reader.dialect.name
    statement, values = merge_statement(
        feed_ids, before, after, size, viewer=viewer, dialect=dialect
    )
    return DriverRead(statement, HomeRow._make).all(reader, values)


def home_changes(
    reader: Connection, feed_ids: Sequence[int], since: int, size: int
) -> Sequence[HomeChangeRow]:
    """Number, article id, source id, card, public id, the ids of its feeds now, joined by commas;
    op, reason and successor's public id; of what changed in these feeds after the number `since`.
    """
    if not feed_ids:
        return []
    statement, values = changes_statement(feed_ids, since, size, dialect=reader.dialect.name)
    return reader.execute(statement, values).all()


def last_change(reader: Connection) -> int:
    return reader.execute(select(ChangeCounter.value)).scalar_one()


def position_below(reader: Connection, before: Position | None, count: int) -> Position | None:
    """Where so many articles of the whole site stand in between, when there are as many."""
    top = bounds(before, None, 0)
    values = {"rank_below": top["rank_below"], "id_below": top["id_below"], "count": count}
    row = reader.execute(BELOW, values).first()
    return Position(*row) if row is not None else None


def changes(session: Session, feed_id: int, since: int, size: int) -> Sequence[ChangeRow]:
    """Number, op, reason, public id, card and successor's public id after the number `since`."""
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
    """The highest number of a change that is no longer kept."""
    return session.scalar(select(Feed.pruned_to).where(Feed.id == feed_id)) or 0


def feeds_with_old_changes(
    session: Session, after: int, before: datetime, limit: int
) -> Sequence[int]:
    """Feeds above the id `after` whose first change was made before this time."""
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
    """The feed's id and the number of its last change."""
    key = {"kind": kind, "ref_id": ref_id, "language": language}
    return session.execute(FEED, key).first()


def changed_keys(reader: Reader, known: int) -> list[tuple[str, int]]:
    """Surrogate keys of the feeds and articles that changed after this number, and when."""
    columns = Feed.kind, Feed.ref_id, Feed.version
    feeds = reader.execute(select(*columns).where(Feed.version > known))
    # The feed of everything names every article that changed.
    articles = reader.execute(
        select(Article.public_id, FeedChange.seq)
        .join(Article, Article.id == FeedChange.article_id)
        .where(FeedChange.feed_id == feed_id_of(ALL), FeedChange.seq > known)
    )
    found = [(FeedKey(kind, ref_id).surrogate, version) for kind, ref_id, version in feeds]
    return found + [(article_key(public_id), seq) for public_id, seq in articles]


def feed_id_of(kind: str, ref_id: int = 0) -> ScalarSelect[int]:
    """The feed of every language, for a statement that walks it: a join would lose its order."""
    return (
        select(Feed.id)
        .where(Feed.kind == kind, Feed.ref_id == ref_id, Feed.language == "")
        .scalar_subquery()
    )


def merged_into(session: Reader, tag_id: int) -> Sequence[int]:
    """The ids of the tags that were merged into this one."""
    return session.scalars(select(Tag.id).where(Tag.merged_into_id == tag_id)).all()


def article_by_public_id(session: Session, public_id: str) -> Article | None:
    return session.scalars(select(Article).where(Article.public_id == public_id)).first()


def source_by_slug(session: Session, slug: str) -> Source | None:
    return session.scalars(select(Source).where(Source.slug == slug)).first()


def category_by_slug(session: Session, slug: str) -> Category | None:
    return session.scalars(select(Category).where(Category.slug == slug)).first()


def sources(session: Session) -> Sequence[Source]:
    """Publishers, without those that only an article under embargo has named so far, and without
    removed ones that have no article left.
    """
    came_with_it = exists().where(
        Article.source_id == Source.id, Article.first_seen_at == Source.created_at
    )
    has_listed = exists().where(*_has_listed("source", Source.id))
    lists_now = exists().where(*_has_listed("source", Source.id), FeedRow.feed_id == Feed.id)
    return session.scalars(
        select(Source)
        .where(has_listed | ~came_with_it, Source.removed_at.is_(None) | lists_now)
        .order_by(Source.slug)
    ).all()


def categories(session: Session) -> Sequence[Category]:
    has_listed = exists().where(*_has_listed("category", Category.id))
    return session.scalars(select(Category).where(has_listed).order_by(Category.slug)).all()


def tags_beginning(session: Session, key: str, limit: int) -> Sequence[Tag]:
    """Living tags with a spelling that begins like this: the exact one, then the latest used.

    A tag that only articles under embargo carry is none of them: its name would tell of them.
    """
    ids = {
        *_spelled(session, Tag.key, Tag.id, key),
        *_spelled(session, TagAlias.key, TagAlias.tag_id, key),
    }
    return session.scalars(
        select(Tag)
        .join(Feed, and_(*_has_listed("tag", Tag.id)))
        .where(Tag.id.in_(ids), Tag.merged_into_id.is_(None), is_suggested())
        .order_by((Tag.key != key), Feed.version.desc(), Tag.id)
        .limit(limit)
        .options(WITH_MEMBERS)
    ).all()


def is_suggested() -> ColumnElement[bool]:
    """A learned tag is suggested from its second article on; for what selects tags."""
    own = aliased(Feed)
    listed = (
        select(func.count())
        .select_from(FeedRow)
        .join(own, own.id == FeedRow.feed_id)
        .where(own.kind == "tag", own.ref_id == Tag.id, own.language == "")
        .correlate(Tag)
        .scalar_subquery()
    )
    return or_(Tag.state != "learned", listed > 1)


def _spelled(
    session: Session, spelling: Attribute[str], tag_id: Attribute[int], key: str
) -> Sequence[int]:
    end = key + LAST_CHARACTER
    return session.scalars(
        select(tag_id).where(spelling >= key, spelling < end).order_by(spelling).limit(_SPELLINGS)
    ).all()


def _has_listed(kind: str, ref_id: Attribute[int]) -> tuple[ColumnElement[bool], ...]:
    """The feed of this that has ever listed something. Following alone makes a feed, too."""
    return Feed.kind == kind, Feed.ref_id == ref_id, Feed.language == "", Feed.version > 0
