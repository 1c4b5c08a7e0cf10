"""Rate limit storage of this process: counters of fixed windows, expired by the calls themselves.

The memory storage of `limits` starts a timer thread every 10 ms while it is called, which takes
the interpreter from the event loop each time.
"""

import threading
import time
from dataclasses import dataclass

from limits.storage import Storage

# Expired windows dropped with each call: more than one, so that they never pile up.
_DROPPED_AT_ONCE = 2


@dataclass(slots=True)
class _Window:
    calls: int
    ends_at: float


class WindowCounters(Storage):
    """Storage of `FixedWindowRateLimiter`; times are seconds since 1970, as `limits` has them."""

    STORAGE_SCHEME = None
    base_exceptions = ()

    def __init__(self) -> None:
        super().__init__()
        # In the order of their beginning; of windows of one length that is the order of their end.
        self._windows: dict[str, _Window] = {}
        self._lock = threading.Lock()

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now = time.time()
        with self._lock:
            self._drop_expired(now)
            window = self._windows.get(key)
            if window is None or window.ends_at <= now:
                self._windows.pop(key, None)
                window = self._windows[key] = _Window(0, now + expiry)
            window.calls += amount
            return window.calls

    def get(self, key: str) -> int:
        window = self._windows.get(key)
        return window.calls if window is not None and window.ends_at > time.time() else 0

    def get_expiry(self, key: str) -> float:
        window = self._windows.get(key)
        return window.ends_at if window is not None else time.time()

    def check(self) -> bool:
        return True

    def reset(self) -> int:
        with self._lock:
            count = len(self._windows)
            self._windows.clear()
        return count

    def clear(self, key: str) -> None:
        with self._lock:
            self._windows.pop(key, None)

    def _drop_expired(self, now: float) -> None:
        for _ in range(_DROPPED_AT_ONCE):
            oldest = next(iter(self._windows), None)
            if oldest is None or self._windows[oldest].ends_at > now:
                return
            del self._windows[oldest]
