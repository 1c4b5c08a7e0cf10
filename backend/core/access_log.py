"""What was answered: a line and a count for each request, written down together a moment later,
so that no answer waits for a file.
"""

import random
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from typing import NamedTuple

import orjson

from backend.core import faults, metrics

DELAY_S = 0.2


class Answered(NamedTuple):
    """The route, never the path, the query, an address or a header. Times are in seconds."""

    route: str
    method: str
    status: int
    request_id: str
    at: float
    took: float


class Ledger:
    """One per process."""

    def __init__(self) -> None:
        self._waiting: deque[Answered] = deque()
        self._timer: threading.Timer | None = None
        self._starting = threading.Lock()
        self._is_timed = True

    def write_when_told(self) -> None:
        """Switch the timer off, such as for tests: it would write outside what they capture."""
        self._is_timed = False

    def add(self, answered: Answered) -> None:
        self._waiting.append(answered)
        if self._timer is None and self._is_timed:
            self._start()

    def write_down(self) -> None:
        self._timer = None
        taken = [self._waiting.popleft() for _ in range(len(self._waiting))]
        for (route, method, status), same in groupby(sorted(taken), lambda each: each[:3]):
            metrics.observe(route, method, status, [each.took for each in same])
        if taken:
            faults.outcome_of("access_log", partial(_write, taken), lambda _: None)

    def _start(self) -> None:
        with self._starting:
            if self._timer is None:
                # Not a daemon: a process that ends waits for what it answered.
                self._timer = threading.Timer(DELAY_S, self.write_down)
                self._timer.start()


def _write(taken: Sequence[Answered]) -> None:
    line = _told if sys.stderr.isatty() else _line
    sys.stderr.write("".join(map(line, taken)))
    sys.stderr.flush()


_ledger = Ledger()
write_down = _ledger.write_down
write_when_told = _ledger.write_when_told


def note(route: str | None, method: str, status: int, took: float, request_id: str) -> None:
    """An answer that left just now, `took` seconds after its question."""
    name = route or metrics.UNKNOWN_ROUTE
    _ledger.add(Answered(name, method, status, request_id, time.time(), took))


def new_request_id() -> str:
    return f"{random.getrandbits(128):032x}"


def _line(answered: Answered) -> str:
    document = {
        "event": "request",
        "request_id": answered.request_id,
        "method": answered.method,
        "route": answered.route,
        "status": answered.status,
        "duration_ms": round(answered.took * 1000, 2),
        "timestamp": datetime.fromtimestamp(answered.at, UTC),
    }
    return orjson.dumps(document).decode() + "\n"


def _told(answered: Answered) -> str:
    """For a person who watches."""
    at = datetime.fromtimestamp(answered.at, UTC)
    return (
        f"{at:%H:%M:%S} {answered.status} {answered.method} {answered.route}"
        f" {answered.took * 1000:.1f} ms\n"
    )
