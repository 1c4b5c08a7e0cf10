"""Free pages of SQLite's file: given back to the disk in slices, or all at once.

A database that was made before `auto_vacuum` keeps its free pages for itself until `compact`.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Engine
from sqlalchemy.engine import Connection

from backend.core.db import db
from backend.core.growing_file import Step, told_as_it_grows, untold
from backend.core.settings import OperatorError

INCREMENTAL = 2
# A slice moves so many pages of 4 kB; so many free ones stay, for what is written next.
PAGES_AT_ONCE, LEFT_FREE = 200, 2_000


class NotSqlite(OperatorError):
    """The database is not SQLite: PostgreSQL vacuums by itself."""


def give_back() -> Iterator[None]:
    """Shorten the file by its free pages, a few in each transaction."""
    while _shorten_some():
        yield


def compact(engine: Engine, step: Step = untold) -> tuple[int, int]:
    """Write the file anew without free pages; return its bytes before and after.

    The new pages go through the log, whose growth tells `step` how far it is.

    Raises:
        NotSqlite: there is no such file.
    """
    if engine.dialect.name != "sqlite":
        raise NotSqlite("PostgreSQL gives space back by autovacuum; VACUUM FULL rewrites a table.")
    with engine.connect().execution_options(writes=None) as connection:
        before = _bytes(connection)
        connection.exec_driver_sql(f"PRAGMA auto_vacuum = {INCREMENTAL}")
        with told_as_it_grows(Path(f"{engine.url.database}-wal"), before, step):
            connection.exec_driver_sql("VACUUM")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return before, _bytes(connection)


def _shorten_some() -> bool:
    if db.engine.dialect.name != "sqlite":
        return False
    with db.engine.connect().execution_options(writes=None) as connection:
        is_incremental = _pragma(connection, "auto_vacuum") == INCREMENTAL
        free = _pragma(connection, "freelist_count")
        if not is_incremental or free <= LEFT_FREE:
            return False
        # The driver alone goes on to the end: a step of this statement moves one page.
        driver = cast(sqlite3.Connection, connection.connection.driver_connection)
        driver.execute(f"PRAGMA incremental_vacuum({PAGES_AT_ONCE})").fetchall()
        return _pragma(connection, "freelist_count") < free


def _bytes(connection: Connection) -> int:
    return _pragma(connection, "page_count") * _pragma(connection, "page_size")


def _pragma(connection: Connection, name: str) -> int:
    value: Any = connection.exec_driver_sql(f"PRAGMA {name}").scalar()
    return int(value)
