"""Many values as one parameter: the statement is the same however many they are.

SQLAlchemy's `IN` is put together anew for each number of values, and a driver prepares each again.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import orjson
from sqlalchemy import Boolean, ColumnElement, Dialect, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeDecorator


class _Values(TypeDecorator[Collection[Any]]):
    """Numbers or texts, none of them null: an array of PostgreSQL as it is written, JSON on SQLite.

    A list would do for its driver, but costs twice as much: each value is looked at by itself. A
    number has to fit the column.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(NullType() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Collection[Any] | None, dialect: Dialect) -> Any:
        values = list(value or ())
        if dialect.name == "postgresql":
            return "{" + ",".join(map(_element, values)) + "}"
        return orjson.dumps(values).decode()


def _element(value: object) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)


class _Among(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True
    # Otherwise SQLAlchemy compares it with 1 on SQLite, which then uses no index.
    _is_implicitly_boolean = True


def among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Whether the column is one of the values of the parameter of this name."""
    return _Among(column, bindparam(name, type_=_Values()))


def rows_among(name: str, columns: Mapping[str, str]) -> Mapping[str, str]:
    """Return, by engine, the SQL of a table of the rows that the parameter of this name holds.

    `columns` maps names to types; `packed_rows` makes the value; the table is called NAME_given.
    """
    listed = {
        "sqlite": ("json_extract(value, '$[{at}]')", "json_each(:{name})"),
        "postgresql": (
            "CAST(value ->> {at} AS {kind})",
            "json_array_elements(CAST(:{name} AS json))",
        ),
    }
    tables: dict[str, str] = {}
    for engine, (value, rows) in listed.items():
        values = ", ".join(
            f"{value.format(at=at, kind=kind)} AS {column}"
            for at, (column, kind) in enumerate(columns.items())
        )
        tables[engine] = f"(SELECT {values} FROM {rows.format(name=name)}) AS {name}_given"  # noqa: S608
    return tables


def packed_rows(rows: Iterable[tuple[Any, ...]]) -> str:
    return orjson.dumps([*rows]).decode()


@compiles(_Among, "sqlite")
def _on_sqlite(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608


@compiles(_Among, "postgresql")
def _on_postgresql(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} = ANY({values})"
