"""Writes in the driver's own SQL and on its cursor: SQLAlchemy's work for each of them costs more.

An article is written by a dozen of these, and a story's articles are listed anew by hundreds of
rows.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, Connection, Insert, bindparam, func, select
from sqlalchemy.orm import Session

from backend.core.db import connection_of
from backend.core.driver_read import Writing, compiled


def write_rows(session: Session, statement: Writing, rows: Sequence[Mapping[str, Any]]) -> None:
    """Execute a statement that was made once for each row; all rows have the same names."""
    if not rows:
        return
    connection = connection_of(session)
    dialect, columns = connection.dialect, tuple(rows[0])
    if len(rows) > 1 and dialect.name == "postgresql" and isinstance(statement, Insert):
        statement = _of_arrays(statement, columns)
        rows = [{name: [row[name] for row in rows] for name in columns}]
    sql, bound = compiled(statement, dialect, columns)
    values = [bound(row) for row in rows]
    is_many = len(values) > 1
    _run(connection, sql, values if is_many else values[0], is_many=is_many)


def write_returning(
    session: Session, statement: Writing, values: Mapping[str, Any]
) -> Sequence[Sequence[Any]]:
    """Execute a statement that was made once; return the plain numbers and texts of its rows."""
    connection = connection_of(session)
    sql, bound = compiled(statement, connection.dialect, tuple(values))
    return _run(connection, sql, bound(values), returns=True)


@cache
def _of_arrays(statement: Insert, columns: tuple[str, ...]) -> Insert:
    """Rewrite an INSERT to take an array per column: PostgreSQL's driver sends each row alone."""
    arrays = [bindparam(name, type_=ARRAY(statement.table.c[name].type)) for name in columns]
    rows = func.unnest(*arrays).table_valued(*columns).render_derived()
    return statement.from_select(list(columns), select(*rows.c))


def _run(
    connection: Connection, sql: str, values: Any, *, is_many: bool = False, returns: bool = False
) -> Sequence[Sequence[Any]]:
    cursor = connection.connection.cursor()
    heard = connection, cursor, sql, values, None, is_many
    try:
        connection.dispatch.before_cursor_execute(*heard)
        (cursor.executemany if is_many else cursor.execute)(sql, values)
        connection.dispatch.after_cursor_execute(*heard)
        return cursor.fetchall() if returns else ()
    except connection.dialect.loaded_dbapi.Error as error:
        # Raised the way SQLAlchemy does it, which also gives up a lost connection.
        connection._handle_dbapi_exception(error, sql, values, cursor, None)
    finally:
        cursor.close()
