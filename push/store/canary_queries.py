"""Queries of the canary: dry runs to test phones, kept for a day."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from push.store.models import Batch, Beacon, BeaconCount, Notification, Pause
from push.store.states import LIVE


def newest_canary(session: Session, prefix: str) -> Notification | None:
    asked = select(Notification).where(Notification.key.startswith(prefix, autoescape=True))
    return session.scalars(asked.order_by(Notification.id.desc()).limit(1)).first()


def forget_canaries(session: Session, prefix: str, before: datetime) -> None:
    old = select(Notification.id).where(
        Notification.key.startswith(prefix, autoescape=True),
        Notification.created_at < before,
        Notification.state.not_in(LIVE),
    )
    for model in (Batch, Pause, Beacon, BeaconCount):
        session.execute(delete(model).where(model.notification_id.in_(old)))
    session.execute(delete(Notification).where(Notification.id.in_(old)))
