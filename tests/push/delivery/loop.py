"""A worker's loop that tests drive by the hour, and faults that they throw into it."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import Flask
from prometheus_client import REGISTRY
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError

from backend.core.db import db, release
from backend.http.context import AppContext
from push.delivery.housekeeping import Housekeeping
from push.delivery.reaping import LEASE
from push.delivery.worker import Worker
from push.store.states import ENDED
from push.transport.outcome import Answer
from push.transport.payload import Template, template
from tests.conftest import Clock
from tests.push.conftest import Provider

SETTLED = ("accepted", "failed", "ambiguous", "retired")
IDLE = timedelta(seconds=10)

Matches = Callable[[str, list[Any]], object]


class Killed(BaseException):
    """The process ends here: nothing that it has in memory is left, nothing is cleaned up."""


class UnreadableAnswer(Answer):
    """An answer that makes whoever looks at it raise."""

    def __init__(self) -> None:
        pass

    @property
    def status(self) -> int:
        raise RuntimeError("an answer that nobody foresaw")

    @property
    def unsent(self) -> bool:
        raise RuntimeError("an answer that nobody foresaw")


@dataclass
class Loop:
    """Worker and housekeeping as the process turns them, at the pace of the test's clock."""

    app: Flask
    provider: Provider
    clock: Clock
    publish_event: Callable[..., None] | None = None
    render: Callable[..., Template] = template
    turns: int = 0
    unchanged: int = 0
    deaths: int = 0
    worker: Worker = field(init=False)
    housekeeping: Housekeeping = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """A fresh process; the old one is gone with all that it knew."""
        release()
        self.provider.forget_answers()
        context: AppContext = self.app.extensions["tagwire"]
        publish = self.publish_event or context.hooks.tell
        self.worker = Worker(self.provider, self.clock, publish, render=self.render)
        self.housekeeping = Housekeeping(None, self.clock)

    def run(self, **for_: float) -> None:
        """Until every notification has ended, or so long."""
        ends_at = self.clock.now + timedelta(**(for_ or {"hours": 2}))
        while self.clock.now < ends_at and not self._is_over():
            self.turn()

    def turn(self) -> None:
        """A turn without anything new costs time, as waiting for the network does."""
        self.turns += 1
        before = self._progress()
        try:
            is_busy = self.worker.step()
            self.housekeeping.run()
        except SQLAlchemyError:
            is_busy = False
        except Killed:
            self.deaths += 1
            is_busy = False
            self.restart()
            self.clock.now += LEASE
        self.unchanged = self.unchanged + 1 if self._progress() == before else 0
        if not is_busy or self.unchanged > 3:
            self.clock.now += IDLE

    def _progress(self) -> tuple[int, ...]:
        batches = self.worker.in_flight.values()
        under_way = [len(batch.outstanding) + len(batch.waiting) for batch in batches]
        return len(self.provider.sent), len(under_way), sum(under_way)

    def _is_over(self) -> bool:
        if self.worker.in_flight:
            return False
        ended = ", ".join(f"'{state}'" for state in ENDED)
        with closing(db.engine.raw_connection()) as connection:  # no listener sees this
            cursor = connection.cursor()
            cursor.execute(f"SELECT count(*) FROM notification WHERE state NOT IN ({ended})")
            row = cursor.fetchone()
        return row is not None and row[0] == 0


@dataclass
class Thrown:
    """A fault at the statements that match: the first `times` of them, after `skips`."""

    matches: Matches
    error: Callable[[], BaseException] = lambda: RuntimeError("nobody foresaw this")
    times: int = 1_000_000
    skips: int = 0
    thrown: int = 0
    seen: int = 0

    def __call__(self, statement: str, parameters: list[Any]) -> None:
        if not self.matches(statement, parameters):
            return
        self.seen += 1
        if self.seen > self.skips and self.thrown < self.times:
            self.thrown += 1
            raise self.error()


@contextmanager
def statements(*listeners: Callable[[str, list[Any]], object]) -> Iterator[None]:
    """Show each statement of the loop, with its parameters, to these before it is executed."""

    def on_execute(_connection: Any, _cursor: Any, statement: str, given: Any, *_: Any) -> None:
        flat = list(_flat(given))
        for listener in listeners:
            listener(" ".join(statement.split()), flat)

    event.listen(db.engine, "before_cursor_execute", on_execute)
    try:
        yield
    finally:
        event.remove(db.engine, "before_cursor_execute", on_execute)


def faults(step: str) -> float:
    """How many faults of a step /metrics counts."""
    return REGISTRY.get_sample_value("tagwire_push_faults_total", {"step": step}) or 0


def add_up(counts: dict[str, Any]) -> bool:
    """Whether everybody of the audience is settled, once."""
    return bool(sum(counts[name] for name in SETTLED) == counts["audience"])


def _flat(given: Any) -> Iterable[Any]:
    if isinstance(given, dict):
        return given.values()
    if isinstance(given, (list, tuple)):
        return [part for each in given for part in _flat_one(each)]
    return [given]


def _flat_one(each: Any) -> Iterable[Any]:
    return _flat(each) if isinstance(each, (dict, list, tuple)) else [each]
