"""What this room keeps of single phones, as rows."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, delete, select, update
from sqlalchemy.orm import Session

from backend.audience.models import Follow, Installation
from push.models import (
    Batch,
    Beacon,
    DailyAlert,
    LocalMessage,
    Notification,
    NotificationTopic,
)


def local_messages(
    session: Session, address_hash: str, after: int, limit: int
) -> Sequence[Row[int, str]]:
    return session.execute(
        select(LocalMessage.seq, LocalMessage.message)
        .where(LocalMessage.address_hash == address_hash, LocalMessage.seq > after)
        .order_by(LocalMessage.seq)
        .limit(limit)
    ).all()


def inbox(
    session: Session, installation_id: int, since: datetime, limit: int
) -> Sequence[Notification]:
    """The latest notifications to any topic that the installation follows."""
    mine = (
        select(NotificationTopic.notification_id)
        .join(Follow, Follow.feed_id == NotificationTopic.feed_id)
        .where(Follow.installation_id == installation_id)
    )
    return session.scalars(
        select(Notification)
        .where(
            Notification.id.in_(mine),
            Notification.corrects_id.is_(None),
            Notification.dry_run.is_(False),
            Notification.created_at >= since,
            Notification.state.in_(["planning", "sending", "sent", "expired"]),
        )
        .order_by(Notification.id.desc())
        .limit(limit)
    ).all()


def forget(session: Session, installation_id: int, address_hash: str | None) -> None:
    """Everything that this room keeps of one installation, but for its place in batches."""
    session.execute(delete(Beacon).where(Beacon.installation_id == installation_id))
    session.execute(delete(DailyAlert).where(DailyAlert.installation_id == installation_id))
    if address_hash is not None:
        session.execute(delete(LocalMessage).where(LocalMessage.address_hash == address_hash))


def mark_for_tests(session: Session, public_id: str, is_test: bool) -> bool:
    done = session.execute(
        update(Installation)
        .where(Installation.public_id == public_id)
        .values(is_test=is_test)
        .returning(Installation.id)
    )
    return done.first() is not None


def batches_around(session: Session, installation_id: int) -> Sequence[Batch]:
    """The batches that may hold this installation."""
    return session.scalars(
        select(Batch)
        .where(Batch.first_id <= installation_id, Batch.last_id >= installation_id)
        .with_for_update()
    ).all()
