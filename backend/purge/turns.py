"""Turns at the change stream: one process at a time tells another server what changed.

A claim sets the next turn as if this one failed: what is never recorded (a killed process, a
database that went away) backs off as well.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from backend.core import faults
from backend.core.db import db, release, transaction
from backend.core.faults import Fault
from backend.outbound.response import Fetched
from backend.purge import queries
from backend.webhooks.schedule import LONGEST_BACK_OFF, back_off_until

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnLease:
    """The right to tell what changed after `since`, until the lease ends or another is given."""

    claims: int
    since: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnResult:
    """The last change that was told; or an error, and the pause that the other server asked for."""

    told_to: int = 0
    error: str | None = None
    retry_after: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """Turns of a reader: any number of processes may take them, a lease admits one at a time.

    `reader` names the row that keeps how far it came; `tell` is given the numbers of changes
    after and up to which it tells; `rest` is how long the next turn waits after a good one.
    """

    reader: int
    loop: str
    failed: str
    settle_s: float
    tell: Callable[[int, int], TurnResult]
    clock: Callable[[], datetime]
    rest: timedelta = timedelta()
    wait: Callable[[float], None] = time.sleep

    def step(self) -> bool:
        """Tell what changed since the last time; return whether anything was told and taken."""
        upto = self._last_change()
        if upto is None:
            return False
        self.wait(self.settle_s)
        lease = self._claim()
        if lease is None:
            return False
        ask, write = partial(self._told, lease, upto), partial(self._record, lease)
        result = faults.attempt(self.loop, ask, write, _failed, unrecorded=_unrecorded)
        return result.error is None

    def _last_change(self) -> int | None:
        """Return the last change number, None when not due. A read: a write would lock SQLite."""
        upto = queries.last_change_to_tell(db.session(), self.reader, self.clock())
        release()
        return upto

    def _claim(self) -> TurnLease | None:
        now = self.clock()
        with transaction() as session:
            progress = queries.due_progress(session, self.reader, now)
            if progress is None:
                return None
            if progress.lease_until is not None:  # the turn before was never recorded
                progress.failures += 1
            progress.claims += 1
            progress.lease_until = now + LEASE
            progress.due_at = back_off_until(progress.failures + 1, now)
            return TurnLease(claims=progress.claims, since=progress.purged_to)

    def _told(self, lease: TurnLease, upto: int) -> TurnResult:
        release()
        return self.tell(lease.since, upto)

    def _record(self, lease: TurnLease, result: TurnResult) -> None:
        now = self.clock()
        with transaction() as session:
            progress = queries.lock_leased_progress(session, self.reader, lease.claims)
            if progress is None:  # it took longer than the lease, and another one has the turn
                return
            progress.lease_until = None
            if result.error is None:
                progress.purged_to = max(progress.purged_to, result.told_to)
                progress.failures, progress.due_at = 0, now + self.rest
            else:
                progress.failures += 1
                progress.due_at = _again_at(progress.failures, result, now)
            failures = progress.failures
        if result.error is not None:
            log.warning(self.failed, extra={"error": result.error, "failures": failures})


def refusal_of(answer: Fetched, now: datetime) -> TurnResult | None:
    """Return why the other server did not take what it was told; None if it did."""
    if 200 <= answer.status < 300:
        return None
    return TurnResult(
        error=f"it answered {answer.status}",
        retry_after=answer.retry_after(now, longest=LONGEST_BACK_OFF),
    )


def _failed(fault: Fault) -> TurnResult:
    return TurnResult(error=str(fault))


def _unrecorded(result: TurnResult, fault: Fault) -> TurnResult:
    return result if result.error is None else _failed(fault)


def _again_at(failures: int, result: TurnResult, now: datetime) -> datetime:
    """Return when to try again, bounded whatever the other server asks: takedowns wait for it."""
    return max(back_off_until(failures, now), now + min(result.retry_after, LONGEST_BACK_OFF))
