"""Diff of two route tables: known URLs whose behaviour changes. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from deeplinks.routing.resolve import ForeignUrl
from deeplinks.routing.routes import Route, RouteTable
from deeplinks.routing.settings import LinkSettings
from deeplinks.tools.explain import Explainer

_SAMPLE_VALUES = ("NorthKorea-Russia", "%EB%B6%81%ED%95%9C", "a%2Fb", "1")
_SAMPLE_ENDS = ("", "/", "?utm_source=mail", "?web=1", "#web", "/more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """The effect of a tap on a URL. A foreign URL has no screen."""

    screen: str | None
    params: Mapping[str, str]
    ios: bool
    android: bool


FOREIGN = Behaviour(screen=None, params={}, ios=False, android=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An address whose behaviour differs."""

    url: str
    before: Behaviour
    after: Behaviour

    @property
    def kind(self) -> str:
        before, after = self.before, self.after
        if (before.ios and not after.ios) or (before.android and not after.android):
            return "loses the app"
        if (before.ios, before.android) != (after.ios, after.android):
            return "gains the app"
        return "opens another screen"


def changes(old: LinkSettings, new: LinkSettings, urls: Iterable[str]) -> Iterator[Change]:
    """Yield the addresses that behave otherwise under the new settings."""
    explain_old, explain_new = Explainer(old), Explainer(new)
    for url in urls:
        before, after = _behaviour(explain_old, old, url), _behaviour(explain_new, new, url)
        if before != after:
            yield Change(url=url, before=before, after=after)


def sample_urls(old: LinkSettings, new: LinkSettings) -> list[str]:
    """Make addresses from the rules of both tables, on every host that either one names."""
    paths = dict.fromkeys(chain(_sample_paths(old.table), _sample_paths(new.table)))
    return [f"https://{host}{path}" for host in hosts_of(old, new) for path in paths]


def hosts_of(*all_settings: LinkSettings) -> list[str]:
    """Return every host that one of the settings calls its own, each once."""
    return list(dict.fromkeys(host for each in all_settings for host in each.own_hosts))


def _behaviour(explainer: Explainer, settings: LinkSettings, url: str) -> Behaviour:
    try:
        found = explainer.explain(url)
    except ForeignUrl:
        return FOREIGN
    return Behaviour(
        screen=found.resolution.screen.name,
        params=found.resolution.screen.params,
        ios=found.apple.opens and bool(settings.ios.app_ids),
        android=found.android.opens and bool(settings.android.package),
    )


def _sample_paths(table: RouteTable) -> Iterator[str]:
    for route in table.routes:
        for written in _written(route):
            yield from (written + end for end in _ends(route))
    for pattern in table.never_open:
        yield pattern.removesuffix("/*")
        yield pattern.replace("/*", "/x")


def _written(route: Route) -> Iterator[str]:
    for segments in route.variants():
        for value in _SAMPLE_VALUES:
            yield "".join("/" + (segment.literal or value) for segment in segments) or "/"


def _ends(route: Route) -> Iterator[str]:
    yield from _SAMPLE_ENDS
    yield from (f"?{name}=rain" for name in route.query)
