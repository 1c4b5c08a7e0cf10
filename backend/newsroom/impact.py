"""The impact of a takedown, a ban or a removal, counted before it is done."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute as Attribute
from sqlalchemy.orm import Session

from backend.catalog.tag_names import key_of
from backend.core.chunks import chunks
from backend.http.hooks import Hooks
from backend.newsroom import queries
from backend.newsroom.tag_list_queries import articles_of
from backend.tables.audience import Follow
from backend.tables.newsroom import Article, Feed, Source, Tag
from backend.tagging.evidence import EVERY_SOURCE

# Articles that one statement looks up.
AT_ONCE = 500


class Impact(NamedTuple):
    """Counts of what would move: `links` to the pages that go, `alerts` that would be recalled."""

    articles: int
    followers: int
    links: int
    alerts: int = 0


def of_article(session: Session, hooks: Hooks, article: Article, now: datetime) -> Impact:
    """Count what taking an article down moves; zeros when it is down already."""
    if article.unpublished_at is not None:
        return Impact(0, 0, 0)
    alerts = hooks.recalled_with(session, select(Article.id).where(Article.id == article.id), now)
    links = hooks.links_to(session, f"/article/{article.public_id}")
    return Impact(1, 0, links, alerts)


def of_source(
    session: Session, hooks: Hooks, source: Source, now: datetime, *, with_articles: bool
) -> Impact:
    """Count what removing a source moves; with its articles also their links and alerts."""
    links = hooks.links_to(session, f"/source/{source.slug}")
    alone = Impact(0, followers(session, "source", source.id), links)
    if not with_articles:
        return alone
    return alone._replace(
        articles=_articles(session, source.id),
        links=links + _links_to_articles(session, hooks, source.id),
        alerts=hooks.recalled_with(session, _present(Article.id, source.id), now),
    )


def of_tag(
    session: Session, hooks: Hooks, tag: Tag | None, source_id: int = EVERY_SOURCE
) -> Impact:
    """Count what a ban or a rename of a tag changes, for one source or all; zeros without a tag."""
    if tag is None:
        return Impact(0, 0, 0)
    articles = articles_of(session, tag.id, None if source_id == EVERY_SOURCE else source_id)
    return Impact(articles, followers(session, "tag", tag.id), links_of_tag(session, hooks, tag))


def links_of_tag(session: Session, hooks: Hooks, tag: Tag) -> int:
    """How many short links lead to a tag's page, in any spelling."""
    keys = {tag.key, *queries.alias_keys(session, tag.id)}
    linked = hooks.links_below(session, "/tag").items()
    return sum(count for name, count in linked if key_of(name) in keys)


def _present(column: Attribute[Any], source_id: int) -> Select[Any]:
    """A column of the articles of a source that are not down."""
    return select(column).where(Article.source_id == source_id, Article.unpublished_at.is_(None))


def _links_to_articles(session: Session, hooks: Hooks, source_id: int) -> int:
    """Count short links to a source's articles.

    Only articles that a link leads to are looked up: a source may have a million.
    """
    linked, found = hooks.links_below(session, "/article"), _present(Article.public_id, source_id)
    return sum(
        linked[public_id]
        for some in chunks(sorted(linked), AT_ONCE)
        for public_id in session.scalars(found.where(Article.public_id.in_(some)))
    )


def _articles(session: Session, source_id: int) -> int:
    """Count the articles that are not down: all, less the few that are, to read an index alone."""
    count = select(func.count()).select_from(Article).where(Article.source_id == source_id)
    down = session.scalar(count.where(Article.unpublished_at.is_not(None))) or 0
    return (session.scalar(count) or 0) - down


def followers(session: Session, kind: str, ref_id: int) -> int:
    """How many installations follow a topic."""
    own = Feed.kind == kind, Feed.ref_id == ref_id, Feed.language == ""
    counted = select(func.count()).select_from(Follow).join(Feed, Feed.id == Follow.feed_id)
    return session.scalar(counted.where(*own)) or 0
