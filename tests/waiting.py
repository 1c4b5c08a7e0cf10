"""Waits for what another thread or process does."""

import time
from collections.abc import Callable

# What nothing but the speed of the machine decides is waited for as long as this.
PATIENCE_S = 90
# A look takes processor from what is waited for: nine tenths of the time are its own.
PAUSE_PER_LOOK = 9
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.02, 0.5


def until(holds: Callable[[], object], *, within_s: float = PATIENCE_S) -> None:
    assert comes_to_hold(holds, within_s=within_s), "it never came to hold"


def comes_to_hold(holds: Callable[[], object], *, within_s: float = PATIENCE_S) -> bool:
    deadline = time.monotonic() + within_s
    while True:
        looked_at, spent = time.monotonic(), time.thread_time()
        if holds():
            return True
        if looked_at > deadline:
            return False
        taken = PAUSE_PER_LOOK * (time.thread_time() - spent)
        time.sleep(min(LONGEST_PAUSE_S, max(SHORTEST_PAUSE_S, taken)))
