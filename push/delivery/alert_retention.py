"""Retention of alerts: the record of one that ended long ago goes, with its counts."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import Session, aliased

from backend.core.db import Base, retried, table_of, transaction
from backend.core.metrics import count_forgotten
from push.store.models import Batch, Beacon, BeaconCount, Notification, NotificationTopic, Pause
from push.store.states import LIVE, WAITING

AT_ONCE = 20
# Rows by person go after three days (`push.delivery.retention`); what is left goes with the alert.
_PARTS: tuple[type[Base], ...] = (NotificationTopic, BeaconCount, Batch, Pause, Beacon)


def forget_alerts(kept: timedelta, *, now: datetime) -> Iterator[None]:
    """Delete alerts past their time, a few in each transaction; a correction before its alert."""
    while kept and _forget_some(now - kept):
        yield


def count_old(kept: timedelta, session: Session, now: datetime) -> int:
    if not kept:
        return 0
    old = _old(now - kept)
    return session.scalar(select(func.count()).select_from(Notification).where(*old)) or 0


@retried
def _forget_some(before: datetime) -> int:
    with transaction() as session:
        ids = _last_of_their_line(session, before)
        for part in map(table_of, _PARTS):
            session.execute(delete(part).where(part.c.notification_id.in_(ids)))
        notifications = table_of(Notification)
        session.execute(delete(notifications).where(notifications.c.id.in_(ids)))
    count_forgotten("notification", len(ids))
    return len(ids)


def _last_of_their_line(session: Session, before: datetime) -> Sequence[int]:
    """Return old alerts that no correction or repeat names: those are deleted first."""
    other = aliased(Notification)
    named = or_(other.corrects_id == Notification.id, other.repeats_id == Notification.id)
    found = select(Notification.id).where(*_old(before), ~select(other.id).where(named).exists())
    return session.scalars(found.order_by(Notification.send_at).limit(AT_ONCE)).all()


def _old(before: datetime) -> tuple[ColumnElement[bool], ...]:
    is_over = Notification.state.not_in([*LIVE, *WAITING])
    return Notification.send_at < before, Notification.expires_at < before, is_over
