"""The route table: web paths to app screens, and back. Pure.

A path is cut the way both platforms' patterns cut it, so that the association files made from
this table open exactly the paths that `match` answers (see `association.py`).
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

HOME = "home"
# The screen of short links, which open the app; only the server knows their real screens.
SHORT_LINK = "short_link"
_SHORT_LINKS = {"screen": SHORT_LINK, "path": "/l/{code}"}
OPT_OUT_FRAGMENT = "web"
OPT_OUT_QUERY = ("web", "1")
# Never the app's: answers of this server that are no pages, and accounts and money.
# Files are for feed readers, crawlers and browsers, wherever they are.
WEB_ONLY = (
    *("/.well-known/*", "/account/*", "/console/*", "/download", "/healthz", "/metrics"),
    *("/readyz", "/robots.txt", "/simulator/*", "/static/*", "/sw.js", "/v1/*"),
    *("/*.atom", "/*.ico", "/*.json", "/*.png", "/*.rss", "/*.svg", "/*.webmanifest", "/*.xml"),
)

_KEYS = ("screen", "path", "query")
_PARAMETER = re.compile(r"\{([a-z][a-z0-9_]*)(\?)?\}")
_LITERAL = re.compile(r"[A-Za-z0-9._~-]+")
_NEVER = re.compile(r"/(?:[A-Za-z0-9._~-]+/)*(?:[A-Za-z0-9._~-]+|\*(?:\.[a-z0-9]+)?)")
# One character of any kind, then everything up to the next slash: the cut that `?*` makes.
_PARTS = re.compile(r"/(.[^/]*)", re.DOTALL)
# Characters that browsers leave as they are in a path (RFC 3986 pchar, without the percent sign).
_PATH_SAFE = "-._~!$&'()*+,;=:@"


class RouteError(ValueError):
    """A rule that cannot be used; the message names it."""


@dataclass(frozen=True, slots=True)
class Screen:
    """A place in the app."""

    name: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Segment:
    """A literal piece of a path, or a parameter."""

    literal: str = ""
    parameter: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """A rule of the table. `optional` says that the last parameter may be missing."""

    screen: str
    path: str
    segments: tuple[Segment, ...]
    optional: bool = False
    query: tuple[str, ...] = ()

    def variants(self) -> Iterator[tuple[Segment, ...]]:
        """Yield the segments in each length in which the path may be written."""
        yield self.segments
        if self.optional:
            yield self.segments[:-1]


# A rule: one way to write a route's path.
Rule = tuple[tuple[Segment, ...], Route]


@dataclass(slots=True)
class Node:
    """A node in the tree of rules: what may follow the same beginning of a path."""

    literals: dict[str, "Node"] = field(default_factory=dict)
    parameter: "Node | None" = None
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class RouteTable:
    """All rules, most specific first, whatever order they were written in."""

    routes: tuple[Route, ...]
    never_open: tuple[str, ...]
    by_length: Mapping[int, tuple[Rule, ...]]
    tree: Node

    def match(self, path: str, query: str = "") -> Screen | None:
        """Return the screen of a path as browsers send it; None without one or for short links."""
        if self.is_never_open(path):
            return None
        parts = parts_of(path)
        found = _found(self.tree, parts, 0)
        if found is None or found[1].screen == SHORT_LINK:
            return None
        segments, route = found
        return Screen(route.screen, _params(segments, parts, route, query))

    def short_code(self, path: str) -> str | None:
        """Return the code in the path of a short link; None for any other path."""
        found = None if self.is_never_open(path) else self.rule_of(path)
        return decoded(parts_of(path)[-1]) if found and found[1].screen == SHORT_LINK else None

    def rule_of(self, path: str) -> Rule | None:
        """Return the rule that matches a path, whether or not the path may open the app."""
        return _found(self.tree, parts_of(path), 0)

    def opens(self, path: str, query: str = "", fragment: str = "") -> bool:
        """Whether the installed app opens this; readers can opt out by query or fragment."""
        name, value = OPT_OUT_QUERY
        values = [given for key, given in parse_qsl(query, keep_blank_values=True) if key == name]
        stays = fragment == OPT_OUT_FRAGMENT or (bool(values) and set(values) == {value})
        return not stays and not self.is_never_open(path) and self.rule_of(path) is not None

    def is_never_open(self, path: str) -> bool:
        return self.never_open_rule(path) is not None

    def never_open_rule(self, path: str) -> str | None:
        """Return the pattern that keeps a path on the web; None without one."""
        return next((rule for rule in self.never_open if _is_under(path, rule)), None)

    def path_of(self, screen: Screen) -> str | None:
        """Return the canonical path of a screen; None when the table has no way to it."""
        for route in self.routes:
            if route.screen == screen.name:
                for segments in route.variants():
                    if all(s.literal or screen.params.get(s.parameter) for s in segments):
                        return _written(segments, route, screen.params)
        return None


def parse_table(document: Mapping[str, Any]) -> RouteTable:
    """Parse the table of `[[routes]]` and `[links]` in app.toml.

    Raises:
        RouteError: a rule cannot be expressed on both platforms, or can never be reached.
    """
    never_open = tuple(_never_open(document.get("links", {}).get("never_open", [])))
    routes = tuple(map(_route, [*_tables(document), *_own_routes(never_open)]))
    by_length: dict[int, list[Rule]] = {}
    for route in routes:
        for segments in route.variants():
            _refuse_twin(by_length.get(len(segments), []), segments, route)
            by_length.setdefault(len(segments), []).append((segments, route))
        _refuse_unreachable(route, never_open)
    ordered = {n: tuple(sorted(rules, key=_specificity)) for n, rules in by_length.items()}
    tree = _tree(rule for rules in ordered.values() for rule in rules)
    return RouteTable(routes=routes, never_open=never_open, by_length=ordered, tree=tree)


def parts_of(path: str) -> list[str]:
    """Split a path into pieces. A repeated slash belongs to the piece that follows it."""
    trimmed = path.rstrip("/")
    return _PARTS.findall(trimmed) if trimmed else []


def decoded(part: str) -> str:
    """Decode a piece as its reader means it; invalid escapes stay as written."""
    return unicodedata.normalize("NFC", unquote(part.lstrip("/"), errors="replace"))


def encoded(value: str) -> str:
    """Encode a value as a browser writes it in a path."""
    return quote(unicodedata.normalize("NFC", value), safe=_PATH_SAFE)


def split_url(url: str) -> tuple[str, str, str, str]:
    """Return host without port, path, query and fragment; the path as it was sent.

    Raises:
        ValueError: this is not an absolute web address.
    """
    parts = urlsplit(url)
    if parts.scheme.lower() not in {"http", "https"} or not parts.hostname:
        raise ValueError("not an absolute http or https address")
    return parts.hostname, quote(parts.path, safe="/%" + _PATH_SAFE), parts.query, parts.fragment


def _tables(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    entries = document.get("routes", [])
    if not isinstance(entries, list):
        raise RouteError("routes: write each rule as a table, [[routes]]")
    for entry in entries:
        if not isinstance(entry, Mapping):
            raise RouteError("routes: write each rule as a table, [[routes]]")
        unknown = [key for key in entry if key not in _KEYS]
        if unknown:
            raise RouteError(f"route {entry.get('path', '')}: {unknown[0]!r} is not known")
        yield entry


def _own_routes(never_open: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Yield the routes of this server itself, unless the owner wants them on the web."""
    if not any(_is_under("/l/x", pattern) for pattern in never_open):
        yield _SHORT_LINKS


