"""Tells how far a statement of SQLite is, by the size of the file that it writes."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

LOOKED_AT_EVERY_S = 0.2
# Progress callback: how much was done since the last call, and the total.
Step = Callable[[int, int], object]


def untold(_brought: int, _total: int) -> None:
    """Ignore the progress: a `Step` for callers who do not ask."""


@contextmanager
def told_as_it_grows(path: Path, total_bytes: int, step: Step) -> Iterator[None]:
    """Call `step` with what the file grew by, while the block runs."""
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
