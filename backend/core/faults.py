"""Unforeseen faults of background loops: logged once with an id, counted, made an outcome.

A loop claims, asks, decides and records. What nobody foresaw between the claim and the record
would leave no trace: the lease runs out and the same thing is asked again for ever. So each
attempt runs through `outcome_of`, and each outcome is written through `record`;
`attempt` does both.
"""

import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import uuid4

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from backend.core import metrics
from backend.core.db import release

log = logging.getLogger(__name__)

Outcome = TypeVar("Outcome")

MOST_FRAMES = 20

# The database does not answer: true of everything that is tried, not of one item.
DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeout)


@dataclass(frozen=True, slots=True)
class Fault:
    """An unforeseen fault; its id leads from what is recorded and shown to the line in the log."""

    id: str
    kind: str

    def __str__(self) -> str:
        return f"internal fault {self.id} ({self.kind})"


def report(loop: str, error: Exception, **names: object) -> Fault:
    """Log the fault under a new id, and count it for /metrics."""
    metrics.count_fault(loop)
    return log_fault(error, loop=loop, **names)


def log_fault(error: Exception, **names: object) -> Fault:
    """Log one line with the kind of the error and its stack, never its message.

    The message may hold an address, a token or what a stranger sent.
    """
    fault = Fault(uuid4().hex, type(error).__name__)
    named = {"fault_id": fault.id, "kind": fault.kind, "stack": _stack(error), **names}
    log.error("an unforeseen fault", extra=named)
    return fault


def outcome_of(
    loop: str,
    attempt: Callable[[], Outcome],
    otherwise: Callable[[Fault], Outcome],
    **names: object,
) -> Outcome:
    """Return the outcome of the attempt; an unforeseen fault becomes an outcome as well."""
    try:
        return attempt()
    except Exception as error:  # noqa: BLE001 the boundary of a loop: nothing may pass unrecorded
        return otherwise(report(loop, error, **names))


def record(
    loop: str,
    write: Callable[[Outcome], None],
    outcome: Outcome,
    otherwise: Callable[[Fault], Outcome],
    **names: object,
) -> None:
    """Write the outcome down. If that fails, write what `otherwise` makes of the fault; if that
    fails too, the lease runs out, and the claim has already set the time of the next attempt.
    """
    try:
        write(outcome)
        return
    except Exception as error:  # noqa: BLE001 as above
        fault = report(loop, error, **names)
    try:
        write(otherwise(fault))
    except Exception as error:  # noqa: BLE001 as above
        left = {"loop": loop, "fault_id": fault.id, "kind": type(error).__name__, **names}
        log.warning("an outcome was not recorded; its lease runs out", extra=left)


def attempt(
    loop: str,
    ask: Callable[[], Outcome],
    write: Callable[[Outcome], None],
    failed: Callable[[Fault], Outcome],
    *,
    unrecorded: Callable[[Outcome, Fault], Outcome] | None = None,
    **names: object,
) -> Outcome:
    """Ask under a lease and write down what came of it; no database session is left open.

    `unrecorded` makes what to write when the outcome itself could not be written; without it,
    `failed` does.
    """
    outcome = outcome_of(loop, ask, failed, **names)
    release()

    def otherwise(fault: Fault) -> Outcome:
        return unrecorded(outcome, fault) if unrecorded is not None else failed(fault)

    record(loop, write, outcome, otherwise, **names)
    release()
    return outcome


class ItemFaults:
    """Faults of the items of one run: all are counted, each kind of error is logged once."""

    def __init__(self, loop: str, **names: object) -> None:
        self._loop = loop
        self._names = names
        self._known: dict[str, Fault] = {}

    def add(self, error: Exception) -> Fault:
        """Note the fault of one item.

        Raises:
            DATABASE_AWAY: the error is not the item's own; every other one would fail too.
        """
        if isinstance(error, DATABASE_AWAY):
            raise error
        kind = type(error).__name__
        if kind in self._known:
            metrics.count_fault(self._loop)
        else:
            self._known[kind] = report(self._loop, error, **self._names)
        return self._known[kind]


def _stack(error: Exception) -> list[str]:
    """Return stack frames, innermost last, without values or lines of source."""
    frames = [*traceback.walk_tb(error.__traceback__)][-MOST_FRAMES:]
    return [f"{f.f_code.co_filename}:{line} {f.f_code.co_name}" for f, line in frames]
