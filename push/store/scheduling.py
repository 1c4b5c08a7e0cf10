"""Scheduling queries: what is fanned out and sent next, round robin, breaking news first."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from push.store.models import Batch, Notification, Pause, Quota
from push.store.states import LIVE, READY

# Leases and pauses last half as long: one that ends later was set by a clock that was wrong.
LONGEST_LEASE = timedelta(minutes=1)


def has_lapsed(lease_until: datetime, now: datetime) -> bool:
    """Whether a lease is over, or ends further ahead than can be explained."""
    return not now < lease_until <= now + LONGEST_LEASE


def lapsed(now: datetime) -> ColumnElement[bool]:
    """The same in SQL; false without a lease."""
    return or_(Batch.lease_until <= now, Batch.lease_until > now + LONGEST_LEASE)


def is_fan_out_due(session: Session, besides: Collection[int]) -> bool:
    """Whether there is anything to fan out, asked without a write lock."""
    waiting = _to_fan_out(besides)
    return session.scalar(select(Notification.id).where(*waiting).limit(1)) is not None


def next_to_fan_out(session: Session, after: int, besides: Collection[int]) -> Notification | None:
    """The next notification in round robin that has audience left, locked (skip locked)."""
    return session.scalars(
        select(Notification)
        .where(*_to_fan_out(besides))
        .order_by(Notification.id <= after, Notification.id)
        .limit(1)
        .with_for_update(skip_locked=True, key_share=True)
    ).first()


def next_to_send(
    session: Session, now: datetime, after: int, besides: Collection[int]
) -> Notification | None:
    """The next notification to send of, locked: breaking news first, then round robin by id."""
    due = select(Batch.id).where(Batch.notification_id == Notification.id, *_due(now, besides))
    return session.scalars(
        select(Notification)
        .where(Notification.state.in_(LIVE), Notification.expires_at > now, due.exists())
        .order_by(Notification.urgency != "breaking", Notification.id <= after, Notification.id)
        .limit(1)
        .with_for_update(key_share=True)
    ).first()


def next_batch(
    session: Session, notification_id: int, now: datetime, besides: Collection[int]
) -> Batch | None:
    """The batch due longest under no lease, or under an expired one; locked (skip locked)."""
    return session.scalars(
        select(Batch)
        .where(Batch.notification_id == notification_id, *_due(now, besides))
        .order_by(Batch.due_at, Batch.id)
        .limit(1)
        .with_for_update(skip_locked=True, key_share=True)
    ).first()


def is_blocked(session: Session, now: datetime, look_ahead: datetime, furthest: datetime) -> bool:
    """Whether the provider asked everybody to wait, or the next slots are reserved already.

    What is reserved beyond `furthest` is stale: a clock was wrong.
    """
    reserved = and_(Quota.free_at > look_ahead, Quota.free_at <= furthest)
    blocked = or_(Quota.blocked_until > now, reserved)
    return session.scalar(select(Quota.id).where(blocked)) is not None


def _to_fan_out(besides: Collection[int]) -> tuple[ColumnElement[bool], ...]:
    # One that is to wait is `scheduled`: a later time here is that of a clock that was ahead.
    return Notification.state == "planning", Notification.id.not_in(besides)


def _due(now: datetime, besides: Collection[int]) -> tuple[ColumnElement[bool], ...]:
    free = or_(Batch.lease_until.is_(None), lapsed(now))
    # Nothing but a night keeps a batch that was never tried, and one that was leased was due.
    fresh = and_(Batch.attempts == 0, Batch.is_held.is_(False))
    was_due = or_(Batch.due_at <= now, fresh, Batch.lease_until.is_not(None))
    pause = select(Pause.platform).where(
        Pause.notification_id == Batch.notification_id,
        Pause.platform == Batch.platform,
        Pause.until > now,
        Pause.until <= now + LONGEST_LEASE,
    )
    ready = Batch.state == READY, was_due, free, Batch.id.not_in(besides)
    return *ready, ~pause.exists()
