"""Queries of notifications, batches and pauses."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, delete, func, or_, select, update
from sqlalchemy.orm import Session

from backend.tables.newsroom import Feed
from push.store.failure import count_on
from push.store.id_list import pack, unpack
from push.store.models import (
    Batch,
    Beacon,
    Halt,
    Notification,
    NotificationTopic,
    Pause,
)
from push.store.scheduling import LAPSED, is_lane, may_go_on, times
from push.store.states import DONE, LIVE, OUTLIVED, READY, WAITING

# Locks a notification or a batch for its counts; rows that only name it are inserted beside it.
LOCK: dict[str, Any] = {"key_share": True}
# A worker takes up an alert at once; the largest audience is fanned out within minutes.
BEGINS_WITHIN = timedelta(minutes=5)
TO_BEGIN = ("scheduled", "planning")
OfAlert = type[Batch] | type[Pause] | type[Beacon]

_HAS_OPEN = (
    select(Batch.id).where(Batch.notification_id == Notification.id, Batch.state == READY).exists()
)
# A correction that was neither recalled nor waits for a second person.
_STANDS = (
    Notification.state != "recalled",
    or_(Notification.needs_approval.is_(False), Notification.approved_by.is_not(None)),
)

# Executed at each claim, so built once.
_NEWEST = (
    select(Notification)
    .where(Notification.corrects_id == bindparam("corrects_id"), *_STANDS)
    .order_by(Notification.id.desc())
    .limit(1)
)
_NEWEST_BEFORE = _NEWEST.where(Notification.id < bindparam("before"))


def by_key(session: Session, key: str, *, to_change: bool = False) -> Notification | None:
    return _one(session, select(Notification).where(Notification.key == key), to_change)


def by_public_id(
    session: Session, public_id: str, *, to_change: bool = False
) -> Notification | None:
    return _one(session, select(Notification).where(Notification.public_id == public_id), to_change)


def _one(session: Session, statement: Select[Notification], to_change: bool) -> Notification | None:
    return session.scalars(
        statement.with_for_update(key_share=True) if to_change else statement
    ).first()


def latest(
    session: Session,
    limit: int,
    *,
    before: int | None = None,
    states: Collection[str] = (),
    article_id: int | None = None,
) -> Sequence[Notification]:
    """Return a page of notifications (keyset), newest first, without the canary's dry runs.

    Without `states`, of any state. Each state is read by itself, in the order of its index: several
    at once would have to be sorted.
    """
    if len(states) > 1:
        pages = [
            latest(session, limit, before=before, states=[state], article_id=article_id)
            for state in states
        ]
        newest = sorted(chain.from_iterable(pages), key=lambda found: found.id, reverse=True)
        return newest[:limit]
    statement = select(Notification).where(Notification.key.not_like("canary:%"))
    if before is not None:
        statement = statement.where(Notification.id < before)
    if states:
        statement = statement.where(Notification.state.in_(states))
    if article_id is not None:
        statement = statement.where(Notification.article_id == article_id)
    return session.scalars(statement.order_by(Notification.id.desc()).limit(limit)).all()


def last_alert(session: Session) -> Notification | None:
    """Return the newest alert that was not recalled, corrections and dry runs left aside."""
    statement = select(Notification).where(
        Notification.corrects_id.is_(None),
        Notification.dry_run.is_(False),
        Notification.state != "recalled",
    )
    return session.scalars(statement.order_by(Notification.id.desc()).limit(1)).first()


def newest_correction(
    session: Session, notification_id: int | None, *, before: int | None = None
) -> Notification | None:
    """Return the newest correction whose text is valid now."""
    given = {"corrects_id": notification_id, "before": before}
    return session.scalars(_NEWEST if before is None else _NEWEST_BEFORE, given).first()


def newest_corrections(session: Session, ids: Iterable[int]) -> dict[int, Notification]:
    """Return the newest valid corrections by the id of what they correct."""
    rows = session.scalars(
        select(Notification)
        .where(Notification.corrects_id.in_(list(ids)), *_STANDS)
        .order_by(Notification.id)
    )
    return {row.corrects_id: row for row in rows if row.corrects_id is not None}


def last_correction(session: Session, notification_id: int) -> Notification | None:
    """Return the newest correction, whatever its state."""
    return session.scalars(
        select(Notification)
        .where(Notification.corrects_id == notification_id)
        .order_by(Notification.id.desc())
        .limit(1)
    ).first()


def last_repeat(
    session: Session, notification_id: int, *, before: int | None = None
) -> Notification | None:
    """Return the newest repeat, whatever its state."""
    statement = select(Notification).where(Notification.repeats_id == notification_id)
    if before is not None:
        statement = statement.where(Notification.id < before)
    return session.scalars(statement.order_by(Notification.id.desc()).limit(1)).first()


def open_repeats(session: Session, notification_id: int, now: datetime) -> Sequence[Notification]:
    """Lock and return the repeats that may still be sent."""
    return session.scalars(
        select(Notification)
        .where(Notification.repeats_id == notification_id, may_go_on(now))
        .with_for_update(key_share=True)
    ).all()


def roles_of(session: Session, notification_id: int) -> dict[int, str]:
    """Return the role of each topic as it was named."""
    rows = session.execute(
        select(NotificationTopic.feed_id, NotificationTopic.role).where(
            NotificationTopic.notification_id == notification_id
        )
    )
    return {row.feed_id: row.role for row in rows}


def feeds_of(session: Session, notification_id: int) -> Sequence[Row[Feed, str]]:
    """Return the topics of a notification, each with its role."""
    return session.execute(
        select(Feed, NotificationTopic.role)
        .join(NotificationTopic, NotificationTopic.feed_id == Feed.id)
        .where(NotificationTopic.notification_id == notification_id)
        .order_by(Feed.id)
    ).all()


def feeds_by_id(session: Session, ids: Sequence[int]) -> Sequence[Feed]:
    return session.scalars(select(Feed).where(Feed.id.in_(ids)).order_by(Feed.id)).all()


def public_id_of(session: Session, notification_id: int | None) -> str | None:
    if notification_id is None:
        return None
    return session.get_one(Notification, notification_id).public_id


def drop_topics(session: Session, notification_id: int) -> None:
    session.execute(
        delete(NotificationTopic).where(NotificationTopic.notification_id == notification_id)
    )


def batches_between(
    session: Session, notification_ids: Iterable[int], first_id: int, last_id: int
) -> Sequence[Batch]:
    return session.scalars(
        select(Batch).where(
            Batch.notification_id.in_(list(notification_ids)),
            Batch.last_id >= first_id,
            Batch.first_id <= last_id,
        )
    ).all()


def held_between(
    session: Session, notification_id: int, first_id: int, last_id: int
) -> Sequence[Batch]:
    """Return batches held for quiet hours, locked against workers and erasure."""
    return session.scalars(
        select(Batch)
        .where(
            Batch.notification_id == notification_id,
            Batch.last_id >= first_id,
            Batch.first_id <= last_id,
            Batch.state != DONE,
            Batch.is_held.is_(True),
        )
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def held_around(session: Session, installation_id: int) -> Sequence[Batch]:
    """Lock and return the batches held for quiet hours that may hold this installation."""
    return session.scalars(
        select(Batch)
        .where(
            Batch.first_id <= installation_id,
            Batch.last_id >= installation_id,
            Batch.state != DONE,
            Batch.is_held.is_(True),
            Batch.lease_until.is_(None),
        )
        .order_by(Batch.id)
        .with_for_update(key_share=True)
    ).all()


def alive_beside_outlived(
    session: Session, installation_id: int, now: datetime
) -> Sequence[Notification]:
    """Lock and return open alerts with outlived batches that may hold this installation."""
    held = select(Batch.notification_id).where(
        Batch.first_id <= installation_id,
        Batch.last_id >= installation_id,
        Batch.state == OUTLIVED,
    )
    return session.scalars(
        select(Notification)
        .where(Notification.id.in_(held), Notification.expires_at > now, may_go_on(now))
        .order_by(Notification.id)
        .with_for_update(key_share=True)
    ).all()


def batches_of(session: Session, notification_id: int | None) -> Sequence[Batch]:
    return session.scalars(
        select(Batch)
        .where(Batch.notification_id == notification_id)
        .with_for_update(key_share=True)
    ).all()


def has_reached(session: Session, notification_id: int, lane: str) -> bool:
    """Whether a message of this notification may be on any phone of that lane."""
    found = select(Batch.id).where(
        Batch.notification_id == notification_id,
        is_lane(lane),
        func.length(Batch.sent) > 0,
    )
    return session.scalar(found.limit(1)) is not None


def pauses_of(session: Session, notification: Notification) -> Sequence[Pause]:
    """Open pauses of a live notification."""
    if notification.state not in LIVE:
        return []
    return session.scalars(
        select(Pause).where(Pause.notification_id == notification.id).order_by(Pause.platform)
    ).all()


def close_unclaimed(session: Session, notification: Notification) -> None:
    """End the batches under no lease, and count their members as given up."""
    closed = session.execute(
        update(Batch)
        .where(
            Batch.notification_id == notification.id,
            Batch.state == READY,
            Batch.lease_until.is_(None),
        )
        .values(state=DONE)
        .returning(Batch.id, Batch.members, Batch.sent, Batch.is_held, Batch.platform, Batch.unsure)
    ).all()
    for batch in closed:
        if batch.is_held:
            continue
        members = unpack(batch.members)
        if ended := count_given_up(notification, batch.platform, members, batch.sent):
            unsure = pack({*unpack(batch.unsure), *ended})
            session.execute(update(Batch).where(Batch.id == batch.id).values(unsure=unsure))


def count_given_up(
    notification: Notification, platform: str, members: Sequence[int], sent: bytes
) -> set[int]:
    """Count members that are not retried: ambiguous if maybe sent, else failed unless recalled.

    The ambiguous ones are answered.
    """
    ended = set(members) & set(unpack(sent))
    unsure = len(ended)
    failed = 0 if notification.state == "recalled" else len(members) - unsure
    notification.ambiguous += unsure
    notification.failed += failed
    count_on(notification, platform, ambiguous=unsure, failed=failed)
    return ended


def under_way(session: Session, notification_id: int) -> Sequence[bytes]:
    """Return the members of batches under a lease, an expired one included."""
    return session.scalars(
        select(Batch.members).where(
            Batch.notification_id == notification_id,
            Batch.state == READY,
            Batch.lease_until.is_not(None),
        )
    ).all()


def expired_leases(session: Session, now: datetime) -> Sequence[Row[int, int]]:
    """Return batches of ended alerts under an expired lease, with their notifications."""
    return session.execute(
        select(Batch.id, Batch.notification_id)
        .join(Notification, Notification.id == Batch.notification_id)
        .where(
            Batch.state == READY,
            LAPSED,
            Notification.state.not_in(LIVE),
        ),
        times(now),
    ).all()


def due_notifications(session: Session, now: datetime, besides: Collection[int]) -> Sequence[int]:
    """Return those that should begin, have expired, or whose batches have all ended."""
    begins = and_(Notification.state == "scheduled", Notification.send_at <= now)
    ends = and_(Notification.state.in_([*LIVE, *WAITING]), Notification.expires_at <= now)
    done = and_(Notification.state == "sending", ~_HAS_OPEN)
    found = select(Notification.id).where(or_(begins, ends, done), Notification.id.not_in(besides))
    return session.scalars(found.order_by(Notification.id)).all()


def lock_notification(session: Session, notification_id: int) -> Notification | None:
    """Lock and return the notification; None when another worker holds it (skip locked)."""
    return session.scalars(
        select(Notification)
        .where(Notification.id == notification_id)
        .with_for_update(skip_locked=True, key_share=True)
    ).first()


def has_open_batch(session: Session, notification: Notification) -> bool:
    """Whether a batch of it may still be sent."""
    found = select(Batch.id).where(Batch.notification_id == notification.id, Batch.state == READY)
    return session.scalar(found.limit(1)) is not None


def halt(session: Session) -> Halt | None:
    return session.scalars(select(Halt)).first()


def is_halted(session: Session) -> bool:
    return session.scalar(select(Halt.id)) is not None


def overdue_since(session: Session, now: datetime) -> datetime | None:
    """Return since when an alert should leave that no worker takes up; None during a halt."""
    if is_halted(session):
        return None
    is_late = Notification.state.in_(TO_BEGIN), Notification.send_at < now - BEGINS_WITHIN
    return session.scalar(select(func.min(Notification.send_at)).where(*is_late))


def ended_with(session: Session, model: OfAlert, before: datetime) -> Sequence[int]:
    """Return the alerts that ended before then and have rows of this kind."""
    has_rows = select(model.notification_id).where(model.notification_id == Notification.id)
    ended = Notification.state.not_in(LIVE), Notification.expires_at < before
    return session.scalars(
        select(Notification.id).where(*ended, has_rows.exists()).order_by(Notification.id)
    ).all()
