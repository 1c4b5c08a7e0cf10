"""Queries about articles and their stories, for deduplication of alerts."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, bindparam, func, or_, select
from sqlalchemy.orm import Session

from backend.core.locks import lock_story
from backend.tables.newsroom import Article
from backend.text.languages import lists_of
from push.store.models import Notification
from push.store.scheduling import may_go_on
from push.store.states import LIVE, WAITING

# Executed at each claim, so built once.
_LANGUAGE = select(Article.language).where(Article.id == bindparam("article_id"))


def article_public_id(session: Session, article_id: int | None) -> str | None:
    if article_id is None:
        return None
    return session.scalar(select(Article.public_id).where(Article.id == article_id))


def languages_of(session: Session, article_id: int | None) -> tuple[str, ...]:
    """Return the languages of the feeds that an article is in; none without an article."""
    if article_id is None:
        return ()
    language = session.scalar(_LANGUAGE, {"article_id": article_id})
    return lists_of(language) if language else ()


def story_of(session: Session, article_id: int | None) -> int | None:
    if article_id is None:
        return None
    return session.scalar(select(Article.story_id).where(Article.id == article_id))


def of_same_story(session: Session, article_id: int, since: datetime) -> Sequence[Notification]:
    """Return the alerts of the article's story that were sent since then or are live.

    An article that no other publisher joined is a story of its own.
    """
    own = select(Article.story_id).where(Article.id == article_id).scalar_subquery()
    return session.scalars(
        select(Notification)
        .join(Article, Article.id == Notification.article_id)
        .where(
            or_(Article.id == article_id, Article.story_id == own),
            Notification.corrects_id.is_(None),
            Notification.dry_run.is_(False),
            or_(Notification.send_at >= since, Notification.state.in_(LIVE)),
            Notification.state.not_in(WAITING),
        )
    ).all()


def lock_story_of(session: Session, article_id: int) -> None:
    """Take the story's advisory lock: its alerts are fanned out one after another.

    SQLite has one writer anyway.
    """
    story = select(func.coalesce(Article.story_id, -Article.id)).where(Article.id == article_id)
    lock_story(session, story.scalar_subquery())


def alerts_of_article(session: Session, article_id: int) -> Sequence[Notification]:
    """Return the alerts about one article, dry runs aside, the newest first."""
    return session.scalars(
        select(Notification)
        .where(Notification.article_id == article_id, Notification.dry_run.is_(False))
        .order_by(Notification.id.desc())
    ).all()


def is_taken_down(session: Session, article_id: int | None) -> bool:
    if article_id is None:
        return False
    down = select(Article.id).where(Article.id == article_id, Article.unpublished_at.is_not(None))
    return session.scalar(down) is not None


def open_of_article(session: Session, public_id: str, now: datetime) -> Sequence[Notification]:
    """Lock and return the alerts about an article of which something may still be sent.

    All are locked before they are filtered, so that what was held or repeated meanwhile is seen.
    """
    about = select(Article.id).where(Article.public_id == public_id).scalar_subquery()
    own = select(Notification.id).where(Notification.article_id == about).order_by(Notification.id)
    if not session.scalars(own.with_for_update(key_share=True)).all():
        return []
    return session.scalars(
        select(Notification)
        .where(Notification.article_id == about, may_go_on(now))
        .order_by(Notification.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def count_open(session: Session, articles: Select[int], now: datetime) -> int:
    """Count the alerts that a takedown of these articles, given by a query, would recall."""
    own = select(func.count()).where(Notification.article_id.in_(articles), may_go_on(now))
    return session.scalar(own) or 0
