"""Waits for what another thread or process does."""

import time
from collections.abc import Callable


def until(holds: Callable[[], object], *, within_s: float = 40) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.02)
