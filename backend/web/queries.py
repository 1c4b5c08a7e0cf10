"""Queries of the public pages: sections, most used tags, articles for the news sitemap."""

from collections.abc import Sequence

from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.orm import Session

from backend.catalog.listing import ALL
from backend.feed.queries import feed_id_of, is_suggested
from backend.tables.newsroom import Article, ArticleTag, Category, Feed, FeedRow, Tag

_NEWEST = 300


# Built once: putting these together costs more than what they ask.
_SECTIONS = (
    select(Category)
    .join(Feed, (Feed.kind == "category") & (Feed.ref_id == Category.id))
    .where(Feed.language == "", exists().where(FeedRow.feed_id == Feed.id))
    .order_by(Feed.version.desc())
    .limit(bindparam("limit"))
)
_NEWEST_IDS = (
    select(FeedRow.article_id)
    .where(FeedRow.feed_id == feed_id_of(ALL))
    .order_by(FeedRow.rank_us.desc(), FeedRow.article_id.desc())
    .limit(_NEWEST)
    .subquery()
)
_COUNTED = (
    select(ArticleTag.tag_id, func.count().label("count"))
    .join(_NEWEST_IDS, _NEWEST_IDS.c.article_id == ArticleTag.article_id)
    .group_by(ArticleTag.tag_id)
    .subquery()
)
_BUSY_TAGS = (
    select(Tag)
    .join(_COUNTED, _COUNTED.c.tag_id == Tag.id)
    .where(Tag.merged_into_id.is_(None), is_suggested())
    .order_by(_COUNTED.c.count.desc(), Tag.id)
    .limit(bindparam("limit"))
)


def sections(session: Session, *, limit: int) -> Sequence[Category]:
    """Non-empty categories: those with the latest changes, by name."""
    found = session.scalars(_SECTIONS, {"limit": limit}).all()
    return sorted(found, key=lambda category: category.name)


def busy_tags(session: Session, *, limit: int) -> Sequence[Tag]:
    """The most frequent tags of the newest articles."""
    return session.scalars(_BUSY_TAGS, {"limit": limit}).all()


def cards_since(session: Session, rank_us: int, *, limit: int) -> Sequence[str]:
    """Cards of everything ranked since then, newest first."""
    return session.scalars(
        select(Article.card)
        .join(FeedRow, FeedRow.article_id == Article.id)
        .where(FeedRow.feed_id == feed_id_of(ALL), FeedRow.rank_us >= rank_us)
        .order_by(FeedRow.rank_us.desc(), FeedRow.article_id.desc())
        .limit(limit)
    ).all()
