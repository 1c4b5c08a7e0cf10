"""Write-behind counting of downloads, buffered in memory and written in batches.

On the way to a store nobody waits for a database, and a surge costs one transaction a second.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from backend.core.faults import DATABASE_AWAY, ItemFaults

log = logging.getLogger(__name__)

LOOP = "downloads"
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
            left = self._written(taken)
            with self._adding:
                self._waiting = [*left, *self._waiting][:MOST_KEPT]

    def _written(self, taken: Sequence[Download]) -> Sequence[Download]:
        """Write downloads; what has to wait for the database.

        After any other error each is written alone: an odd one is lost, and no other one with it.
        """
        try:
            self._write(taken)
        except DATABASE_AWAY as error:
            log.warning("downloads not counted yet", extra={"kind": type(error).__name__})
            return taken
        except Exception as error:  # noqa: BLE001 the boundary of a loop
            return self._written_alone(taken, error)
        return ()

    def _written_alone(self, taken: Sequence[Download], fault: Exception) -> Sequence[Download]:
        item_faults = ItemFaults(LOOP)
        if len(taken) == 1:
            item_faults.add(fault)
            return ()
        for position, download in enumerate(taken):
            try:
                self._write([download])
            except DATABASE_AWAY:
                return taken[position:]
            except Exception as error:  # noqa: BLE001 the boundary of one item of a loop
                item_faults.add(error)
        return ()
