"""How notifications and their batches begin to be cut, end, and are forgotten."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from backend.core.db import db, release, retried, transaction
from backend.http.hooks import Event
from push.audience.fan_out import batch_of
from push.store import queries
from push.store.id_list import merged, unpack
from push.store.models import Batch, Notification
from push.store.states import DONE, LIVE, State, advance

KEPT = timedelta(days=3)

Tell = Callable[[Session, Event], None]


def wake(*, tell: Tell, now: datetime) -> None:
    """Let scheduled notifications be sliced at their time; close those that are done or expired."""
    is_due = queries.is_anything_due(db.session(), now)
    release()
    if not is_due:
        return
    with transaction() as session:
        for notification in queries.expired(session, now):
            queries.close_unclaimed(session, notification)
            _end_late(session, notification)
            _say_sent(session, notification, tell, now)
        for notification in queries.due_scheduled(session, now):
            advance(notification, "planning")
        for notification in queries.finished(session):
            advance(notification, _end_of(notification))
            _say_sent(session, notification, tell, now)


def settle_lost(*, now: datetime) -> None:
    """End the batches of alerts that ended themselves, when the worker that held them died.

    Nobody sends to their members any more, and any of them may have been sent to.
    """
    found = queries.lost(db.session(), now)
    release()
    for batch_id, notification_id in found:
        _settle(batch_id, notification_id, now)


def end_batch(batch: Batch, notification: Notification, left: Sequence[int]) -> None:
    """Nobody of it is tried again; `left` are those without an outcome."""
    batch.state, batch.lease_until = DONE, None
    queries.count_given_up(notification, left, batch.sent)
    if notification.state == "expired" and (notification.accepted or notification.ambiguous):
        advance(notification, "sent")  # it was under way when its time was over


def correct_late(
    session: Session,
    notification: Notification,
    batch: Batch,
    shown: Sequence[int],
    now: datetime,
) -> None:
    """Who just got a text that was corrected while it was on its way gets the correction too."""
    if notification.corrects_id is not None:
        return
    correction = queries.newest_correction(session, notification.id)
    if correction is None or correction.id <= batch.text_id or not shown:
        return
    if correction.state not in {*LIVE, "sent"}:  # nobody would claim the batch
        return
    session.add(batch_of(correction.id, batch.platform, shown, now))
    correction.audience += len(shown)
    if correction.state == "sent":
        advance(correction, "sending")


def drop_old(*, now: datetime) -> None:
    """Forget who was sent what once nobody will correct it any more."""
    with transaction() as session:
        queries.drop_older(session, now - KEPT, (now - KEPT).date().isoformat())


@retried
def _settle(batch_id: int, notification_id: int, now: datetime) -> None:
    with transaction() as session:
        notification = session.get_one(Notification, notification_id, with_for_update=queries.LOCK)
        batch = session.get_one(Batch, batch_id, with_for_update=queries.LOCK)
        if batch.lease_until is None or batch.lease_until > now:
            return
        members = unpack(batch.members)
        batch.sent = merged(batch.sent, batch.members)
        batch.attempts += 1  # a worker that only slept records nothing any more
        end_batch(batch, notification, members)
        correct_late(session, notification, batch, members, now)


def _end_late(session: Session, notification: Notification) -> None:
    """Its time is over, and somebody was not reached."""
    waited = "; ".join(
        f"{pause.platform}: {pause.reason}" for pause in queries.pauses_of(session, notification)
    )
    was_sent = notification.accepted or notification.ambiguous
    advance(notification, "sent" if was_sent else "expired")
    notification.failure = waited or notification.failure or "expired before everybody was reached"


def _end_of(notification: Notification) -> State:
    """Nobody was sent what everybody's provider refused."""
    reached = notification.accepted + notification.ambiguous
    return "failed" if notification.failed and not reached else "sent"


def _say_sent(session: Session, notification: Notification, tell: Tell, now: datetime) -> None:
    if notification.dry_run:
        return
    names = ("audience", "accepted", "held", "failed", "ambiguous", "retired")
    tell(
        session,
        Event(
            name="notification.sent",
            subject=f"notification:{notification.public_id}",
            data={
                "id": notification.public_id,
                "state": notification.state,
                "counts": {name: getattr(notification, name) for name in names},
            },
            now=now,
        ),
    )
