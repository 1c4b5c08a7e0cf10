"""Shares between the apps of tests what each would compile alike: a fifth of their processor time.

Every test has an app and a database of its own. A server compiles its routes and statements once
for all its requests; without this each test would do so again.
"""

from collections.abc import Callable, Hashable
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

Builder = Callable[..., Any]

STATEMENTS = 5000


def install() -> None:
    _share_statements()
    setattr(Rule, "_compile_builder", _once_a_rule(Rule._compile_builder))  # noqa: B010 - a method


def _share_statements() -> None:
    """SQLAlchemy keys what it compiled by the dialect object: those of one kind become equal."""
    shared: LRUCache[Any, Any] = LRUCache(STATEMENTS)

    def use_shared(connection: Connection) -> None:
        connection.execution_options(compiled_cache=shared)

    for kind in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        setattr(kind, "__eq__", lambda one, other: type(one) is type(other))  # noqa: B010
        setattr(kind, "__hash__", lambda one: hash(type(one)))  # noqa: B010
    event.listen(Engine, "engine_connect", use_shared)


def _once_a_rule(compile_builder: Builder) -> Builder:
    made: dict[Hashable, Any] = {}

    def compiled(rule: Rule, append_unknown: bool = True) -> Any:
        key = (rule.rule, str(rule._trace), repr(rule.defaults), append_unknown)
        if key not in made:
            made[key] = compile_builder(rule, append_unknown)
        return made[key]

    return compiled
