"""Shares between the apps of tests what each would compile alike: a third of their processor time.

Every test has an app and a database of its own. A server compiles its routes, templates and
statements once for all its requests; without this each test would do so again.
"""

from collections.abc import Hashable
from types import CodeType
from typing import Any
from weakref import WeakKeyDictionary

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache
from werkzeug.routing import Map, Rule, RuleFactory
from werkzeug.routing.matcher import StateMachineMatcher

STATEMENTS = 5000
AUTOMATIC = "provide_automatic_options"  # which Flask gives a route, to answer OPTIONS


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
    """An app with the routes of an earlier one takes over what they became together.

    Routes wait until their map is asked for the first time, as their order does in Werkzeug.
    """
    made: dict[Hashable, tuple[StateMachineMatcher, dict[Any, list[Rule]]]] = {}
    added: WeakKeyDictionary[Map, list[Rule]] = WeakKeyDictionary()

    def add_later(routes: Map, factory: RuleFactory) -> None:
        added.setdefault(routes, []).extend(factory.get_rules(routes))
        routes._remap = True

    def make_once(routes: Map) -> None:
        if not routes._remap:
            return
        with routes._remap_lock:
            rules = added.get(routes, [])
            key = (routes.merge_slashes, routes.host_matching, *map(_words, rules))
            if key not in made:
                made[key] = _compiled(routes, rules)
            routes._matcher, routes._rules_by_endpoint = made[key]
            routes._remap = False

    setattr(Map, "add", add_later)  # noqa: B010 - a method, as the next
    setattr(Map, "update", make_once)  # noqa: B010


def _words(rule: Rule) -> Hashable:
    """All that a route is told when it is made."""
    return (
        *(rule.rule, rule.endpoint, frozenset(rule.methods or ()), repr(rule.defaults)),
        *(rule.subdomain, rule.host, rule.strict_slashes, rule.merge_slashes, rule.redirect_to),
        *(rule.build_only, rule.alias, rule.websocket, vars(rule).get(AUTOMATIC)),
    )


def _compiled(routes: Map, rules: list[Rule]) -> tuple[StateMachineMatcher, dict[Any, list[Rule]]]:
    """What `Map.add` and `Map.update` make of them."""
    matcher = StateMachineMatcher(routes.merge_slashes)
    by_endpoint: dict[Any, list[Rule]] = {}
    for rule in rules:
        rule.bind(routes, rebind=True)
        if not rule.build_only:
            matcher.add(rule)
        by_endpoint.setdefault(rule.endpoint, []).append(rule)
    matcher.update()
    for each in by_endpoint.values():
        each.sort(key=Rule.build_compare_key)
    return matcher, by_endpoint


class Templates(BytecodeCache):
    """What a template became, by its name, file and text."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._made.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self._made[bucket.key, bucket.checksum] = bucket.code
