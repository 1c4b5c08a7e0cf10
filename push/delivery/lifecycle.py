"""Lifecycle of notifications and batches: they begin, expire, finish and fail."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from backend.core.db import db, release, retried, transaction
from backend.http.hooks import Event
from push.audience.fan_out import new_batch
from push.editorial.lookup import audience_shown
from push.editorial.shown import failure_of
from push.store import day_queries, pause_reasons, queries
from push.store.failure import FOR_NOBODY, explain, is_wanted_again, why_nobody
from push.store.id_list import merged, pack, unpack
from push.store.models import Batch, Notification
from push.store.scheduling import has_lapsed
from push.store.states import DONE, LIVE, WAITING, advance
from schemas.segment import AudienceMembers

_AUDIENCE = AudienceMembers()

EventPublisher = Callable[[Session, Event], None]


def due(*, now: datetime, besides: Collection[int] = ()) -> Sequence[int]:
    """Return the notifications that begin, expire or are finished, without a write lock."""
    try:
        return queries.due_notifications(db.session(), now, besides)
    finally:
        release()


@retried
def move_on(notification_id: int, *, publish_event: EventPublisher | None, now: datetime) -> None:
    """Plan a scheduled notification at its time; end one that expired or is finished.

    One that changed meanwhile, or that another worker has, is left alone.
    """
    with transaction() as session:
        notification = queries.lock_notification(session, notification_id)
        if notification is None:
            return
        if notification.state in {*LIVE, *WAITING} and notification.expires_at <= now:
            queries.close_unclaimed(session, notification)
            _expire(session, notification)
        elif notification.state == "scheduled" and notification.send_at <= now:
            advance(notification, "planning")
            return
        elif notification.state == "sending" and not queries.has_open_batch(session, notification):
            _finish(notification)
        else:
            return
        _publish_end(session, notification, publish_event, now)


@retried
def fail(
    notification_id: int, *, reason: str, publish_event: EventPublisher | None, now: datetime
) -> None:
    """End a live notification whose fan-out raises each time; keep the counts of what was sent."""
    with transaction() as session:
        notification = queries.lock_notification(session, notification_id)
        if notification is None or notification.state not in LIVE:
            return
        advance(notification, "failed")
        explain(notification, "fault", reason)
        queries.close_unclaimed(session, notification)
        session.flush()
        day_queries.give_back_days(session, notification.id)
        _publish_end(session, notification, publish_event, now)


def expired_leases(*, now: datetime) -> Sequence[tuple[int, int]]:
    """Return batches of ended alerts whose worker died with the lease, with their alerts."""
    try:
        return [(row.id, row.notification_id) for row in queries.expired_leases(db.session(), now)]
    finally:
        release()


@retried
def reap_expired_lease(
    batch_id: int, notification_id: int, *, now: datetime, corrects: bool = True
) -> None:
    """End a batch under an expired lease, whose members count as sent to and get no other try.

    Without `corrects` nobody of it is sent a correction that was made meanwhile.
    """
    with transaction() as session:
        notification = session.get_one(Notification, notification_id, with_for_update=queries.LOCK)
        batch = session.get_one(Batch, batch_id, with_for_update=queries.LOCK)
        if batch.lease_until is None or not has_lapsed(batch.lease_until, now):
            return
        members = unpack(batch.members)
        batch.sent = merged(batch.sent, batch.members)
        batch.attempts += 1  # a worker that only slept records nothing any more
        end_batch(batch, notification, members)
        if corrects:
            correct_late(session, notification, batch, members, now)


def end_batch(batch: Batch, notification: Notification, left: Sequence[int]) -> None:
    """End a batch without another try; `left` are its members without an outcome."""
    batch.state, batch.lease_until = DONE, None
    unsure = queries.count_given_up(notification, batch.platform, left, batch.sent)
    batch.unsure = pack({*unpack(batch.unsure), *unsure})
    if notification.state != "expired":
        return
    if notification.accepted:  # it was under way when its time was over
        advance(notification, "sent")
    elif notification.ambiguous:
        advance(notification, "failed")
        explain(notification, "no_answer")


def correct_late(
    session: Session,
    notification: Notification,
    batch: Batch,
    shown: Sequence[int],
    now: datetime,
) -> None:
    """Send the correction to those whose text was corrected while it was in flight."""
    if notification.corrects_id is not None or not shown:
        return
    correction = queries.newest_correction(session, notification.id)
    if correction is None or correction.id <= batch.text_id:
        return
    was_for_nobody = correction.state == "failed" and correction.failure_reason in FOR_NOBODY
    if correction.state not in {*LIVE, "sent"} and not was_for_nobody:  # nobody claims the batch
        return
    session.add(new_batch(correction.id, batch.platform, shown, now, provider=batch.provider))
    correction.audience += len(shown)
    if correction.state not in LIVE:
        is_wanted_again(correction)
        advance(correction, "sending")


def _expire(session: Session, notification: Notification) -> None:
    """End a notification at its expiry, when somebody was not reached.

    What is under way may still be accepted: until then it has only expired.
    """
    was_waiting = notification.state in WAITING
    paused = queries.pauses_of(session, notification)
    if paused:
        waited = "; ".join(f"{pause.platform}: {pause.reason}" for pause in paused)
        explain(notification, pause_reasons.failure_of(paused), waited)
    reason = None if was_waiting else why_nobody(notification)
    if notification.accepted:
        advance(notification, "sent")
    elif reason is None or queries.under_way(session, notification.id):
        advance(notification, "expired")
    else:
        advance(notification, "failed")
    if notification.failure is None:
        explain(notification, "expired" if notification.accepted else reason or "expired")


def _finish(notification: Notification) -> None:
    """End a notification none of whose batches is open: it is sent when anybody accepted it."""
    if notification.accepted:
        advance(notification, "sent")
        return
    advance(notification, "failed")
    if notification.failure is None:
        explain(notification, why_nobody(notification) or "refused")


def _publish_end(
    session: Session,
    notification: Notification,
    publish_event: EventPublisher | None,
    now: datetime,
) -> None:
    if notification.dry_run or publish_event is None:
        return
    names = ("audience", "accepted", "held", "failed", "ambiguous", "retired")
    publish_event(
        session,
        Event(
            name="notification.sent",
            subject=f"notification:{notification.public_id}",
            data={
                "id": notification.public_id,
                "state": notification.state,
                "failure": failure_of(notification),
                "audience": _AUDIENCE.dump(audience_shown(session, notification)),
                "level": notification.level,
                "deliver_at": notification.deliver_at,
                "counts": {name: getattr(notification, name) for name in names},
            },
            now=now,
        ),
    )
