"""Fault injection: at a statement of the database, at a call of a clock; and time that flies."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar, cast

from flask import Flask
from flask.testing import FlaskClient
from prometheus_client import REGISTRY
from sqlalchemy import event

from backend.background import repeat
from backend.core.db import db
from tests.conftest import Clock

Value = TypeVar("Value")


class Injected(Exception):
    """Nobody foresees it: no `except` names it."""


@dataclass
class Raising(Generic[Value]):
    """Calls through, and raises at the n-th call; with `always` at every call from there on."""

    real: Callable[[], Value]
    nth: int
    always: bool = False
    calls: int = 0

    def __call__(self) -> Value:
        self.calls += 1
        if self.calls == self.nth or (self.always and self.calls > self.nth):
            raise Injected(f"call {self.calls}")
        return self.real()

    @property
    def has_raised(self) -> bool:
        return self.calls >= self.nth


@dataclass
class Statements:
    """What the database was asked while statements were made to fail."""

    asked: list[str] = field(default_factory=list)
    failed: int = 0


@contextmanager
def failing_statements(
    app: Flask, fails: Callable[[int, str], bool], error: type[Exception] = Injected
) -> Iterator[Statements]:
    """Raise at each statement that `fails` picks by its number, from 1, and its text."""
    found = Statements()

    def before(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.asked.append(statement)
        if fails(len(found.asked), statement):
            found.failed += 1
            raise error(statement[:40])

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", before)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", before)


def nth_of(nth: int) -> Callable[[int, str], bool]:
    """Picks the n-th statement alone."""
    return lambda number, _: number == nth


@dataclass
class FlyingTime:
    """Stands in for the event that stops a loop: a pause moves the clock and takes no time."""

    clock: Clock
    until: datetime
    at_least: timedelta = timedelta()
    pauses: list[float] = field(default_factory=list)

    def is_set(self) -> bool:
        return self.clock.now >= self.until

    def wait(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if seconds:
            moved = self.clock.now + max(timedelta(seconds=seconds), self.at_least)
            self.clock.now = min(moved, self.until)


def fly(app: Flask, clock: Clock, loop: str, step: Callable[[], bool], **by: float) -> FlyingTime:
    """Run a loop as the background process does; the longer the time, the longer it rests."""
    time = timedelta(**by)
    flying = FlyingTime(clock, clock.now + time, time / (150 if time.days else 30))
    repeat(app, loop, step, cast(Any, flying))
    return flying


def faults(client: FlaskClient, loop: str) -> float:
    """How many faults of the loop /metrics has counted."""
    line = rf'^tagwire_background_faults_total{{loop="{loop}"}} (\S+)$'
    found = re.search(line, client.get("/metrics").text, re.MULTILINE)
    return float(found.group(1)) if found else 0.0


def counted_faults(loop: str) -> float:
    """The same number without /metrics, which counts all that waits: for hundreds of examples."""
    return REGISTRY.get_sample_value("tagwire_background_faults_total", {"loop": loop}) or 0.0


def fault_ids(records: Iterable[Any]) -> list[str]:
    """The ids of the faults in the log, in order."""
    return [record.fault_id for record in records if hasattr(record, "fault_id")]
