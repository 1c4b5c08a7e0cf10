"""What those who watch an alert are shown: read once a second, however many they are."""

import hashlib
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import orjson

# A process remembers no more alerts than are watched at once.
MOST = 256


class Snapshot(NamedTuple):
    """An alert as it was at a moment; the same `id` is the same document."""

    id: str
    document: bytes
    has_ended: bool
    at: float

    @property
    def event(self) -> bytes:
        """As a server-sent event."""
        return b"data: " + self.document + b"\nid: " + self.id.encode() + b"\n\n"


class Watched:
    """The newest snapshot of each alert, shared by all who watch it in this process."""

    def __init__(self, lasts_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._lasts_s = lasts_s
        self._clock = clock
        self._lock = threading.Lock()
        self._snapshots: dict[str, Snapshot] = {}

    def snapshot(self, public_id: str, read: Callable[[], tuple[Any, bool]]) -> Snapshot:
        """The snapshot of now; `read` is called by one of those who ask, and says with the document
        whether the alert has ended.
        """
        with self._lock:
            found = self._snapshots.get(public_id)
            if found is None or self._clock() - found.at >= self._lasts_s:
                at = self._clock()  # before it is read: it is that old at least
                found = _snapshot(*read(), at)
                self._snapshots.pop(public_id, None)
                self._snapshots[public_id] = found
                while len(self._snapshots) > MOST:
                    del self._snapshots[next(iter(self._snapshots))]
            return found


def _snapshot(document: Any, has_ended: bool, at: float) -> Snapshot:
    body = orjson.dumps(document)
    return Snapshot(hashlib.sha256(body).hexdigest()[:16], body, has_ended, at)
