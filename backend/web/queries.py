"""Queries of the public pages: sections, most used tags, articles for the news sitemap."""

from collections.abc import Sequence

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from backend.catalog.listing import ALL
from backend.feed.queries import feed_id_of, is_suggested
from backend.tables.newsroom import Article, ArticleTag, Category, Feed, FeedRow, Tag

_NEWEST = 300


def sections(session: Session, *, limit: int) -> Sequence[Category]:
    """Non-empty categories: those with the latest changes, by name."""
    lists_something = exists().where(FeedRow.feed_id == Feed.id)
    found = session.scalars(
        select(Category)
        .join(Feed, (Feed.kind == "category") & (Feed.ref_id == Category.id))
        .where(Feed.language == "", lists_something)
        .order_by(Feed.version.desc())
        .limit(limit)
    ).all()
    return sorted(found, key=lambda category: category.name)


def busy_tags(session: Session, *, limit: int) -> Sequence[Tag]:
    """The most frequent tags of the newest articles."""
    newest = (
        select(FeedRow.article_id)
        .where(FeedRow.feed_id == feed_id_of(ALL))
        .order_by(FeedRow.rank_us.desc(), FeedRow.article_id.desc())
        .limit(_NEWEST)
        .subquery()
    )
    counted = (
        select(ArticleTag.tag_id, func.count().label("count"))
        .join(newest, newest.c.article_id == ArticleTag.article_id)
        .group_by(ArticleTag.tag_id)
        .subquery()
    )
    return session.scalars(
        select(Tag)
        .join(counted, counted.c.tag_id == Tag.id)
        .where(Tag.merged_into_id.is_(None), is_suggested())
        .order_by(counted.c.count.desc(), Tag.id)
        .limit(limit)
    ).all()


def cards_since(session: Session, rank_us: int, *, limit: int) -> Sequence[str]:
    """Cards of everything ranked since then, newest first."""
    return session.scalars(
        select(Article.card)
        .join(FeedRow, FeedRow.article_id == Article.id)
        .where(FeedRow.feed_id == feed_id_of(ALL), FeedRow.rank_us >= rank_us)
        .order_by(FeedRow.rank_us.desc(), FeedRow.article_id.desc())
        .limit(limit)
    ).all()
