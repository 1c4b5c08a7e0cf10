"""Writes of many rows in the driver's own SQL: SQLAlchemy's work for each of them costs more.

An article is written by a dozen of these, and a story's articles are listed anew by hundreds of
rows.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from backend.core.driver_read import Writing, compiled


def write_rows(session: Session, statement: Writing, rows: Sequence[Mapping[str, Any]]) -> None:
    """Execute a statement that was made once for each row; all rows have the same names."""
    if rows:
        connection = session.connection()
        sql, bound = compiled(statement, connection.dialect, tuple(rows[0]))
        values = [bound(row) for row in rows]
        connection.exec_driver_sql(sql, values if len(values) > 1 else values[0])
