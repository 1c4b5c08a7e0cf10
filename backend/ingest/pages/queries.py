"""Queries for pages: due, claimed, asked for. Takes a session, never commits."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload

from backend.core.commits import earliest, soonest
from backend.core.db import insert_ignore
from backend.tables.ingest import SourceFeed
from backend.tables.newsroom import Article, Source
from backend.tables.pages import ArticlePage, PageHost

FULL = "full"
PAGE = "page"


def wanting_pages(session: Session, slugs: Collection[str]) -> set[str]:
    """Return those of these sources whose pages are fetched."""
    found = (
        select(Source.slug)
        .join(SourceFeed, SourceFeed.source_id == Source.id)
        .where(Source.slug.in_(slugs), *_wanted())
    )
    return set(session.scalars(found))


def is_wanted(session: Session, source_id: int) -> bool:
    """Whether the source's rights and settings allow fetching its pages now."""
    found = (
        select(SourceFeed.source_id)
        .join(Source, Source.id == SourceFeed.source_id)
        .where(SourceFeed.source_id == source_id, *_wanted())
    )
    return session.execute(found).first() is not None


def has_due(session: Session, now: datetime) -> bool:
    return session.execute(_free_hosts(now).limit(1)).first() is not None


def next_due_at(session: Session, now: datetime) -> datetime | None:
    """Return the earliest time to come at which a page becomes due, None without one."""
    return earliest(
        soonest(session, ArticlePage.due_at, now, ArticlePage.outcome.is_(None)),
        soonest(session, PageHost.next_at, now),
        soonest(session, PageHost.lease_until, now),
    )


def free_host(session: Session, now: datetime) -> PageHost | None:
    """Lock and return the host with a due page that has rested longest (SKIP LOCKED)."""
    return session.scalars(
        _free_hosts(now).limit(1).with_for_update(of=PageHost, skip_locked=True)
    ).first()


def due_page(session: Session, host: str, now: datetime) -> ArticlePage | None:
    """Lock and return the newest due page of a host."""
    return session.scalars(
        _due(now)
        .where(ArticlePage.host == host)
        .order_by(ArticlePage.article_id.desc())
        .limit(1)
        .with_for_update(of=ArticlePage, skip_locked=True)
    ).first()


def lock_host(session: Session, host: str, attempt: int) -> PageHost | None:
    """Lock the host if this attempt still holds it (the attempt is a fencing token)."""
    return session.scalars(
        select(PageHost)
        .where(PageHost.host == host, PageHost.attempt == attempt)
        .with_for_update(of=PageHost)
    ).first()


def page_of(session: Session, article_id: int) -> ArticlePage | None:
    """Return the page with its article, source and feed, as they are now."""
    return session.scalars(
        select(ArticlePage)
        .where(ArticlePage.article_id == article_id)
        .options(
            joinedload(ArticlePage.article).joinedload(Article.source),
            joinedload(ArticlePage.feed),
        )
        .execution_options(populate_existing=True)
    ).first()


def add_page(session: Session, host: str, now: datetime, **values: Any) -> None:
    insert_ignore(session, PageHost, host=host, next_at=now, attempt=0)
    insert_ignore(session, ArticlePage, host=host, due_at=now, tries=0, **values)


def forget_pages(session: Session, source_id: int) -> None:
    session.execute(delete(ArticlePage).where(ArticlePage.source_id == source_id))


def waiting_count(session: Session) -> int:
    waiting = select(func.count()).where(ArticlePage.outcome.is_(None))
    return session.execute(waiting).scalar_one()


def _wanted() -> tuple[ColumnElement[bool], ...]:
    return (
        SourceFeed.full_text == PAGE,
        Source.rights == FULL,
        Source.removed_at.is_(None),
    )


def _due(now: datetime) -> Select[ArticlePage]:
    return (
        select(ArticlePage)
        .join(SourceFeed, SourceFeed.source_id == ArticlePage.source_id)
        .join(Source, Source.id == ArticlePage.source_id)
        .where(
            ArticlePage.outcome.is_(None),
            ArticlePage.due_at <= now,
            SourceFeed.paused_at.is_(None),
            Source.blocked_at.is_(None),
            *_wanted(),
        )
    )


def _free_hosts(now: datetime) -> Select[PageHost]:
    has_page = exists(_due(now).where(ArticlePage.host == PageHost.host).with_only_columns(1))
    return (
        select(PageHost)
        .where(
            PageHost.next_at <= now,
            or_(PageHost.lease_until.is_(None), PageHost.lease_until <= now),
            has_page,
        )
        .order_by(PageHost.next_at, PageHost.host)
    )
