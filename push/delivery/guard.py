"""Fault boundary of the worker's loop: a step that raises is reported and backed off.

Faults are counted in memory, by step and row. An outage of the database is no fault of any row:
it is remembered, for whoever runs the loop to wait, and counts against nobody.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, TypeGuard, TypeVar

from sqlalchemy.exc import (
    DisconnectionError,
    InterfaceError,
    InternalError,
    OperationalError,
    SQLAlchemyError,
    TimeoutError,  # noqa: A004 - of the connection pool
)

from backend.core.back_off import exponential_back_off
from backend.core.db import release
from push.store import faults
from push.store.faults import FAULT_TRIES, Subject
from push.store.metrics import Step

FIRST_BACK_OFF = timedelta(seconds=2)
LONGEST_BACK_OFF = timedelta(minutes=10)
OUTAGE_BACK_OFF = timedelta(seconds=5)
FORGET_AFTER = timedelta(hours=1)

_OUTAGES = (OperationalError, InterfaceError, InternalError, DisconnectionError, TimeoutError)

Answer = TypeVar("Answer")


class Failure(NamedTuple):
    """Consecutive faults of a step for one row, and the end of their back-off."""

    times: int
    until: datetime


@dataclass(slots=True)
class Guard:
    """Runner of steps under back-off. `outage` is a database error, kept until the turn ends."""

    clock: Callable[[], datetime]
    outage: SQLAlchemyError | None = None
    _failures: dict[tuple[Step, int], Failure] = field(default_factory=dict)

    def run(
        self, step: Step, action: Callable[[], Answer], subject: Subject | None = None
    ) -> Answer | None:
        """Run an action; return its answer, or None when it failed or is in back-off.

        The subject tells a fault from an answer of None.
        """
        subject = subject or Subject()
        first_id = subject.id
        if self.is_waiting(step, subject.id):
            return None
        try:
            answer = action()
        except Exception as error:  # noqa: BLE001 - the boundary: one step stops no other
            self._note(step, error, subject)
            return None
        self.forget(step, first_id)
        self.forget(step, subject.id)
        return answer

    def is_waiting(self, step: Step, row_id: int = 0) -> bool:
        failure = self._failures.get((step, row_id))
        return failure is not None and _is_ahead(failure.until, self.clock())

    def waiting(self, step: Step) -> list[int]:
        """Return the rows that this step leaves alone for now."""
        now = self.clock()
        return [
            row_id
            for (name, row_id), failure in self._failures.items()
            if name == step and row_id and _is_ahead(failure.until, now)
        ]

    def has_given_up(self, step: Step, row_id: int = 0) -> bool:
        failure = self._failures.get((step, row_id))
        return failure is not None and failure.times >= FAULT_TRIES

    def has_failed(self, step: Step, row_id: int) -> bool:
        failure = self._failures.get((step, row_id))
        return failure is not None and failure.times > 0

    @property
    def has_failures(self) -> bool:
        return bool(self._failures)

    def forget(self, step: Step, row_id: int = 0) -> None:
        self._failures.pop((step, row_id), None)

    def raise_outage(self) -> None:
        """End a turn of the loop by raising the outage that was kept.

        Raises:
            SQLAlchemyError: the database was away in it.
        """
        outage, self.outage = self.outage, None
        if outage is not None:
            raise outage

    def _note(self, step: Step, error: Exception, subject: Subject) -> None:
        release()
        now, key = self.clock(), (step, subject.id)
        count = self._failures[key].times if key in self._failures else 0
        if is_outage(error):
            self.outage = error
            if subject.id:  # another row may be luckier
                self._failures[key] = Failure(count, now + OUTAGE_BACK_OFF)
            return
        subject.fault = faults.report(step, error, subject.id)
        kept = {k: f for k, f in self._failures.items() if f.until > now - FORGET_AFTER}
        pause = exponential_back_off(count + 1, first=FIRST_BACK_OFF, longest=LONGEST_BACK_OFF)
        self._failures = {**kept, key: Failure(count + 1, now + pause)}


def is_outage(error: Exception) -> TypeGuard[SQLAlchemyError]:
    """Whether the database was away or full, rather than asked for something impossible."""
    return isinstance(error, _OUTAGES)


def _is_ahead(until: datetime, now: datetime) -> bool:
    """Tell whether a back-off runs; one longer than any can be is of a clock that was wrong."""
    return now < until <= now + LONGEST_BACK_OFF
