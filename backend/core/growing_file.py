"""Tells how far a statement of SQLite is, by the file that it writes: itself it tells nothing."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

LOOKED_AT_EVERY_S = 0.2
# Progress callback: what was brought since the last call, and all there is to bring.
Step = Callable[[int, int], object]


def untold(_brought: int, _total: int) -> None:
    """For who does not ask."""


@contextmanager
def told_as_it_grows(path: Path, total_bytes: int, step: Step) -> Iterator[None]:
    """Call `step` for what the file grew by, meanwhile."""
    ended = threading.Event()
    watch = threading.Thread(target=_watch, args=(path, total_bytes, step, ended), daemon=True)
    watch.start()
    try:
        yield
    finally:
        ended.set()
        watch.join()


def _watch(path: Path, total_bytes: int, step: Step, ended: threading.Event) -> None:
    seen = 0
    while not ended.wait(LOOKED_AT_EVERY_S):
        size = min(path.stat().st_size, total_bytes) if path.exists() else 0
        if size > seen:
            step(size - seen, total_bytes)
            seen = size
