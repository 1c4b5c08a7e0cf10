"""Write-behind buffer of what is counted: a surge costs one transaction a second."""

import logging
import threading
from collections.abc import Callable, Sequence

from flask import Flask, current_app
from sqlalchemy.exc import ProgrammingError

from backend.core.db import release
from backend.core.faults import DATABASE_AWAY, ItemFaults
from backend.core.timers import start_awaited
from deeplinks.counts.values import Counted

EXTENSION = "deeplinks.counts"
LOOP = "downloads"
FLUSH_DELAY_S = 1.0
# Most counts that are kept while the database is away; others are not counted.
BUFFER_LIMIT = 50_000

# A table that is not there is a ProgrammingError on PostgreSQL, an OperationalError on SQLite.
_NOT_NOW = (*DATABASE_AWAY, ProgrammingError)

log = logging.getLogger(__name__)


class CountBuffer:
    """A write-behind counter, one per process: counts are buffered and written in batches.

    On the way to a page or a store nobody waits for a database, and a surge costs one transaction
    a second. `write` owns it; what has to wait for the database is kept.
    """

    def __init__(self, write: Callable[[Sequence[Counted]], None]) -> None:
        self._write = write
        self._waiting: list[Counted] = []
        self._timer: threading.Timer | None = None
        self._adding = threading.Lock()
        self._writing = threading.Lock()

    def add(self, counted: Counted) -> None:
        with self._adding:
            if len(self._waiting) < BUFFER_LIMIT:
                self._waiting.append(counted)
            if self._timer is None:
                self._timer = start_awaited(FLUSH_DELAY_S, self.flush)

    def flush(self) -> None:
        """Write the buffer; after a failure the next count tries again."""
        with self._writing:
            with self._adding:
                taken, self._waiting, self._timer = self._waiting, [], None
            if not taken:
                return
            left = self._written(taken)
            with self._adding:
                self._waiting = [*left, *self._waiting][:BUFFER_LIMIT]

    def _written(self, taken: Sequence[Counted]) -> Sequence[Counted]:
        """Write them; return those that have to wait for the database.

        After any other error each is written alone: one that fails is lost, and no other with it.
        """
        try:
            self._write(taken)
        except _NOT_NOW as error:
            log.warning("links not counted yet", extra={"kind": type(error).__name__})
            return taken
        except Exception as error:  # noqa: BLE001 the boundary of a loop
            return self._written_alone(taken, error)
        return ()

    def _written_alone(self, taken: Sequence[Counted], fault: Exception) -> Sequence[Counted]:
        item_faults = ItemFaults(LOOP)
        if len(taken) == 1:
            item_faults.add(fault)
            return ()
        for position, counted in enumerate(taken):
            try:
                self._write([counted])
            except _NOT_NOW:
                return taken[position:]
            except Exception as error:  # noqa: BLE001 the boundary of one item of a loop
                item_faults.add(error)
        return ()


def count_buffer(app: Flask | None = None) -> CountBuffer:
    """Return the count buffer of an app that serves requests."""
    found: CountBuffer = (app or current_app).extensions[EXTENSION]
    return found


def write_counts_now() -> None:
    """Write what this process has counted, and read from now on what stands there then."""
    count_buffer().flush()
    release()
