"""A dry run to the test installations through the whole pipeline: does sending still work?"""

from datetime import datetime, timedelta

from backend.db import db, release, transaction
from push import queries, service
from push.models import Notification

LASTS = timedelta(minutes=2)
PREFIX = "canary:"


def start(*, now: datetime) -> str:
    """Plan the dry run; the id of its notification. Earlier ones are forgotten."""
    with transaction() as session:
        queries.forget_canaries(session, PREFIX, now - timedelta(days=1))
    return service.plan_dry_run(f"{PREFIX}{now.isoformat()}", lives=LASTS, now=now)


def result_of(public_id: str) -> str | None:
    """Why it failed, empty when it did not, or None while it is under way."""
    try:
        return _result(service.described(public_id))
    finally:
        db.session.rollback()
        release()


def _result(notification: Notification) -> str | None:
    if notification.state in queries.LIVE:
        return None
    if notification.state != "sent" or notification.failed:
        return notification.failure or f"{notification.failed} messages failed"
    if not notification.accepted:
        return "nothing was accepted; is there a test installation?"
    return ""
