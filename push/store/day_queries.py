"""Queries of the daily limits: how many alerts each installation was sent a day."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.core.chunks import chunks
from push.store.id_list import unpack
from push.store.models import Batch, DailyAlert
from push.store.states import READY


def give_back_days(session: Session, notification_id: int) -> None:
    """Undo daily-limit counts, but for those who may have been sent it."""
    kept = session.execute(
        select(Batch.members, Batch.sent, Batch.state).where(
            Batch.notification_id == notification_id
        )
    ).all()
    sent = {number for row in kept for number in unpack(row.sent)}
    sent |= {n for row in kept if row.state == READY for n in unpack(row.members)}
    counted = session.scalars(
        select(DailyAlert.installation_id).where(DailyAlert.notification_id == notification_id)
    ).all()
    drop_days(session, notification_id, sorted(set(counted) - sent))


def drop_days(session: Session, notification_id: int, installation_ids: Sequence[int]) -> None:
    """Undo the daily-limit counts of these installations."""
    for some in chunks(installation_ids, 500):
        session.execute(
            delete(DailyAlert).where(
                DailyAlert.notification_id == notification_id,
                DailyAlert.installation_id.in_(some),
            )
        )
