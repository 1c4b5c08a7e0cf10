"""Snapshots for those who watch an alert: read once a second, however many they are."""

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from typing import Any, NamedTuple

import orjson

from backend.http.stream_access import Holder

# Most snapshots that a process keeps: about as many alerts as are watched at once.
MOST = 256
# Shortest pause, so that a watcher never loops without one.
_SHORTEST_PAUSE_S = 0.01


class Reading(NamedTuple):
    """An alert as it is, and who of its viewers may still see it."""

    document: Any
    has_ended: bool
    let_in: Set[Holder]


class Snapshot(NamedTuple):
    """An alert as it was at a moment; the same `id` is the same document."""

    id: str
    document: bytes
    has_ended: bool
    let_in: Set[Holder]
    at: float

    @property
    def event(self) -> bytes:
        """Return the snapshot as a server-sent event."""
        return b"data: " + self.document + b"\nid: " + self.id.encode() + b"\n\n"


class Watched:
    """The newest snapshot of each alert, shared by all who watch it in this process.

    All viewers of an alert look when its snapshot is over, so that each reading is new for all.
    """

    def __init__(self, lasts_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._lasts_s = lasts_s
        self._clock = clock
        self._lock = threading.Lock()
        self._snapshots: dict[str, Snapshot] = {}
        self._viewers: dict[str, Counter[Holder]] = {}

    @contextmanager
    def viewer(self, public_id: str, holder: Holder) -> Iterator[None]:
        """Count a viewer while it watches: whether it still may is checked with every reading."""
        with self._lock:
            self._viewers.setdefault(public_id, Counter())[holder] += 1
        try:
            yield
        finally:
            with self._lock:
                self._viewers[public_id] -= Counter([holder])
                if not self._viewers[public_id]:
                    del self._viewers[public_id]

    def snapshot(self, public_id: str, read: Callable[[Set[Holder]], Reading]) -> Snapshot:
        """Return the current snapshot; one caller runs `read`, with all who watch."""
        with self._lock:
            found = self._snapshots.get(public_id)
            if found is None or self._clock() - found.at >= self._lasts_s:
                at = self._clock()  # before it is read: it is that old at least
                found = _snapshot(read(frozenset(self._viewers.get(public_id, ()))), at)
                self._snapshots.pop(public_id, None)
                self._snapshots[public_id] = found
                while len(self._snapshots) > MOST:
                    del self._snapshots[next(iter(self._snapshots))]
            return found

    def pause_s(self, snapshot: Snapshot) -> float:
        """Return the seconds until there is a newer snapshot."""
        return max(_SHORTEST_PAUSE_S, snapshot.at + self._lasts_s - self._clock())


def _snapshot(reading: Reading, at: float) -> Snapshot:
    body = orjson.dumps(reading.document)
    digest = hashlib.sha256(body).hexdigest()[:16]
    return Snapshot(digest, body, reading.has_ended, reading.let_in, at)
