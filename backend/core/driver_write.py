"""Writes of many rows in the driver's own SQL: SQLAlchemy's work for each of them costs more.

An article is written by a dozen of these, and a story's articles are listed anew by hundreds of
rows.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, Insert, bindparam, func, select
from sqlalchemy.orm import Session

from backend.core.driver_read import Writing, compiled


def write_rows(session: Session, statement: Writing, rows: Sequence[Mapping[str, Any]]) -> None:
    """Execute a statement that was made once for each row; all rows have the same names."""
    if not rows:
        return
    connection = session.connection()
    dialect, columns = connection.dialect, tuple(rows[0])
    if len(rows) > 1 and dialect.name == "postgresql" and isinstance(statement, Insert):
        sql, bound = compiled(_of_arrays(statement, columns), dialect)
        values: Any = bound({name: [row[name] for row in rows] for name in columns})
    else:
        sql, bound = compiled(statement, dialect, columns)
        values = [bound(row) for row in rows] if len(rows) > 1 else bound(rows[0])
    connection.exec_driver_sql(sql, values)


@cache
def _of_arrays(statement: Insert, columns: tuple[str, ...]) -> Insert:
    """The same rows given as an array a column: PostgreSQL's driver sends each row by itself."""
    arrays = [bindparam(name, type_=ARRAY(statement.table.c[name].type)) for name in columns]
    rows = func.unnest(*arrays).table_valued(*columns).render_derived()
    return statement.from_select(list(columns), select(*rows.c))
