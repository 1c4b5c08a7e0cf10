"""Queries of the public pages: sections, articles for the news sitemap, what changed or went."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Row, bindparam, exists, func, or_, select

from backend.catalog.listing import ALL
from backend.core.db import Reader
from backend.core.driver_read import DriverRead
from backend.feed.queries import feed_id_of
from backend.feed.shown import ShownCategory
from backend.tables.newsroom import Article, Category, Feed, FeedRow, Source, Tag

# Built once: building these statements costs more than running them.
_SECTIONS = DriverRead(
    select(Category.id, Category.slug, Category.name)
    .join(Feed, (Feed.kind == "category") & (Feed.ref_id == Category.id))
    .where(Feed.language == "", exists().where(FeedRow.feed_id == Feed.id))
    .order_by(Feed.version.desc())
    .limit(bindparam("most")),
    ShownCategory._make,
)
_CARDS_SINCE = DriverRead(
    select(Article.card)
    .join(FeedRow, FeedRow.article_id == Article.id)
    .where(FeedRow.feed_id == feed_id_of(ALL), FeedRow.rank_us >= bindparam("rank_us"))
    .order_by(FeedRow.rank_us.desc(), FeedRow.article_id.desc())
    .limit(bindparam("most")),
    lambda row: str(row[0]),
)
_LANGUAGES = DriverRead(
    select(Feed.language)
    .where(Feed.kind == ALL, Feed.ref_id == 0, Feed.language != "")
    .where(exists(select(FeedRow.article_id).where(FeedRow.feed_id == Feed.id).limit(1)))
    .order_by(Feed.language),
    lambda row: str(row[0]),
)
_LISTS_CHANGED = (
    select(Feed.kind, func.coalesce(Tag.name, Source.slug, Category.slug), Feed.version)
    .outerjoin(Tag, (Feed.kind == "tag") & (Tag.id == Feed.ref_id) & Tag.merged_into_id.is_(None))
    .outerjoin(Source, (Feed.kind == "source") & (Source.id == Feed.ref_id))
    .outerjoin(Category, (Feed.kind == "category") & (Category.id == Feed.ref_id))
    .where(
        Feed.version > bindparam("since"),
        Feed.changed_at >= bindparam("not_before"),
        Feed.language == "",
        or_(
            Feed.kind == ALL, Tag.id.is_not(None), Source.id.is_not(None), Category.id.is_not(None)
        ),
    )
    .order_by(Feed.version, Feed.id)
    .limit(bindparam("most"))
)


class ChangedList(NamedTuple):
    """A list with the name or slug that its address has, and the number of its last change."""

    kind: str
    name: str | None
    version: int


def lists_changed(
    reader: Reader, since: int, not_before: datetime, limit: int
) -> Sequence[ChangedList]:
    """Lists whose articles changed after a number, oldest change first; without a name, home."""
    values = {"since": since, "not_before": not_before, "most": limit}
    return [ChangedList(*row) for row in reader.execute(_LISTS_CHANGED, values)]


def sections(reader: Reader, *, limit: int) -> Sequence[ShownCategory]:
    """Non-empty categories: those with the latest changes, by name."""
    found = _SECTIONS.all(reader, {"most": limit})
    return sorted(found, key=lambda category: category.name)


def cards_since(reader: Reader, rank_us: int, *, limit: int) -> Sequence[str]:
    """Cards of everything ranked since then, newest first."""
    return _CARDS_SINCE.all(reader, {"rank_us": rank_us, "most": limit})


def languages(reader: Reader) -> Sequence[str]:
    """Return the languages in which an article is listed."""
    return _LANGUAGES.all(reader, {})


def taken_down_since(
    reader: Reader, since: datetime, *, limit: int
) -> Sequence[Row[str, datetime | None]]:
    """Public id and time of what was taken down since then, the newest first."""
    at = Article.unpublished_at
    return reader.execute(
        select(Article.public_id, at)
        .where(at.is_not(None), at >= since)
        .order_by(at.desc())
        .limit(limit)
    ).all()
