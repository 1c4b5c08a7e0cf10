"""`INSERT … ON CONFLICT`, which both engines have, and SQLAlchemy for each in its dialect."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import Table
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql


def insert_of(engine: str, table: type[Any] | Table) -> "sqlite.Insert | postgresql.Insert":
    """Make an `INSERT` of this engine, for `on_conflict_do_nothing` or `on_conflict_do_update`."""
    if engine == "sqlite":
        return sqlite.insert(table)
    # 2 MB and a twentieth of a second that a process on SQLite does without.
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415

    return postgresql.insert(table)
