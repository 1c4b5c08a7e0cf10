"""Values of a claimed batch, and of what became of each message of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from push.delivery.rate_limiter import Reservation
from push.store.models import Notification
from push.transport.outcome import Outcome
from push.transport.sender import Outgoing


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedBatch:
    """A batch under this worker's lease, with all that sending needs.

    `attempt` is the fencing token: whoever claims the batch later has another one.
    `already_sent` are recipients whose message may be on the phone from an earlier attempt.
    """

    batch_id: int
    platform: str
    attempt: int
    tries: int
    is_timed: bool
    recipients: tuple[Row[Any], ...]
    already_sent: frozenset[int]
    notification: Notification
    text: Notification  # whose title and body go out: a correction's when there is one
    story_id: int | None
    original_id: str
    reservation: Reservation
    at: datetime


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one message, and how long after the editor's moment."""

    message: Outgoing
    outcome: Outcome
    latency_s: float
