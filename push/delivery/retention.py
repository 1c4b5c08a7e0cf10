"""Retention: who was sent what is deleted, once nobody will correct it any more."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from backend.core.db import db, release
from backend.core.sweep import Rows, slices, swept
from push.store import queries
from push.store.models import Batch, Beacon, DailyAlert, LocalMessage, Pause, Suspect

RETENTION = timedelta(days=3)
SUSPECTS_KEPT = timedelta(days=90)
# Tables with rows of each alert, and the key by which they are walked.
_OF_ALERTS: tuple[tuple[queries.OfAlert, InstrumentedAttribute[Any]], ...] = (
    (Batch, Batch.last_id),
    (Pause, Pause.platform),
    (Beacon, Beacon.installation_id),
)


def forget_recipients(*, now: datetime) -> Iterator[None]:
    """Delete batches, receipts and daily-limit counts past their time, slice by slice."""
    before = now - RETENTION
    for model, key in _OF_ALERTS:
        for notification_id in _ended(model, before):
            yield from slices(key, model.notification_id == notification_id)
    yield from swept(old_messages(now))
    yield from swept(old_counts(now))
    yield from slices(Suspect.installation_id, doomed=[Suspect.day < _day(now - SUSPECTS_KEPT)])


def old_messages(now: datetime) -> Iterator[Rows]:
    """Yield the rows of old messages that the simulator received."""
    yield Rows(LocalMessage.seq, doomed=(LocalMessage.at < now - RETENTION,))


def old_counts(now: datetime) -> Iterator[Rows]:
    """Yield the rows of alerts that counted against daily limits, past their time."""
    is_old = DailyAlert.day < _day(now - RETENTION)
    yield Rows(DailyAlert.installation_id, doomed=(is_old,))


def count_batches(session: Session, now: datetime) -> int:
    """Count the old batches, with their packed sets of who was sent an alert."""
    return _count_of(Batch, session, now)


def count_receipts(session: Session, now: datetime) -> int:
    return _count_of(Beacon, session, now)


def _count_of(model: queries.OfAlert, session: Session, now: datetime) -> int:
    ended = queries.ended_with(session, model, now - RETENTION)
    own = model.notification_id.in_(ended)
    return session.scalar(select(func.count()).select_from(model).where(own)) or 0


def _day(at: datetime) -> str:
    return at.date().isoformat()


def _ended(model: queries.OfAlert, before: datetime) -> list[int]:
    try:
        return list(queries.ended_with(db.session(), model, before))
    finally:
        release()
