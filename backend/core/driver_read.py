"""Reads on the driver's own cursor, for the few statements that SQLAlchemy's results slow down.

For a page of 21 rows they cost more than the database itself. Who listens to the engine's cursor
events, such as a tracer, hears these reads like all others.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Dialect, TextClause
from sqlalchemy.orm import Session

from backend.core.db import Reader

Row = TypeVar("Row")
Bound = Callable[[Mapping[str, Any]], Any]


class DriverRead(Generic[Row]):
    """A SELECT of plain numbers and text; `make_row` takes one tuple of columns."""

    def __init__(self, statement: TextClause, make_row: Callable[[Sequence[Any]], Row]) -> None:
        self._statement = statement
        self._make_row = make_row

    def all(self, reader: Reader, values: Mapping[str, Any]) -> list[Row]:
        """Every row, in the transaction that the reader is in."""
        connection = reader.connection() if isinstance(reader, Session) else reader
        return list(map(self._make_row, self._fetch(connection, values)))

    def _fetch(self, connection: Connection, values: Mapping[str, Any]) -> Sequence[Any]:
        sql, bound = _compiled(self._statement, connection.dialect)
        parameters = bound(values)
        cursor = connection.connection.cursor()
        heard = connection, cursor, sql, parameters, None, False
        try:
            connection.dispatch.before_cursor_execute(*heard)
            cursor.execute(sql, parameters)
            connection.dispatch.after_cursor_execute(*heard)
            return cursor.fetchall()
        except connection.dialect.loaded_dbapi.Error:
            # Asked again by SQLAlchemy, which tells what failed and replaces a lost connection.
            return connection.execute(self._statement, values).all()
        finally:
            cursor.close()


@cache
def _compiled(statement: TextClause, dialect: Dialect) -> tuple[str, Bound]:
    """The driver's SQL, and how it wants its parameters."""
    compiled = statement.compile(dialect=dialect)
    names = compiled.positiontup
    if names is None:
        return str(compiled), lambda values: values
    return str(compiled), lambda values: tuple(values[name] for name in names)
