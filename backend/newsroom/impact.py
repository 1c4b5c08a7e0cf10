"""What a takedown, a ban or a removal would move: counted before it is done."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.catalog.tag_names import path_of
from backend.http.hooks import Hooks
from backend.newsroom.tag_list_queries import articles_of
from backend.tables.audience import Follow
from backend.tables.newsroom import Article, Feed, FeedRow, Source, Tag
from backend.tagging.evidence import EVERY_SOURCE


class Impact(NamedTuple):
    """`links` are short links to the pages that go; `alerts` those that would be recalled."""

    articles: int
    followers: int
    links: int
    alerts: int = 0


def of_article(session: Session, hooks: Hooks, article: Article, now: datetime) -> Impact:
    """What taking an article down moves; nothing when it is down."""
    if article.unpublished_at is not None:
        return Impact(0, 0, 0)
    alerts = hooks.recalled_with(session, article.id, now)
    links = hooks.links_to(session, f"/article/{article.public_id}")
    return Impact(1, 0, links, alerts)


def of_source(session: Session, hooks: Hooks, source: Source, *, with_articles: bool) -> Impact:
    """What removing a source moves."""
    articles = _articles(session, source.id) if with_articles else 0
    links = hooks.links_to(session, f"/source/{source.slug}")
    return Impact(articles, followers(session, "source", source.id), links)


def of_tag(
    session: Session, hooks: Hooks, tag: Tag | None, source_id: int = EVERY_SOURCE
) -> Impact:
    """What has a tag, of one source or of all: where a ban takes it away, or a new name shows."""
    if tag is None:
        return Impact(0, 0, 0)
    if source_id == EVERY_SOURCE:
        articles = articles_of(session, tag.id)
    else:
        articles = _listed(session, tag.id, source_id)
    return Impact(articles, followers(session, "tag", tag.id), links_of_tag(session, hooks, tag))


def links_of_tag(session: Session, hooks: Hooks, tag: Tag) -> int:
    """How many short links lead to a tag's page."""
    return hooks.links_to(session, f"/tag/{path_of(tag.name)}")


def _listed(session: Session, tag_id: int, source_id: int) -> int:
    """How many of a source readers find under a tag: its list says whose each is."""
    own = Feed.kind == "tag", Feed.ref_id == tag_id, Feed.language == ""
    listed = select(func.count()).select_from(FeedRow).join(Feed, Feed.id == FeedRow.feed_id)
    return session.scalar(listed.where(*own, FeedRow.source_id == source_id)) or 0


def _articles(session: Session, source_id: int) -> int:
    """How many are not down: all, less the few that are, so that an index alone is read."""
    count = select(func.count()).select_from(Article).where(Article.source_id == source_id)
    down = session.scalar(count.where(Article.unpublished_at.is_not(None))) or 0
    return (session.scalar(count) or 0) - down


def followers(session: Session, kind: str, ref_id: int) -> int:
    """How many installations follow a topic."""
    own = Feed.kind == kind, Feed.ref_id == ref_id, Feed.language == ""
    counted = select(func.count()).select_from(Follow).join(Feed, Feed.id == Follow.feed_id)
    return session.scalar(counted.where(*own)) or 0
