"""Pauses (circuit breaker): a platform waits for its credential or for ours, others go on."""

import logging
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from backend.core.db import retried, transaction
from push.store import metrics, queries
from push.store.models import Batch, Notification, Pause
from push.store.pause_reasons import OUR_KEY, reason_of
from push.transport.outcome import is_about_platform

log = logging.getLogger(__name__)

PAUSE_LASTS = timedelta(seconds=30)
# Size of a probe: so many messages show whether the key is there by now.
PROBES = 3


@retried
def begin(
    notification_id: int,
    lane: str,
    *,
    is_our_key: bool,
    refused: int,
    reached: bool,
    now: datetime,
) -> bool:
    """Open the breaker for a lane after so many refusals in a row; tell whether it is open.

    It stays closed when they are about single addresses: others of that lane were `reached`.
    """
    with transaction() as session:
        session.get_one(Notification, notification_id, with_for_update=queries.LOCK)
        found = session.get(Pause, (notification_id, lane))
        if found is not None:
            found.until = now + PAUSE_LASTS
            return True
        reached = reached or queries.has_reached(session, notification_id, lane)
        if not is_about_platform(refused, reached):
            return False
        row = {"notification_id": notification_id, "platform": lane}
        reason = OUR_KEY if is_our_key else reason_of(lane)
        paused = Pause(**row, reason=reason, since=now, until=now + PAUSE_LASTS)
        session.add(paused)
    metrics.count_pause(paused.of_platform)
    log.error("a platform waits for a key", extra={"platform": lane, "reason": reason})
    return True


def is_probe(session: Session, batch: Batch, now: datetime) -> bool:
    """Tell whether a claimed batch is the only probe of a paused platform (half open)."""
    found = session.get(Pause, (batch.notification_id, batch.lane))
    if found is None:
        return False
    found.until = now + PAUSE_LASTS
    return True


def end(session: Session, batch: Batch, claimed_at: datetime) -> None:
    """Close the breaker: what was claimed during the pause was accepted."""
    found = session.get(Pause, (batch.notification_id, batch.lane))
    if found is not None and found.since <= claimed_at:
        session.delete(found)
