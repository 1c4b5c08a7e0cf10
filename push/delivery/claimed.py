"""Values of a claimed batch, and of what became of each message of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from push.audience.candidate import Candidate
from push.delivery.breaker import Breaker
from push.delivery.rate_limiter import Reservation
from push.store.models import Notification
from push.store.tries import Tries
from push.transport.outcome import Outcome
from push.transport.sender import Outgoing


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedBatch:
    """A batch under this worker's lease, with all that sending needs.

    `attempt` is the fencing token: whoever claims the batch later has another one.
    The `skipped` were of the batch until now, by reason.
    `tried` is what is known of recipients from earlier tries. The `groups` of some keep a
    connection to themselves. A probe shows whether the provider is there again.
    """

    batch_id: int
    platform: str
    provider: str
    attempt: int
    tries: int
    is_timed: bool
    recipients: tuple[Candidate, ...]
    skipped: Mapping[str, int]
    tried: Mapping[int, Tries]
    groups: Mapping[int, tuple[int, int]]
    breaker: Breaker  # as all workers shared it; one that is not closed makes this a probe
    notification: Notification
    text: Notification  # whose title and body go out: a correction's when there is one
    story_id: int | None
    original_id: str
    reservation: Reservation
    at: datetime

    @property
    def lane(self) -> str:
        """The lane of the batch (`Batch.lane`)."""
        return self.provider or self.platform

    @property
    def is_probe(self) -> bool:
        return not self.breaker.is_closed


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of a message, and how long after the editor's moment it came."""

    message: Outgoing
    outcome: Outcome
    latency_s: float
