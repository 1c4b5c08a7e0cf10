"""Translates what app.toml says of the app into the members of Expo's app.json. Pure.

The members are those of https://docs.expo.dev/versions/latest/config/app/: `scheme`,
`ios.associatedDomains`, `android.intentFilters` and the two ids of the stores.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from deeplinks.routing.routes import Route
from deeplinks.routing.settings import AndroidApp, IosApp, LinkSettings

# Apple writes a prefix of ten letters and a dot before the bundle id.
_PREFIX_LENGTH = 11


def expo_config(settings: LinkSettings) -> dict[str, Any]:
    """Return what Expo merges into app.json. Without https no platform gives an app its links, so
    that a server on this machine has the scheme alone.
    """
    hosts = settings.own_hosts if settings.public_url.startswith("https://") else ()
    return {
        "name": settings.name,
        "scheme": settings.scheme,
        "ios": _ios(settings.ios, hosts),
        "android": _android(settings.android, hosts, settings.table.routes),
        "extra": {"server": settings.public_url},
    }


def _ios(ios: IosApp, hosts: Sequence[str]) -> dict[str, Any]:
    services = ("applinks", "webcredentials") if ios.webcredentials else ("applinks",)
    domains = [f"{service}:{host}" for service in services for host in hosts]
    ids = {"bundleIdentifier": ios.app_ids[0][_PREFIX_LENGTH:]} if ios.app_ids else {}
    return ids | ({"associatedDomains": domains} if domains else {})


def _android(
    android: AndroidApp, hosts: Sequence[str], routes: tuple[Route, ...]
) -> dict[str, Any]:
    ids = {"package": android.package} if android.package else {}
    return ids | ({"intentFilters": [_intent_filter(hosts, routes)]} if hosts else {})


def _intent_filter(hosts: Sequence[str], routes: tuple[Route, ...]) -> dict[str, Any]:
    """Make the filter. Android combines every host with every path, and has no exclusions before
    Android 15: the app hands what is no screen to a browser.
    """
    paths = dict.fromkeys(path for route in routes for path in _paths(route))
    return {
        "action": "VIEW",
        "autoVerify": True,
        "category": ["BROWSABLE", "DEFAULT"],
        "data": [
            *({"scheme": "https", "host": host} for host in hosts),
            *({kind: path} for kind, path in paths),
        ],
    }


def _paths(route: Route) -> Iterator[tuple[str, str]]:
    """Yield the whole path where it has no parameter, else what stands before the first one."""
    for segments in route.variants():
        beginning = ""
        for segment in segments:
            if segment.parameter:
                yield "pathPrefix", beginning + "/"
                break
            beginning += "/" + segment.literal
        else:
            yield "path", beginning or "/"
