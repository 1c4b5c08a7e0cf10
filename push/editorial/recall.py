"""Recall: stop a notification, and report how much of it was sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from backend.core.db import db, transaction
from backend.http.hooks import Event
from push.audience import story_queries
from push.audience.audience import remaining_audience
from push.editorial.auditing import record_alert, said
from push.editorial.lookup import notification_named
from push.store import day_queries, queries
from push.store.id_list import unpack
from push.store.models import Notification
from push.store.states import advance


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """A report of a recall, whose three numbers add up to the audience.

    `unknown` are those whose answer was lost or is still awaited; asking again tells how the
    awaited ones ended.
    """

    notification: Notification
    sent: int
    not_sent: int
    unknown: int


def recall(public_id: str, *, story_window: timedelta, now: datetime) -> Recalled:
    """Stop what has not left, at any moment; repeating it changes nothing.

    Raises:
        NotFound: no such notification.
    """
    with transaction() as session:
        notification = notification_named(session, public_id, to_change=True)
        before = said(notification)
        stop(session, notification, now)
        if before["state"] != notification.state:
            record_alert(session, "recalled", notification, before=before, now=now)
        is_counted = notification.is_counted
    if not is_counted:
        _count_the_rest(public_id, story_window, now)
    session = db.session()
    return _report(session, notification_named(session, public_id))


def recall_of_article(session: Session, event: Event) -> None:
    """Recall the alerts of an article in the transaction of its takedown."""
    if event.name == "article.unpublished":
        article_id = str(event.data["id"])
        for notification in story_queries.open_of_article(session, article_id, event.now):
            stop(session, notification, event.now)


def stop(session: Session, notification: Notification, now: datetime) -> None:
    """Recall it and its repeats; members that were not sent it get their daily limit back."""
    advance(notification, "recalled")
    queries.close_unclaimed(session, notification)
    session.flush()
    day_queries.give_back_days(session, notification.id)
    for repeat in queries.open_repeats(session, notification.id, now):
        stop(session, repeat, now)


def _count_the_rest(public_id: str, story_window: timedelta, now: datetime) -> None:
    """Count the audience that fan-out never reached, after the recall."""
    rest = remaining_audience(
        db.session(), notification_named(db.session(), public_id), story_window, now
    )
    with transaction() as session:
        notification = notification_named(session, public_id, to_change=True)
        if not notification.is_counted:  # nor by another recall meanwhile
            notification.audience += rest.size
            notification.held += rest.excluded["quiet"]
            notification.is_counted = True


def _report(session: Session, notification: Notification) -> Recalled:
    on_their_way = sum(
        len(unpack(members)) for members in queries.under_way(session, notification.id)
    )
    unknown = notification.ambiguous + on_their_way
    everybody = notification.audience + notification.held
    return Recalled(
        notification=notification,
        sent=notification.accepted,
        not_sent=max(0, everybody - notification.accepted - unknown),
        unknown=unknown,
    )