def _route(entry: Mapping[str, Any]) -> Route:
    screen, path = str(entry.get("screen", "")), str(entry.get("path", ""))
    if not screen or not path.startswith("/"):
        raise RouteError(
            f"route {path or screen!r}: it needs a screen and a path that begins with /"
        )
    pieces = [piece for piece in path.split("/") if piece]
    segments = tuple(_segment(piece, path) for piece in pieces)
    names = [segment.parameter for segment in segments if segment.parameter]
    query = tuple(_query_names(entry.get("query", []), path))
    if len(set(names) | set(query)) != len(names) + len(query):
        raise RouteError(f"route {path}: a parameter is named twice")
    if any(piece.endswith("?}") for piece in pieces[:-1]):
        raise RouteError(f"route {path}: only the last parameter may be optional")
    optional = bool(pieces) and pieces[-1].endswith("?}")
    return Route(screen, path, segments, optional, query)


def _query_names(given: Any, path: str) -> Iterator[str]:
    if not isinstance(given, list):
        raise RouteError(f"route {path}: query is a list of names")
    for name in map(str, given):
        if not _LITERAL.fullmatch(name):
            raise RouteError(f"route {path}: {name!r} cannot name a query item")
        yield name


def _segment(piece: str, path: str) -> Segment:
    parameter = _PARAMETER.fullmatch(piece)
    if parameter:
        return Segment(parameter=parameter[1])
    if not _LITERAL.fullmatch(piece) or piece in {".", ".."}:
        raise RouteError(
            f"route {path}: {piece!r} is neither a {{parameter}} nor plain letters, digits, - . _ ~"
        )
    return Segment(literal=piece)


