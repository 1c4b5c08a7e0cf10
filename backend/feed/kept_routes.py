"""Which routes the page cache keeps, and the query parameters that each of them reads.

An address is kept under the parameters that its route reads: one with `utm_source` or `fbclid` on
top shares the entry. Views are given no other parameters, so that none reads what is no key.
"""

import re
from collections.abc import Iterable
from functools import cached_property, lru_cache

from flask import Flask
from werkzeug.routing import Rule

from backend.http.fast_path import plain_query
from backend.http.parameters import parameters_of

# Blueprints whose answers show what is in the database, and those whose answers are the same until
# a restart. Others, such as a redirect, read nothing of the database and need not wait for it.
KEPT = {"feeds", "search", "web", "web-feeds", "web-sitemaps"}
CONSTANT = {"app", "api-docs", "web-offline"}
# Addresses with a query whose key is remembered: how many, and the longest of them.
QUERIES_REMEMBERED, LONGEST_REMEMBERED = 2_000, 200

_CONVERTER = re.compile(r"<(?:(\w+):)?\w+>")
QueryKey = str | tuple[tuple[str, str], ...]


class KeptRoutes:
    """The kept routes of one app, compiled at the first request: rooms register one by one."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._remembered = lru_cache(maxsize=QUERIES_REMEMBERED)(self._key)

    def names(self, path: str) -> frozenset[str]:
        """Return the parameters that the route of this path reads; none where it is not kept."""
        pattern, names = self._table
        found = pattern.fullmatch(path)
        return names[(found.lastindex or 1) - 1] if found else frozenset()

    def key(self, path: str, query: str) -> QueryKey:
        """Return the query's part of the key; unchanged where Flask may parse it otherwise."""
        if not query:
            return ()
        is_short = len(path) + len(query) <= LONGEST_REMEMBERED
        return self._remembered(path, query) if is_short else self._key(path, query)

    def _key(self, path: str, query: str) -> QueryKey:
        given = plain_query(query)
        if given is None:
            return query
        names = self.names(path)
        return tuple(sorted((name, given[name]) for name in names & given.keys()))

    def rules(self) -> list[Rule]:
        """Return the kept rules that answer GET, the most specific first."""
        found = (rule for rule in self._app.url_map.iter_rules() if is_kept(rule.endpoint))
        reading = (rule for rule in found if "GET" in (rule.methods or ()))
        return sorted(reading, key=_particular, reverse=True)

    def reads(self, endpoint: str) -> frozenset[str]:
        return parameters_of(self._app.view_functions[endpoint])

    @cached_property
    def _table(self) -> tuple[re.Pattern[str], tuple[frozenset[str], ...]]:
        rules = self.rules()
        return _any_of(map(_pattern, rules)), tuple(self.reads(rule.endpoint) for rule in rules)


def is_kept(endpoint: str) -> bool:
    return endpoint.rpartition(".")[0] in KEPT | CONSTANT


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"({pattern})" for pattern in patterns), re.DOTALL)


def _pattern(rule: Rule) -> str:
    """Return the regular expression of the paths that a rule matches."""
    parts, at = [], 0
    for found in _CONVERTER.finditer(rule.rule):
        parts += [re.escape(rule.rule[at : found.start()]), ".+" if found[1] else "[^/]+"]
        at = found.end()
    return "".join([*parts, re.escape(rule.rule[at:])])


def _particular(rule: Rule) -> tuple[int, str]:
    return len(_CONVERTER.sub("", rule.rule)), rule.rule
