"""Retention: who was sent what is deleted, once nobody will correct it any more."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import InstrumentedAttribute

from backend.core.db import db, release
from backend.core.sweep import slices
from push.store import queries
from push.store.models import Batch, Beacon, DailyAlert, LocalMessage, Pause, Suspect

RETENTION = timedelta(days=3)
SUSPECTS_KEPT = timedelta(days=90)
# What each alert has rows in, and the key by which they are walked.
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
    is_old = DailyAlert.day < _day(before)
    yield from slices(DailyAlert.installation_id, doomed=[is_old])
    yield from slices(LocalMessage.seq, doomed=[LocalMessage.at < before])
    yield from slices(Suspect.installation_id, doomed=[Suspect.day < _day(now - SUSPECTS_KEPT)])


def _day(at: datetime) -> str:
    return at.date().isoformat()


def _ended(model: queries.OfAlert, before: datetime) -> list[int]:
    try:
        return list(queries.ended_with(db.session(), model, before))
    finally:
        release()
