"""What the worker does now and then: the canary, and forgetting who was sent what."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from push import canary, metrics, queue

log = logging.getLogger(__name__)

HOUSEKEEPING = timedelta(hours=1)


@dataclass(slots=True)
class Chores:
    """Each chore runs when its time has come; `canary_every` is None when there is no canary."""

    canary_every: timedelta | None
    clock: Callable[[], datetime]
    cleaned_at: datetime | None = None
    canary_at: datetime | None = None
    canary_id: str | None = None

    def run(self) -> None:
        now = self.clock()
        if self.cleaned_at is None or now - self.cleaned_at >= HOUSEKEEPING:
            self.cleaned_at = now
            queue.drop_old(now=now)
        if self.canary_id is not None:
            self._look_at_canary(self.canary_id)
        elif self.canary_every and (
            self.canary_at is None or now - self.canary_at >= self.canary_every
        ):
            self.canary_at = now
            self.canary_id = canary.start(now=now)

    def _look_at_canary(self, public_id: str) -> None:
        failure = canary.result_of(public_id)
        if failure is None:
            return
        self.canary_id = None
        metrics.show_canary(failed=bool(failure), at=self.clock())
        if failure:
            log.error("the canary failed", extra={"reason": failure})
