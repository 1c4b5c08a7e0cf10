"""Reads on the driver's own cursor, for statements that SQLAlchemy's results slow down.

For a page of 21 rows they cost more than the database itself. Listeners of the engine's cursor
events, such as a tracer, hear these reads like all others.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    CompoundSelect,
    Connection,
    Delete,
    Dialect,
    Insert,
    Select,
    TextClause,
    Update,
)

from backend.core.db import Reader, UtcDateTime, connection_of

Row = TypeVar("Row")
Statement = TextClause | Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]
Writing = TextClause | Insert | Update | Delete
Bound = Callable[[Mapping[str, Any]], Any]


class DriverRead(Generic[Row]):
    """A SELECT of plain numbers and text; `make_row` takes one tuple of columns.

    `postgresql` is the same question where PostgreSQL has to be asked otherwise. What is
    `planned_anew` is never prepared there: its best plan depends on the values.
    """

    def __init__(
        self,
        statement: Statement,
        make_row: Callable[[Sequence[Any]], Row],
        *,
        postgresql: Statement | None = None,
        planned_anew: bool = False,
    ) -> None:
        self._statement = statement
        self._make_row = make_row
        self._postgresql = statement if postgresql is None else postgresql
        self._options = {"prepare": False} if planned_anew else {}

    def all(self, reader: Reader, values: Mapping[str, Any]) -> list[Row]:
        """Return every row, in the transaction that the reader is in."""
        return list(map(self._make_row, self._fetch(connection_of(reader), values)))

    def first(self, reader: Reader, values: Mapping[str, Any]) -> Row | None:
        return next(iter(self.all(reader, values)), None)

    def _fetch(self, connection: Connection, values: Mapping[str, Any]) -> Sequence[Any]:
        dialect = connection.dialect
        is_postgresql = dialect.name == "postgresql"
        statement = self._postgresql if is_postgresql else self._statement
        sql, bound = compiled(statement, dialect)
        parameters = bound(values)
        cursor = connection.connection.cursor()
        heard = connection, cursor, sql, parameters, None, False
        try:
            connection.dispatch.before_cursor_execute(*heard)
            cursor.execute(sql, parameters, **(self._options if is_postgresql else {}))
            connection.dispatch.after_cursor_execute(*heard)
            return cursor.fetchall()
        except dialect.loaded_dbapi.Error:
            # Asked again by SQLAlchemy, which tells what failed and replaces a lost connection.
            return connection.execute(statement, values).all()
        finally:
            cursor.close()


@cache
def compiled(
    statement: Statement | Writing, dialect: Dialect, columns: tuple[str, ...] | None = None
) -> tuple[str, Bound]:
    """Return the driver's SQL, and a function that binds values, the statement's own included.

    `columns` are those of the rows that an INSERT is given.
    """
    made = statement.compile(
        dialect=dialect, column_keys=columns, compile_kwargs={"render_postcompile": True}
    )
    own, names, stored = made.params, made.positiontup, _processors(made, dialect)
    if names is None:
        return str(made), lambda values: _stored(stored, {**own, **values})
    in_order = _in_order(names)
    return str(made), lambda values: in_order(_stored(stored, {**own, **values}))


def _processors(compiled: Any, dialect: Dialect) -> Mapping[str, Callable[[Any], Any]]:
    """Return the bind processors of typed parameters; instants are cached: many rows share one."""
    return {
        name: lru_cache(maxsize=8)(process) if isinstance(bound.type, UtcDateTime) else process
        for bound, name in compiled.bind_names.items()
        if (process := bound.type.dialect_impl(dialect).bind_processor(dialect)) is not None
    }


def _stored(
    processors: Mapping[str, Callable[[Any], Any]], values: dict[str, Any]
) -> dict[str, Any]:
    for name, process in processors.items():
        values[name] = process(values[name])
    return values


def _in_order(names: Sequence[str]) -> Bound:
    if len(names) > 1:
        return itemgetter(*names)  # in C; of one name it makes no tuple
    return lambda values: tuple(values[name] for name in names)
