"""Whose turn it is to be cut, and to be sent."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from push.store.id_list import merged
from push.store.models import Batch, Notification, Pause, Quota
from push.store.states import LIVE, READY


def is_anything_to_slice(session: Session, now: datetime) -> bool:
    """A look without a write lock."""
    waiting = Notification.state == "planning", Notification.send_at <= now
    return session.scalar(select(Notification.id).where(*waiting).limit(1)) is not None


def next_to_slice(session: Session, now: datetime, after: int) -> Notification | None:
    """The next one in turn that still has audience to cut, locked against other workers."""
    return session.scalars(
        select(Notification)
        .where(Notification.state == "planning", Notification.send_at <= now)
        .order_by(Notification.id <= after, Notification.id)
        .limit(1)
        .with_for_update(skip_locked=True, key_share=True)
    ).first()


def next_to_send(
    session: Session, now: datetime, after: int, besides: Collection[int]
) -> Notification | None:
    """The notification whose turn it is, locked: breaking news first, then by their ids in turn."""
    due = select(Batch.id).where(Batch.notification_id == Notification.id, *_due(now, besides))
    return session.scalars(
        select(Notification)
        .where(Notification.state.in_(LIVE), Notification.expires_at > now, due.exists())
        .order_by(Notification.urgency != "breaking", Notification.id <= after, Notification.id)
        .limit(1)
        .with_for_update(key_share=True)
    ).first()


def claim_batch(
    session: Session,
    notification_id: int,
    now: datetime,
    lease_until: datetime,
    besides: Collection[int],
) -> Batch | None:
    """The batch that has been due longest and that nobody holds a lease on."""
    batch = session.scalars(
        select(Batch)
        .where(Batch.notification_id == notification_id, *_due(now, besides))
        .order_by(Batch.due_at, Batch.id)
        .limit(1)
        .with_for_update(skip_locked=True, key_share=True)
    ).first()
    if batch is not None:
        if batch.lease_until is not None:  # whoever held it died: any of them may have left
            batch.sent = merged(batch.sent, batch.members)
        batch.lease_until = lease_until
        batch.attempts += 1
    return batch


def is_blocked(session: Session, now: datetime, look_ahead: datetime) -> bool:
    """Whether the provider asked everybody to wait, or the next places are given away already."""
    blocked = or_(Quota.blocked_until > now, Quota.free_at > look_ahead)
    return session.scalar(select(Quota.id).where(blocked)) is not None


def _due(now: datetime, besides: Collection[int]) -> tuple[ColumnElement[bool], ...]:
    free = or_(Batch.lease_until.is_(None), Batch.lease_until <= now)
    pause = select(Pause.platform).where(
        Pause.notification_id == Batch.notification_id,
        Pause.platform == Batch.platform,
        Pause.until > now,
    )
    ready = Batch.state == READY, Batch.due_at <= now, free, Batch.id.not_in(besides)
    return *ready, ~pause.exists()
