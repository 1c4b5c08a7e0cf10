"""Buffered access log: a line and a metric for each request, flushed together a moment later.

No response waits for a file.
"""

import random
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from typing import NamedTuple

import orjson

from backend.core import faults, metrics
from backend.core.timers import start_awaited

FLUSH_AFTER_S = 0.2
# A request that took this long is logged whatever the share.
SLOW_S = 1.0


class Entry(NamedTuple):
    """An answered request: its route, never path, query, address or header. Times in seconds."""

    route: str
    method: str
    status: int
    request_id: str
    at: float
    took: float


class AccessLog:
    """The buffer of one process, flushed by a timer."""

    def __init__(self) -> None:
        self._buffer: deque[Entry] = deque()
        self._timer: threading.Timer | None = None
        self._starting = threading.Lock()
        self._has_timer = True

    def flush_manually(self) -> None:
        """Switch the timer off, such as for tests: it would write outside what they capture."""
        self._has_timer = False

    def append(self, entry: Entry) -> None:
        self._buffer.append(entry)
        if self._timer is None and self._has_timer:
            self._start()

    def flush(self) -> None:
        self._timer = None
        taken = [self._buffer.popleft() for _ in range(len(self._buffer))]
        for (route, method, status), same in groupby(sorted(taken), lambda each: each[:3]):
            metrics.observe(route, method, status, [each.took for each in same])
        metrics.sample()
        if taken:
            faults.outcome_of("access_log", partial(_write, taken), lambda _: None)

    def _start(self) -> None:
        with self._starting:
            if self._timer is None:
                self._timer = start_awaited(FLUSH_AFTER_S, self.flush)


@dataclass(slots=True)
class _Form:
    """The format of lines, and the share of them that is written."""

    is_text: bool = False
    share: float = 1.0


_form = _Form()


def write_as(*, is_text: bool, share: float) -> None:
    _form.is_text, _form.share = is_text, share


def _write(taken: Sequence[Entry]) -> None:
    line = _text_line if _form.is_text else _json_line
    sys.stderr.write("".join(line(entry) for entry in taken if _is_shown(entry)))
    sys.stderr.flush()


def _is_shown(entry: Entry) -> bool:
    """Whether to write a line: for all that failed here or was slow, and a share of the others."""
    is_usual = entry.status < 500 and entry.took < SLOW_S
    return not is_usual or _form.share >= 1 or random.random() < _form.share  # noqa: S311 - a sample


_access_log = AccessLog()
flush = _access_log.flush
flush_manually = _access_log.flush_manually


def record(route: str | None, method: str, status: int, took: float, request_id: str) -> None:
    """Record a response that left just now, `took` seconds after its request."""
    name = route or metrics.UNKNOWN_ROUTE
    _access_log.append(Entry(name, method, status, request_id, time.time(), took))


def new_request_id() -> str:
    return f"{random.getrandbits(128):032x}"


def _json_line(entry: Entry) -> str:
    document = {
        "event": "request",
        "request_id": entry.request_id,
        "method": entry.method,
        "route": entry.route,
        "status": entry.status,
        "duration_ms": round(entry.took * 1000, 2),
        "timestamp": datetime.fromtimestamp(entry.at, UTC),
    }
    if _form.share < 1:
        document["share"] = _form.share
    return orjson.dumps(document).decode() + "\n"


def _text_line(entry: Entry) -> str:
    """Format a line for a person who watches."""
    at = datetime.fromtimestamp(entry.at, UTC)
    return f"{at:%H:%M:%S} {entry.status} {entry.method} {entry.route} {entry.took * 1000:.1f} ms\n"
