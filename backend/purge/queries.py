"""Queries for changes not told yet. Takes a session and plain values, never commits."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from backend.catalog.listing import ALL
from backend.core.commits import earliest, soonest
from backend.feed.queries import changed_lists, feed_id_of, first_change_at
from backend.tables.newsroom import Article, ChangeCounter, FeedChange
from backend.tables.purge import CACHE, PurgeProgress


def last_change_to_tell(session: Session, reader: int, now: datetime) -> int | None:
    """Return the number of the last change; None when this reader has none to tell, or not yet."""
    return session.scalar(_due(reader, now).with_only_columns(ChangeCounter.value))


def next_due_at(session: Session, now: datetime) -> datetime | None:
    """Return the earliest time to come at which a reader's turn becomes due, None without one."""
    return earliest(
        soonest(session, PurgeProgress.due_at, now),
        soonest(session, PurgeProgress.lease_until, now),
    )


def due_progress(session: Session, reader: int, now: datetime) -> PurgeProgress | None:
    """Lock and return the progress; None when another process has the turn or it is not due."""
    mine = _due(reader, now).with_for_update(of=PurgeProgress, skip_locked=True)
    return session.scalars(mine).first()


def lock_leased_progress(session: Session, reader: int, claims: int) -> PurgeProgress | None:
    """Lock the progress row if this claim still holds the lease (claims are the fencing token)."""
    return session.scalars(
        select(PurgeProgress)
        .where(PurgeProgress.id == reader, PurgeProgress.claims == claims)
        .with_for_update()
    ).first()


def changes_behind(session: Session) -> int:
    """Count the change numbers that the cache was not told of yet."""
    behind = ChangeCounter.value - PurgeProgress.purged_to
    return session.scalars(
        select(behind).select_from(ChangeCounter).join(PurgeProgress, PurgeProgress.id == CACHE)
    ).one()


def oldest_change_to_purge(session: Session) -> datetime | None:
    """Return when the first article changed that the cache was not told of yet."""
    purged_to = select(PurgeProgress.purged_to).where(PurgeProgress.id == CACHE)
    return first_change_at(session, purged_to.scalar_subquery())


def articles_changed(
    session: Session, since: int, upto: int, limit: int
) -> Sequence[tuple[int, str]]:
    """Return change number and public id, in commit order, from the feed of every article."""
    rows = session.execute(
        select(FeedChange.seq, Article.public_id)
        .join(Article, Article.id == FeedChange.article_id)
        .where(
            FeedChange.feed_id == feed_id_of(ALL), FeedChange.seq > since, FeedChange.seq <= upto
        )
        .order_by(FeedChange.seq)
        .limit(limit)
    )
    return [(row.seq, row.public_id) for row in rows]


def lists_changed(session: Session, since: int, upto: int | None) -> list[str]:
    """Return the surrogate keys of lists that changed since; with `upto`, only of those that did
    not change again after it.
    """
    return [
        surrogate
        for each in changed_lists(session, since)
        for surrogate, number in each.surrogates_after(since)
        if upto is None or number <= upto
    ]


def _due(reader: int, now: datetime) -> Select[PurgeProgress]:
    return (
        select(PurgeProgress)
        .join(ChangeCounter, ChangeCounter.value > PurgeProgress.purged_to)
        .where(
            PurgeProgress.id == reader,
            PurgeProgress.due_at <= now,
            or_(PurgeProgress.lease_until.is_(None), PurgeProgress.lease_until <= now),
        )
    )
