"""Canary: a dry run to the test installations through the whole pipeline."""

from datetime import datetime, timedelta

from backend.audit.actor import Actor
from backend.core.db import db, release, transaction
from push.editorial import service
from push.store import canary_queries, queries
from push.store.models import Notification
from push.store.states import LIVE

LASTS = timedelta(minutes=2)
PREFIX = "canary:"
HALTED = "everything is halted, so that no dry run leaves"


def start(*, now: datetime, by: Actor | None = None) -> str | None:
    """Plan the dry run; return the id of its notification, None during a halt.

    Canaries older than a day are deleted. One that somebody asked for is logged as their act.
    """
    if is_halted():
        return None
    with transaction() as session:
        canary_queries.forget_canaries(session, PREFIX, now - timedelta(days=1))
    return service.plan_dry_run(f"{PREFIX}{now.isoformat()}", lives=LASTS, by=by, now=now)


def result_of(public_id: str) -> str | None:
    """Return the failure of a canary: empty when it succeeded, None while it is in flight.

    `HALTED` says nothing about whether sending works.
    """
    try:
        return failure_of(service.described(public_id))
    finally:
        db.session.rollback()
        release()


def is_halted() -> bool:
    """Whether an editor stopped everything."""
    try:
        return queries.is_halted(db.session())
    finally:
        release()


def failure_of(notification: Notification) -> str | None:
    """Return the failure of a canary in the session, as `result_of` does."""
    session = db.session()
    if notification.state in {*LIVE, "expired"} and queries.is_halted(session):
        return HALTED
    if notification.state in LIVE:
        paused = queries.pauses_of(session, notification)
        return "; ".join(f"{pause.platform}: {pause.reason}" for pause in paused) or None
    if notification.failure_reason == "no_audience":
        return "nothing was accepted; is there a test installation?"
    if notification.state != "sent" or notification.failed:
        return notification.failure or f"{notification.failed} messages failed"
    return ""
