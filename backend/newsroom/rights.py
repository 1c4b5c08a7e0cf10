"""What may be shown of a source's articles, from when on, and for how long.

`rights` of a source: `full`, or nothing said, all that it sends; `summary` no text; `headline`
neither text, summary nor picture. What may not be shown is not stored either.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session, selectinload

from backend.catalog.card import refresh_card
from backend.catalog.listing import bump_cache_epoch, touch, touch_sitemap
from backend.catalog.queries import source_by_slug
from backend.core.chunks import chunks
from backend.core.db import transaction
from backend.core.locks import lock_newsroom
from backend.newsroom import queries
from backend.newsroom.bulk_republish import republish
from backend.tables.newsroom import Article, ArticleTag, Source

SUMMARY = "summary"
HEADLINE = "headline"
RESTRICTED = frozenset({SUMMARY, HEADLINE})
CHUNK = 200


def restrict(article: Article) -> None:
    """Take away what the source does not let us show."""
    rights = article.source.rights
    if rights in RESTRICTED:
        article.body_html = article.body_text = ""
    if rights == HEADLINE:
        article.summary = ""
        article.image_url = article.image_alt = None
        article.image_width = article.image_height = None


def held_until(article: Article, embargo: datetime | None) -> datetime | None:
    """The end of the article's own embargo, or of its source's if that is later."""
    minutes = article.source.embargo_minutes
    if not minutes or article.is_listed:
        return embargo
    told_at = min(article.published_at, article.first_seen_at)
    until = told_at + timedelta(minutes=minutes)
    return max(until, embargo) if embargo else until


def apply_to_published(slug: str, *, now: datetime) -> None:
    """Make a source's articles follow its changed rights.

    What they forbid now leaves at once; what they allow now comes with the next poll, to which
    every entry is a changed one.
    """
    with transaction() as session:
        lock_newsroom(session)
        source = source_by_slug(session, slug)
        if source is None:
            return
        articles = queries.articles_of_source(session, source.id)
        for some in chunks(articles, CHUNK):
            _apply(session, some)
        _forget_versions(session, source)
        republish(session, articles, now=now)
        touch_sitemap(session, queries.ranks_of_source(session, source.id), now=now)
        bump_cache_epoch(session)
        touch(session, queries.feeds_of_source(session, source.id))


def _apply(session: Session, article_ids: Sequence[int]) -> None:
    articles = session.scalars(
        select(Article)
        .where(Article.id.in_(article_ids))
        .options(selectinload(Article.tags).joinedload(ArticleTag.tag))
    ).all()
    for article in articles:
        restrict(article)
    refresh_card(session, *articles)
    session.flush()
    session.expire_all()


def _forget_versions(session: Session, source: Source) -> None:
    known = Article.source_id == source.id, Article.unpublished_at.is_(None)
    session.execute(update(Article).where(*known).values(content_hash=""))
