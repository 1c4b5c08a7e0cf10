"""The state of the database: its file, size and clock, and whether it can be written."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

# A transaction, its write-ahead log and what a checkpoint needs; with less SQLite fails soon.
LEAST_FREE_BYTES = 16_000_000

_IS_READ_ONLY = text(
    "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean"
)
_SIZE = text("SELECT pg_database_size(current_database())")


def database_file(session: Session) -> Path | None:
    """Return SQLite's file; None for a database that is a server of its own."""
    engine = session.get_bind().engine
    is_file = engine.dialect.name == "sqlite"
    return Path(engine.url.database or ".") if is_file else None


def free_bytes(session: Session) -> int | None:
    """Return the free space on the disk of SQLite's file; None for a server, which does not say."""
    file = database_file(session)
    return shutil.disk_usage(file.parent).free if file else None


def size_bytes(session: Session) -> int:
    """Return the size of the database, on SQLite with its write-ahead log."""
    file = database_file(session)
    if file is None:
        return int(session.scalar(_SIZE) or 0)
    return sum(each.stat().st_size for each in file.parent.glob(f"{file.name}*") if each.is_file())


def clock_ahead(session: Session, now: datetime) -> timedelta:
    """Return how far the database's clock is ahead of ours; SQLite uses ours."""
    if database_file(session) is not None:
        return timedelta(0)
    told: datetime = session.scalars(select(func.clock_timestamp())).one()
    return told.astimezone(UTC) - now


def why_unwritable(session: Session) -> str | None:
    """Return the reason why a write would fail, as far as known without one; else None."""
    file, left = database_file(session), free_bytes(session)
    if file is None:
        read_only = session.scalar(_IS_READ_ONLY)
        return "The database is a standby, or read-only." if read_only else None
    if not os.access(file, os.W_OK) or not os.access(file.parent, os.W_OK):
        return "The database's file or folder cannot be written."
    if left is not None and left < LEAST_FREE_BYTES:
        return f"The disk of the database is full: {left // 1_000_000} MB are left."
    return None
