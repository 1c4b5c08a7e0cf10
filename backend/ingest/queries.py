"""Queries for polled feeds: due, lease, lock. Takes a session, never commits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, case, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased, joinedload

from backend.core.chunks import chunks
from backend.core.commits import earliest, soonest
from backend.core.locks import lock_feed_claims
from backend.ingest.identity import KnownEntry
from backend.tables.ingest import SourceFeed
from backend.tables.newsroom import Article, Source
from backend.tables.pages import ArticlePage


@dataclass(frozen=True, slots=True)
class KnownVersion:
    """An article as it is stored: its content hash, whether it was taken down, what it says.

    `has_page`: its page was asked for.
    """

    content_hash: str
    is_taken_down: bool
    entry: KnownEntry
    has_page: bool = False


UNRECORDED = "the last poll was not recorded: its process ended, or the database was away"


def claim_due(
    session: Session, *, now: datetime, lease: timedelta, spacing: timedelta
) -> SourceFeed | None:
    """Lease the feed that is due longest, with spacing between requests to one host.

    One statement for both databases: SQLite's writers queue anyway; on PostgreSQL claims are
    made one after the other, or two feeds of one host could be taken at the same moment.
    A lease that ran out is a failure of the poll before, which nobody recorded.
    """
    lock_feed_claims(session)
    due = _due(now, spacing).limit(1).scalar_subquery()
    is_unrecorded = SourceFeed.lease_until.is_not(None)
    return session.scalars(
        update(SourceFeed)
        .where(SourceFeed.source_id == due)
        .values(
            lease_until=now + lease,
            attempt=SourceFeed.attempt + 1,
            last_polled_at=now,
            failures=SourceFeed.failures + case((is_unrecorded, 1), else_=0),
            last_error=case((is_unrecorded, UNRECORDED), else_=SourceFeed.last_error),
        )
        .returning(SourceFeed)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).first()


def source_of_feed(session: Session, url: str) -> Source | None:
    """Return the source that polls this address."""
    polled = select(SourceFeed.source_id).where(SourceFeed.feed_url == url)
    return session.scalars(select(Source).where(Source.id.in_(polled)).limit(1)).first()


def has_due(session: Session, *, now: datetime, spacing: timedelta) -> bool:
    return session.execute(_due(now, spacing).limit(1)).first() is not None


def next_due_at(session: Session, now: datetime, *, spacing: timedelta) -> datetime | None:
    """Return the earliest time to come at which a feed becomes due, None without one."""
    rested = soonest(session, SourceFeed.last_polled_at, now - spacing)
    return earliest(
        soonest(session, SourceFeed.next_poll_at, now, SourceFeed.paused_at.is_(None)),
        soonest(session, SourceFeed.lease_until, now),
        rested + spacing if rested is not None else None,
    )


def overdue_since(session: Session, before: datetime) -> datetime | None:
    """Return the earliest time a feed was due, if before `before`; None when none is so late."""
    is_late = SourceFeed.paused_at.is_(None), SourceFeed.next_poll_at < before
    return session.scalar(select(func.min(SourceFeed.next_poll_at)).where(*is_late))


def _due(now: datetime, spacing: timedelta) -> Select[int]:
    busy = aliased(SourceFeed)
    is_busy = exists().where(
        busy.host == SourceFeed.host,
        busy.source_id != SourceFeed.source_id,
        or_(busy.lease_until > now, busy.last_polled_at > now - spacing),
    )
    return (
        select(SourceFeed.source_id)
        .where(
            SourceFeed.paused_at.is_(None),
            SourceFeed.next_poll_at <= now,
            or_(SourceFeed.lease_until.is_(None), SourceFeed.lease_until <= now),
            ~is_busy,
        )
        .order_by(SourceFeed.next_poll_at, SourceFeed.source_id)
    )


def leased_feed(session: Session, source_id: int, attempt: int) -> SourceFeed | None:
    """Return the feed as this attempt reads it; None when it was removed or claimed again."""
    return session.scalars(
        select(SourceFeed).where(SourceFeed.source_id == source_id, SourceFeed.attempt == attempt)
    ).first()


def lock_leased_feed(session: Session, source_id: int, attempt: int) -> SourceFeed | None:
    """Lock the feed row if this attempt still holds the lease (the attempt is a fencing token)."""
    return session.scalars(
        select(SourceFeed)
        .where(SourceFeed.source_id == source_id, SourceFeed.attempt == attempt)
        .with_for_update(of=SourceFeed)
    ).first()


def source_feed(session: Session, slug: str) -> SourceFeed | None:
    return session.scalars(
        select(SourceFeed).join(SourceFeed.source).where(Source.slug == slug)
    ).first()


def sources(session: Session) -> Sequence[tuple[Source, SourceFeed | None]]:
    """Return every source that was not removed, with its feed if it is polled."""
    rows = session.execute(
        select(Source, SourceFeed)
        .outerjoin(SourceFeed, SourceFeed.source_id == Source.id)
        .where(Source.removed_at.is_(None))
        .order_by(Source.slug)
    )
    return [(row[0], row[1]) for row in rows]


def source_feeds(session: Session) -> Sequence[SourceFeed]:
    """Return every polled feed, with its source."""
    return session.scalars(
        select(SourceFeed).options(joinedload(SourceFeed.source)).order_by(SourceFeed.source_id)
    ).all()


def source_being_emptied(session: Session) -> int | None:
    """Return the id of a removed source whose articles are still to be taken down."""
    return session.scalars(
        select(Source.id).where(Source.is_emptied).order_by(Source.id).limit(1)
    ).first()


def mark_emptied(session: Session, source_id: int) -> None:
    session.execute(update(Source).where(Source.id == source_id).values(is_emptied=False))


def locked_feed(session: Session, source_id: int) -> SourceFeed | None:
    return session.scalars(
        select(SourceFeed).where(SourceFeed.source_id == source_id).with_for_update(of=SourceFeed)
    ).first()


def has_articles(session: Session, slug: str) -> bool:
    found = select(Article.id).join(Article.source).where(Source.slug == slug).limit(1)
    return session.execute(found).first() is not None


def known_versions(
    session: Session, slug: str, external_ids: Iterable[str]
) -> dict[str, KnownVersion]:
    """Return the stored versions by external id: enough to tell whether an entry is a new one."""
    known: dict[str, KnownVersion] = {}
    for wanted in chunks(list(external_ids), 500):
        rows = session.execute(
            select(
                Article.external_id,
                Article.content_hash,
                Article.unpublished_at,
                Article.title,
                Article.published_at,
                Article.summary,
                ArticlePage.article_id.is_not(None).label("has_page"),
            )
            .join(Article.source)
            .outerjoin(ArticlePage, ArticlePage.article_id == Article.id)
            .where(Source.slug == slug, Article.external_id.in_(wanted))
        )
        known |= {
            row.external_id: KnownVersion(
                row.content_hash,
                row.unpublished_at is not None,
                KnownEntry(row.title, row.published_at, row.summary),
                row.has_page,
            )
            for row in rows
        }
    return known
