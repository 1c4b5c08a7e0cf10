"""The durable queue and the breaker, as Prometheus finds them in the database."""

from collections.abc import Iterator
from datetime import datetime
from typing import get_args

from sqlalchemy.orm import Session

from backend.core.metrics import Gauge
from push.delivery import quota
from push.delivery.breaker import State
from push.store import scheduling


def gauges(session: Session, now: datetime) -> Iterator[Gauge]:
    counted, oldest = scheduling.depth(session, now)
    for wait, count in counted.items():
        yield Gauge(
            name="tagwire_push_batches",
            help="Batches of alerts that are not over: due, with a worker (leased), or later.",
            value=count,
            labels={"wait": wait},
        )
    yield Gauge(
        name="tagwire_push_oldest_due_seconds",
        help="For how long the oldest batch has been due that no worker has taken.",
        value=(now - oldest).total_seconds() if oldest else 0,
    )
    states = [quota.breaker_of(row).state(now) for row in quota.shared(session)]
    for each in get_args(State):
        yield Gauge(
            name="tagwire_push_breaker_state",
            help="Providers whose circuit breaker, which all workers share, is in the state.",
            value=states.count(each),
            labels={"state": each},
        )
