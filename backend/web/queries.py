"""Queries of the public pages: sections, articles for the news sitemap, what was taken down."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, bindparam, exists, select

from backend.catalog.listing import ALL
from backend.core.db import Reader
from backend.core.driver_read import DriverRead
from backend.feed.queries import feed_id_of
from backend.feed.shown import ShownCategory
from backend.tables.newsroom import Article, Category, Feed, FeedRow

# Built once: putting these together costs more than what they ask.
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


def sections(reader: Reader, *, limit: int) -> Sequence[ShownCategory]:
    """Non-empty categories: those with the latest changes, by name."""
    found = _SECTIONS.all(reader, {"most": limit})
    return sorted(found, key=lambda category: category.name)


def cards_since(reader: Reader, rank_us: int, *, limit: int) -> Sequence[str]:
    """Cards of everything ranked since then, newest first."""
    return _CARDS_SINCE.all(reader, {"rank_us": rank_us, "most": limit})


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
