"""The route table as typed source code for the app: Kotlin, Swift or TypeScript. Pure.

The generated matcher cuts and decodes a path exactly as `routes.py` does, so that the app shows
the screen that the server would name.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from deeplinks.association.documents import react_navigation
from deeplinks.routing.routes import OPT_OUT_FRAGMENT, OPT_OUT_QUERY, Route, RouteTable, Segment
from deeplinks.routing.settings import LinkSettings, prefixes

Language = Literal["kotlin", "swift", "typescript"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
FILES: dict[Language, str] = {
    "kotlin": "Routes.kt",
    "swift": "Routes.swift",
    "typescript": "routes.ts",
}

_WORDS = re.compile(r"[^A-Za-z0-9]+")
_PACKAGE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
_MODULE = re.compile(r"[A-Z][A-Za-z0-9]*")
_TAKEN = ("Screen", "NotificationChannels", "String", "Foundation")
# Names that Kotlin or Swift keep for themselves; both take them between backticks.
_RESERVED = frozenset(
    """
    as break case catch class continue default defer do else enum extension fallthrough false for
    fun func guard if import in init inout interface internal is let nil null object operator
    package private protocol public repeat return self static struct subscript super switch this
    throw throws true try typealias typeof val var when where while
    """.split()  # noqa: SIM905 - a list of words reads as one
)


class Unwritable(ValueError):
    """A name that cannot stand in the source, or two that no language can tell apart."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value of a screen; `name` is what the table calls it."""

    name: str
    identifier: str
    required: bool


@dataclass(frozen=True, slots=True)
class ScreenType:
    """A screen as a type, with the parameters of all its routes."""

    name: str
    type_name: str
    identifier: str
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A way to write a path; a piece that is a parameter begins with a colon."""

    screen: str
    pieces: tuple[str, ...]
    query: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names of the source in the app: Kotlin's package, and the object of Kotlin and Swift."""

    package: str = "tagwire.links"
    module: str = "Routes"

    def __post_init__(self) -> None:
        words = self.package.split(".")
        if not _PACKAGE.fullmatch(self.package) or _RESERVED.intersection(words):
            raise Unwritable(f"{self.package!r} is no name of a package")
        if not _MODULE.fullmatch(self.module) or self.module in _TAKEN:
            raise Unwritable(
                f"{self.module!r} is no name of a module; write one such as NewsRoutes"
            )


_NAMES = Names()


def source_code(settings: LinkSettings, language: Language, names: Names = _NAMES) -> str:
    """Generate the source, always the same text for the same table.

    Raises:
        Unwritable: two screens, or two parameters of one, would have the same name.
    """
    table = settings.table
    return (
        _environment()
        .get_template(FILES[language] + ".jinja")
        .render(
            package=names.package,
            module=names.module,
            opt_out_fragment=OPT_OUT_FRAGMENT,
            opt_out_query=OPT_OUT_QUERY,
            scheme=settings.scheme,
            channels=settings.channels,
            hosts=settings.own_hosts,
            screens=screen_types(table),
            matching=_matching(table),
            writing=_writing(table),
            never_open=table.never_open,
            linking=react_navigation(table, prefixes(settings)),
        )
    )


def screen_types(table: RouteTable) -> list[ScreenType]:
    """Return the screens in the order of the table.

    Raises:
        Unwritable: see `source_code`.
    """
    by_name: dict[str, list[Route]] = {}
    for route in table.routes:
        by_name.setdefault(route.screen, []).append(route)
    found = [_screen_type(name, routes) for name, routes in by_name.items()]
    _refuse_same([screen.type_name for screen in found], "screens")
    return found


def _screen_type(name: str, routes: Sequence[Route]) -> ScreenType:
    names = [_names(route) for route in routes]
    needed = set.intersection(*(set(required) for required, _ in names))
    every = dict.fromkeys(each for required, others in names for each in (*required, *others))
    parameters = tuple(Parameter(each, _identifier(each), each in needed) for each in every)
    _refuse_same([each.identifier for each in parameters], f"parameters of {name}")
    return ScreenType(name, _type_name(name), _identifier(name), parameters)


def _names(route: Route) -> tuple[list[str], list[str]]:
    """Return the parameters that a path of this route always has, and those it may have."""
    in_path = [segment.parameter for segment in route.segments if segment.parameter]
    if route.optional:
        return in_path[:-1], [in_path[-1], *route.query]
    return in_path, list(route.query)


def _matching(table: RouteTable) -> list[Rule]:
    return [
        _rule(route, segments)
        for _, rules in sorted(table.by_length.items())
        for segments, route in rules
    ]


def _writing(table: RouteTable) -> list[Rule]:
    return [_rule(route, segments) for route in table.routes for segments in route.variants()]


def _rule(route: Route, segments: Sequence[Segment]) -> Rule:
    pieces = tuple(segment.literal or f":{segment.parameter}" for segment in segments)
    return Rule(route.screen, pieces, route.query)


def _type_name(name: str) -> str:
    words = [word for word in _WORDS.split(name) if word]
    joined = "".join(word[0].upper() + word[1:] for word in words)
    return joined if joined[:1].isalpha() else f"Screen{joined}"


def _identifier(name: str) -> str:
    text = _type_name(name)
    text = text[0].lower() + text[1:]
    return f"`{text}`" if text in _RESERVED else text


def _refuse_same(names: Sequence[str], what: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Unwritable(f"two {what} would be called {', '.join(twice)}")


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent.parent / "templates" / "sources"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - program text, whose strings pass through `text`
    )
    made.filters["text"] = _text
    made.filters["kotlin_text"] = lambda value: _text(value).replace("$", "\\$")
    made.filters["document"] = lambda value: json.dumps(value, ensure_ascii=False, indent=2)
    return made


def _text(value: str) -> str:
    """Write a string literal that all three languages read alike."""
    return json.dumps(value, ensure_ascii=False)