def _never_open(patterns: Any) -> Iterator[str]:
    """Yield the patterns that always hold, then those of the table."""
    yield from WEB_ONLY
    if not isinstance(patterns, list):
        raise RouteError("never_open is a list of paths")
    known: list[str] = []
    for pattern in map(str, patterns):
        if not _NEVER.fullmatch(pattern):
            raise RouteError(
                f"never_open {pattern!r}: write a path, or one that ends in /* or in /*.rss"
            )
        wider = next((other for other in known if _is_within(pattern, other)), None)
        if wider is not None:
            raise RouteError(f"never_open {pattern!r} is never reached: {wider!r} covers it")
        known.append(pattern)
        if not any(_is_within(pattern, other) for other in WEB_ONLY):
            yield pattern


def _is_within(pattern: str, wider: str) -> bool:
    """Whether every path of the pattern is one of the wider one."""
    if pattern.endswith("/*") and not wider.endswith("/*"):
        return False
    return _is_under(pattern.removesuffix("/*"), wider)


def _is_under(path: str, pattern: str) -> bool:
    """Whether the pattern covers the path, its trailing slashes aside."""
    trimmed = "/" + path.strip("/")
    if pattern.endswith("/*"):
        return trimmed == pattern[:-2] or trimmed.startswith(pattern[:-1])
    beginning, star, ending = pattern.partition("*")
    return trimmed == pattern or bool(
        star and trimmed.startswith(beginning) and trimmed.endswith(ending)
    )


def _refuse_twin(rules: Sequence[Rule], segments: tuple[Segment, ...], route: Route) -> None:
    for other, owner in rules:
        if [s.literal for s in other] == [s.literal for s in segments]:
            raise RouteError(f"routes {owner.path} and {route.path} match the same paths")


def _refuse_unreachable(route: Route, never_open: Sequence[str]) -> None:
    for pattern in never_open:
        if _is_within(_widest(route.segments), pattern):
            raise RouteError(f"route {route.path} can never open: {pattern} keeps it on the web")


def _widest(segments: Sequence[Segment]) -> str:
    """Return a pattern for all that begins as these segments do up to the first parameter."""
    literals = [segment.literal for segment in segments]
    if all(literals):
        return "/" + "/".join(literals)
    return "/".join(["", *literals[: literals.index("")], "*"])


def _tree(rules: Iterable[Rule]) -> Node:
    root = Node()
    for rule in rules:
        node = root
        for segment in rule[0]:
            if segment.literal:
                node = node.literals.setdefault(segment.literal, Node())
            else:
                node.parameter = node.parameter or Node()
                node = node.parameter
        node.rule = rule
    return root


def _found(node: Node, parts: Sequence[str], at: int) -> Rule | None:
    """Find the most specific rule: at every piece a literal comes before a parameter."""
    if at == len(parts):
        return node.rule
    for child in (node.literals.get(parts[at]), node.parameter):
        rule = _found(child, parts, at + 1) if child is not None else None
        if rule is not None:
            return rule
    return None


def _specificity(rule: Rule) -> tuple[bool, ...]:
    return tuple(bool(segment.parameter) for segment in rule[0])


def _params(
    segments: Sequence[Segment], parts: Sequence[str], route: Route, query: str
) -> dict[str, str]:
    found = {
        segment.parameter: decoded(part)
        for segment, part in zip(segments, parts, strict=True)
        if segment.parameter
    }
    if route.query and query:
        given = dict(parse_qsl(query, keep_blank_values=True, errors="replace"))
        found |= {name: given[name] for name in route.query if name in given}
    return found


def _written(segments: Sequence[Segment], route: Route, params: Mapping[str, str]) -> str:
    path = "".join("/" + (s.literal or encoded(params[s.parameter])) for s in segments) or "/"
    query = "&".join(
        f"{name}={quote(params[name], safe='')}" for name in route.query if params.get(name)
    )
    return f"{path}?{query}" if query else path
