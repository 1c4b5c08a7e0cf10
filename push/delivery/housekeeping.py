"""What the worker does now and then: settle, look at the halt and the canary, forget."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from push.delivery import lifecycle
from push.editorial import canary
from push.store import metrics

log = logging.getLogger(__name__)

LOOK = timedelta(seconds=10)
HOUSEKEEPING = timedelta(hours=1)


@dataclass(slots=True)
class Chores:
    """Each chore runs when its time has come; `canary_every` is None when there is no canary."""

    canary_every: timedelta | None
    clock: Callable[[], datetime]
    looked_at: datetime | None = None
    cleaned_at: datetime | None = None
    canary_at: datetime | None = None
    canary_id: str | None = None

    def run(self) -> None:
        now = self.clock()
        if _is_time(self.looked_at, LOOK, now):
            self.looked_at = now
            metrics.show_halt(is_on=canary.is_halted())
            lifecycle.settle_lost(now=now)
        if _is_time(self.cleaned_at, HOUSEKEEPING, now):
            self.cleaned_at = now
            lifecycle.drop_old(now=now)
        if self.canary_id is not None:
            self._look_at_canary(self.canary_id)
        elif self.canary_every and _is_time(self.canary_at, self.canary_every, now):
            self.canary_id = canary.start(now=now)
            self.canary_at = now if self.canary_id else None

    def _look_at_canary(self, public_id: str) -> None:
        failure = canary.result_of(public_id)
        if failure is None:
            return
        self.canary_id = None
        if failure == canary.HALTED:
            self.canary_at = None  # the next one leaves when the halt is lifted
            log.info("the canary is halted with everything else")
            return
        metrics.show_canary(failed=bool(failure), at=self.clock())
        if failure:
            log.error("the canary failed", extra={"reason": failure})


def _is_time(last: datetime | None, every: timedelta, now: datetime) -> bool:
    return last is None or now - last >= every
