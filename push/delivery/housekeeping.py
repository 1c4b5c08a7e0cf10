"""Housekeeping of a worker: periodic tasks, each of which may fail without the others."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from push.delivery import lifecycle, retention
from push.delivery.guard import Guard
from push.editorial import canary
from push.store import metrics
from push.store.faults import Subject

log = logging.getLogger(__name__)

REAP_EVERY = timedelta(seconds=10)
FORGET_EVERY = timedelta(hours=1)


@dataclass(slots=True)
class Housekeeping:
    """Tasks, each run when its time has come; `canary_every` is None without a canary."""

    canary_every: timedelta | None
    clock: Callable[[], datetime]
    guard: Guard = field(init=False)
    reaped_at: datetime | None = None
    forgot_at: datetime | None = None
    sweep: Iterator[None] = field(default_factory=lambda: iter(()))
    is_swept: bool = False
    canary_at: datetime | None = None
    canary_id: str | None = None

    def __post_init__(self) -> None:
        self.guard = Guard(self.clock)

    def run(self) -> None:
        """Run what is due.

        Raises:
            SQLAlchemyError: the database was away.
        """
        now = self.clock()
        if _is_time(self.reaped_at, REAP_EVERY, now):
            self.reaped_at = now
            self.guard.run("halt", lambda: metrics.show_halt(is_on=canary.is_halted()))
            self._reap(now)
        if _is_time(self.forgot_at, FORGET_EVERY, now):
            self.forgot_at, self.sweep = now, retention.forget_recipients(now=now)
        # A slice: alerts go first.
        self.is_swept = bool(self.guard.run("forget", lambda: next(self.sweep, True)))
        self._watch_canary(now)
        self.guard.raise_outage()

    @property
    def is_waiting(self) -> bool:
        """Whether work goes on without a commit: a sweep or a canary is under way."""
        return not self.is_swept or self.canary_id is not None

    @property
    def next_due_at(self) -> datetime | None:
        if self.canary_at is None or self.canary_every is None:
            return None
        return self.canary_at + self.canary_every

    def _reap(self, now: datetime) -> None:
        """End batches under expired leases; after a fault, end them without a correction."""
        found = self.guard.run("reap", lambda: lifecycle.expired_leases(now=now)) or ()
        for batch_id, notification_id in found:
            is_first = not self.guard.has_failed("reap", batch_id)
            reap = partial(lifecycle.reap_expired_lease, batch_id, notification_id, now=now)
            self.guard.run("reap", partial(reap, corrects=is_first), Subject(batch_id))

    def _watch_canary(self, now: datetime) -> None:
        subject = Subject()
        self.guard.run("canary", lambda: self._run_canary(now), subject)
        if subject.fault:  # the alarm is what it is for; the next one leaves at its time
            self.canary_id, self.canary_at = None, now
            metrics.show_canary(failed=True, at=now)

    def _run_canary(self, now: datetime) -> None:
        if self.canary_id is not None:
            self._read_canary(self.canary_id, now)
        elif self.canary_every and _is_time(self.canary_at, self.canary_every, now):
            self.canary_id = canary.start(now=now)
            self.canary_at = now if self.canary_id else None

    def _read_canary(self, public_id: str, now: datetime) -> None:
        failure = canary.result_of(public_id)
        if failure is None:
            return
        self.canary_id = None
        if failure == canary.HALTED:
            self.canary_at = None  # the next one leaves when the halt is lifted
            log.info("the canary is halted with everything else")
            return
        metrics.show_canary(failed=bool(failure), at=now)
        if failure:
            log.error("the canary failed", extra={"reason": failure})


def _is_time(last: datetime | None, every: timedelta, now: datetime) -> bool:
    return last is None or not last <= now < last + every
