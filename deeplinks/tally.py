"""Downloads counted in memory and written together: on the way to a store nobody waits for a
database, and a surge costs one transaction a second.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

log = logging.getLogger(__name__)

DELAY_S = 1.0
# While the database is away; what comes on top is not counted.
MOST_KEPT = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """Somebody was sent to a store. Nothing says who."""

    at: datetime
    store: str
    path: str
    campaign: str | None


class Tally:
    """One per process. `write` owns a transaction; what it could not write is kept."""

    def __init__(self, write: Callable[[Sequence[Download]], None]) -> None:
        self._write = write
        self._waiting: list[Download] = []
        self._timer: threading.Timer | None = None
        self._adding = threading.Lock()
        self._writing = threading.Lock()

    def add(self, download: Download) -> None:
        with self._adding:
            if len(self._waiting) < MOST_KEPT:
                self._waiting.append(download)
            if self._timer is None:
                # Not a daemon: a process that ends waits for what it counted.
                self._timer = threading.Timer(DELAY_S, self.flush)
                self._timer.start()

    def flush(self) -> None:
        """Write what was counted so far; the next download tries again after a failure."""
        with self._writing:
            with self._adding:
                taken, self._waiting, self._timer = self._waiting, [], None
            if not taken:
                return
            try:
                self._write(taken)
            except SQLAlchemyError as error:
                log.warning("downloads not counted yet", extra={"kind": type(error).__name__})
                with self._adding:
                    self._waiting = [*taken, *self._waiting][:MOST_KEPT]
