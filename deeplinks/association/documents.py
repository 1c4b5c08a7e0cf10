"""Generates the association files and the app's routing table from the route table. Pure.

The rules go from the longest paths to the shortest. `?*` may cross slashes on both platforms, so
each length first excludes whatever is longer; what is left matches piece by piece, which is the
cut that `routes.parts_of` makes. Both lists therefore open exactly what the table matches.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from deeplinks.routing.routes import OPT_OUT_FRAGMENT, OPT_OUT_QUERY, Route, RouteTable, Segment

# Most bytes of an association file that Apple reads.
LARGEST_BYTES = 128 * 1024
RELATION = "delegate_permission/common.handle_all_urls"
_ANY = "/?*"
# Most dots of a file name. Android's `*` stops at a dot, so each number of dots needs a rule.
_DOTS = 4


def apple_document(
    table: RouteTable,
    app_ids: Sequence[str],
    *,
    webcredentials: bool = False,
    appclip_ids: Sequence[str] = (),
) -> dict[str, Any]:
    """Make the apple-app-site-association file, with nothing the owner did not ask for."""
    components = [*_opt_outs(), *_rules(table, for_android=False)]
    details = [{"appIDs": list(app_ids), "components": components}]
    document: dict[str, Any] = {"applinks": {"details": details}}
    if webcredentials:
        document["webcredentials"] = {"apps": list(app_ids)}
    if appclip_ids:
        document["appclips"] = {"apps": list(appclip_ids)}
    return document


def android_components(table: RouteTable) -> list[dict[str, Any]]:
    """Make the dynamic rules of Android 15, ending with an exclusion of everything else."""
    return [*_opt_outs(), *_rules(table, for_android=True), {"/": "*", "exclude": True}]


def android_document(
    table: RouteTable, package: str, fingerprints: Sequence[str]
) -> list[dict[str, Any]]:
    """Make assetlinks.json. Devices before Android 15 use the manifest's own filters."""
    return [
        {
            "relation": [RELATION],
            "target": {
                "namespace": "android_app",
                "package_name": package,
                "sha256_cert_fingerprints": list(fingerprints),
            },
            "relation_extensions": {
                RELATION: {"dynamic_app_link_components": android_components(table)}
            },
        }
    ]


def app_routes(
    table: RouteTable, scheme: str, hosts: Sequence[str], open_host: str | None
) -> dict[str, Any]:
    """Return what the app's own router needs."""
    return {
        "scheme": scheme,
        "hosts": list(hosts),
        "open_host": open_host,
        "routes": [
            {
                "name": route.screen,
                "path": route.path,
                "params": [s.parameter for s in route.segments if s.parameter],
                "query": list(route.query),
            }
            for route in table.routes
        ],
        "excluded": list(table.never_open),
    }


def react_navigation(table: RouteTable, prefixes: Sequence[str]) -> dict[str, Any]:
    """Make a `linking` configuration for React Navigation."""
    by_screen: dict[str, list[str]] = {}
    for route in table.routes:
        by_screen.setdefault(route.screen, []).append(_colon_path(route))
    screens = {
        screen: {"path": paths[0], "alias": paths[1:]} if paths[1:] else paths[0]
        for screen, paths in by_screen.items()
    }
    return {"prefixes": list(prefixes), "config": {"screens": screens}}


def _opt_outs() -> Iterator[dict[str, Any]]:
    name, value = OPT_OUT_QUERY
    yield {"#": OPT_OUT_FRAGMENT, "exclude": True}
    yield {"?": {name: value}, "exclude": True}


def _rules(table: RouteTable, *, for_android: bool) -> Iterator[dict[str, Any]]:
    for pattern in table.never_open:
        yield from (_excluded(form) for form in _forms(pattern, for_android))
    for length in range(max(table.by_length, default=0), -1, -1):
        yield _excluded(_ANY * (length + 1))
        for segments, _route in table.by_length.get(length, ()):
            yield from ({"/": form} for form in _forms(_pattern(segments), for_android))


def _excluded(pattern: str) -> dict[str, Any]:
    return {"/": pattern, "exclude": True}


def _pattern(segments: Sequence[Segment]) -> str:
    return (
        "".join("/" + segment.literal if segment.literal else _ANY for segment in segments) or "/"
    )


def _forms(pattern: str, for_android: bool) -> Iterator[str]:
    """Yield the pattern; for Android also `/x` of `/x/*` and a final slash, which Apple implies."""
    if not for_android:
        yield pattern
        return
    for form in _dotted(pattern):
        yield form
        if form.endswith("/*"):
            yield form[:-2]
        elif not form.endswith(("*", "/")):
            yield form + "/"


def _dotted(pattern: str) -> Iterator[str]:
    """Yield `/*.rss` for every number of dots: `Node.js.rss` is a file, too."""
    beginning, star, ending = pattern.partition("*.")
    yield from (beginning + star * dots + ending for dots in range(1, _DOTS + 1 if star else 2))


def _colon_path(route: Route) -> str:
    pieces = [f":{s.parameter}" if s.parameter else s.literal for s in route.segments]
    return "/".join(pieces) + ("?" if route.optional else "")
