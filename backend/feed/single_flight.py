"""Single flight: of the threads that want the same page at once, one renders it."""

import threading
from collections.abc import Hashable
from datetime import timedelta

# Whoever waited for so long renders it as well.
PATIENCE = timedelta(seconds=2)


class SingleFlight:
    """Each key has at most one leader; `lead` makes the others wait until it lands."""

    def __init__(self, patience: timedelta = PATIENCE) -> None:
        self._patience_s = patience.total_seconds()
        self._lock = threading.Lock()
        self._flying: dict[Hashable, threading.Event] = {}

    def lead(self, key: Hashable, *, waits: bool = True) -> bool:
        """Whether this thread is to render the page, and to call `land` then; if not, it waited.

        An event loop passes `waits=False`: it does not wait for a thread.
        """
        with self._lock:
            flying = self._flying.get(key)
            if flying is None:
                self._flying[key] = threading.Event()
                return True
        if waits:
            flying.wait(self._patience_s)
        return False

    def land(self, key: Hashable) -> None:
        """End the flight and wake the threads that wait for it."""
        with self._lock:
            landed = self._flying.pop(key)
        landed.set()
