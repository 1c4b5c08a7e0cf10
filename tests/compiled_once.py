"""Shares between the apps of tests what each would compile alike: a third of their processor time.

Every test has an app and a database of its own. A server compiles its routes, templates and
statements once for all its requests; without this each test would do so again.
"""

from collections.abc import Hashable
from types import CodeType
from typing import Any

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

STATEMENTS = 5000


def install() -> None:
    _share_statements()
    _share_routes()
    Flask.jinja_options = {"bytecode_cache": Templates()}


def _share_statements() -> None:
    """SQLAlchemy keys what it compiled by the dialect object: those of one kind become equal."""
    shared: LRUCache[Any, Any] = LRUCache(STATEMENTS)

    def use_shared(connection: Connection) -> None:
        connection.execution_options(compiled_cache=shared)

    for kind in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        setattr(kind, "__eq__", lambda one, other: type(one) is type(other))  # noqa: B010
        setattr(kind, "__hash__", lambda one: hash(type(one)))  # noqa: B010
    event.listen(Engine, "engine_connect", use_shared)


def _share_routes() -> None:
    """A route takes over what the first one of the same words became."""
    made: dict[Hashable, Rule] = {}
    compile_rule = Rule.compile

    def compile_once(rule: Rule) -> None:
        key = (rule.rule, rule.host, rule.subdomain, rule.merge_slashes, repr(rule.defaults))
        like = made.get(key)
        if like is None:
            compile_rule(rule)
            made[key] = rule
            return
        rule._parts, rule._trace, rule._converters = like._parts, like._trace, like._converters
        rule.arguments = like.arguments
        for name in ("_build", "_build_unknown"):
            setattr(rule, name, getattr(like, name).__func__.__get__(rule))

    setattr(Rule, "compile", compile_once)  # noqa: B010 - a method


class Templates(BytecodeCache):
    """What a template became, by its name, file and text."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._made.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self._made[bucket.key, bucket.checksum] = bucket.code
