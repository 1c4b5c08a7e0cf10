"""Indexes of some rows of a table. The migrations make them, on both engines alike."""

from typing import Any

from sqlalchemy import ColumnElement, Index
from sqlalchemy.orm import InstrumentedAttribute


def partial_index(
    name: str,
    *columns: InstrumentedAttribute[Any],
    where: ColumnElement[bool] | InstrumentedAttribute[bool],
) -> Index:
    """Make an index of the rows for which `where` holds.

    A `postgresql_where` beside it would load the dialect of PostgreSQL: 2 MB and a twentieth of a
    second of every process on SQLite.
    """
    return Index(name, *columns, sqlite_where=where)
