"""Measures the machine and its database for `tagwire check`."""

from datetime import datetime

from sqlalchemy.orm import Session

from backend.core.database_state import clock_ahead, free_bytes
from backend.production_check import Surroundings


def measure(session: Session, now: datetime) -> Surroundings:
    """The database's version and clock, and the free space beside its file."""
    session.connection()  # the dialect knows the version once it is connected
    version = session.get_bind().engine.dialect.server_version_info or (0,)
    return Surroundings(
        database_version=tuple(map(int, version)),
        database_clock_ahead=clock_ahead(session, now),
        free_bytes=free_bytes(session),
    )
