"""Clock of a worker: the database's, where it is on a machine of its own."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from backend.core.db import db, release

MEASURE_EVERY_S = 10.0


@dataclass(slots=True)
class SharedClock:
    """Our clock, corrected by its offset from the database's.

    Several machines agree by that on leases, due times and reservations. SQLite has no clock of its
    own, and its workers are on one machine.
    """

    clock: Callable[[], datetime]
    offset: timedelta = timedelta(0)
    measures_at: float = 0.0

    def __call__(self) -> datetime:
        return self.clock() + self.offset

    def measure(self) -> None:
        """Measure the offset, now and then.

        Raises:
            SQLAlchemyError: the database was away; the last offset stays.
        """
        if time.monotonic() < self.measures_at or db.engine.dialect.name != "postgresql":
            return
        try:
            told = db.session().scalars(select(func.clock_timestamp())).one()
            self.offset = told.astimezone(UTC) - self.clock()
        finally:
            release()
        self.measures_at = time.monotonic() + MEASURE_EVERY_S
