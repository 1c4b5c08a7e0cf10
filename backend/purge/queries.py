"""What changed since the cache was told last. Takes a session and plain values, never commits."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from backend.feed.listing import ALL, FeedKey
from backend.feed.models import Article, ChangeCounter, Feed, FeedChange
from backend.purge.models import PurgeProgress


def has_news(session: Session, now: datetime) -> bool:
    return session.execute(_due(now)).first() is not None


def claim(session: Session, *, now: datetime, lease_until: datetime) -> PurgeProgress | None:
    """Take the turn to purge, unless another process has it or it is not time yet."""
    mine = _due(now).with_for_update(of=PurgeProgress, skip_locked=True)
    found = session.scalars(mine).first()
    if found is not None:
        found.lease_until = lease_until
        found.claims += 1
    return found


def held(session: Session, claims: int) -> PurgeProgress | None:
    """The progress, if this turn still holds it."""
    return session.scalars(
        select(PurgeProgress).where(PurgeProgress.claims == claims).with_for_update()
    ).first()


def last_change(session: Session) -> int:
    return session.execute(select(ChangeCounter.value)).scalar_one()


def articles_changed(session: Session, since: int, limit: int) -> Sequence[tuple[int, str]]:
    """Number and public id, in the order of the commits. The feed of everything names them all."""
    everything = (
        select(Feed.id).where(Feed.kind == ALL, Feed.ref_id == 0, Feed.language == "")
    ).scalar_subquery()
    rows = session.execute(
        select(FeedChange.seq, Article.public_id)
        .join(Article, Article.id == FeedChange.article_id)
        .where(FeedChange.feed_id == everything, FeedChange.seq > since)
        .order_by(FeedChange.seq)
        .limit(limit)
    )
    return [(row.seq, row.public_id) for row in rows]


def feeds_changed(session: Session, since: int, upto: int) -> list[FeedKey]:
    """Lists whose last change is one of these; one that changed again is purged after that."""
    rows = session.execute(
        select(Feed.kind, Feed.ref_id).where(Feed.version > since, Feed.version <= upto)
    )
    return [FeedKey(row.kind, row.ref_id) for row in rows]


def _due(now: datetime) -> Select[PurgeProgress]:
    return (
        select(PurgeProgress)
        .join(ChangeCounter, ChangeCounter.value > PurgeProgress.purged_to)
        .where(
            PurgeProgress.due_at <= now,
            or_(PurgeProgress.lease_until.is_(None), PurgeProgress.lease_until <= now),
        )
    )
