"""Alerts that are not over, as Prometheus finds them in the database: they tell of a worker that
stands still, too.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.core.metrics import Gauge
from push.store.models import Notification
from push.store.states import LIVE, WAITING


def gauges(session: Session, now: datetime) -> Iterator[Gauge]:
    counted = (
        select(Notification.state, func.count(), func.min(Notification.send_at))
        .where(Notification.state.in_((*WAITING, *LIVE)))
        .group_by(Notification.state)
    )
    by_state = {state: (count, first) for state, count, first in session.execute(counted)}
    for state in (*WAITING, *LIVE):
        yield Gauge(
            name="tagwire_push_alerts",
            help="Alerts that are not over, by state.",
            value=by_state.get(state, (0, None))[0],
            labels={"state": state},
        )
    started = [first for state, (_, first) in by_state.items() if state != "awaiting_approval"]
    yield Gauge(
        name="tagwire_push_seconds_behind",
        help="How long ago the oldest alert should have begun that was approved and is not over.",
        value=max((now - min(started)).total_seconds(), 0) if started else 0,
    )
