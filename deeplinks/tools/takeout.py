"""Parses lists of short links that were made elsewhere, such as Google Takeout's. Pure.

The columns of Firebase Dynamic Links were never documented, and Branch documents the names of a
link's data alone (help.branch.io/developers-hub/docs/deep-linking-api), so they are found by name
in any spelling.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from deeplinks.legacy.dynamic_links import code_of, is_long, parse_legacy
from deeplinks.routing.resolve import ForeignUrl, resolve
from deeplinks.routing.settings import LinkSettings
from deeplinks.short_links.link import ImportedLink
from deeplinks.visitors.stores import usable_campaign

_SHORT = ("shortlink", "shortdynamiclink", "shorturl", "short")
_CAMPAIGN = ("utmcampaign", "campaign", "ct")


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of one maker's columns, the best first; `long` are long dynamic links."""

    short: tuple[str, ...]
    target: tuple[str, ...]
    long: tuple[str, ...] = ()


FORMS: Mapping[str, Columns] = {
    "firebase": Columns(
        _SHORT,
        ("link", "deeplink", "deeplinkurl", "linkurl", "url", "target"),
        ("longlink", "longdynamiclink", "longurl", "dynamiclink", "long"),
    ),
    "branch": Columns(
        (*_SHORT, "url", "link", "branchlink", "alias"),
        ("canonicalurl", "desktopurl", "webonlyurl", "fallbackurl", "iosurl", "androidurl"),
    ),
    "csv": Columns((*_SHORT, "url", "code", "from"), ("target", "destination", "to", "path")),
}


class BadTakeout(ValueError):
    """The file is no CSV of links; the message says why."""


@dataclass(frozen=True, slots=True)
class SkippedLink:
    """A link that cannot be kept alive, and why."""

    line: int
    short: str
    reason: str


def read_links(
    settings: LinkSettings, lines: Iterable[str], form: Columns, host: str | None = None
) -> Iterator[ImportedLink | SkippedLink]:
    """Yield every row as a link to keep or as a skipped one; a code alone is one of `host`.

    Raises:
        BadTakeout: there is no column of short links, or none that says where they lead.
    """
    reader = csv.reader(lines)
    try:
        columns = [_plain(name) for name in next(reader, [])]
        _check(columns, form)
        for cells in reader:
            row = {name: cell.strip() for name, cell in zip(columns, cells, strict=False)}
            if any(row.values()):
                yield _kept(settings, reader.line_num, row, form, host)
    except csv.Error as error:
        raise BadTakeout(f"this is not CSV: {error}") from error


def _kept(
    settings: LinkSettings, line: int, row: Mapping[str, str], form: Columns, host: str | None
) -> ImportedLink | SkippedLink:
    short = _cell(row, form.short)
    if host and short and "/" not in short:
        short = f"https://{host}/{short}"
    try:
        old_host, code = code_of(short)
        if old_host not in settings.legacy_hosts:
            return SkippedLink(line, short, f"{old_host} is not in links.legacy_hosts")
        path, campaign = _target(settings, row, form)
    except ForeignUrl as error:
        return SkippedLink(line, short, str(error))
    if path is None:
        return SkippedLink(line, short, "no route of app.toml shows its page")
    return ImportedLink(code, path, campaign)


def _target(
    settings: LinkSettings, row: Mapping[str, str], form: Columns
) -> tuple[str | None, str | None]:
    """Return path (None without a route) and campaign, of the deep link, or else the long one."""
    campaign = usable_campaign(_cell(row, _CAMPAIGN))
    for url in filter(None, (_cell(row, form.target), _cell(row, form.long))):
        query = _query(url)
        if is_long(query):
            legacy = parse_legacy(settings, query)
            return legacy.path, campaign or legacy.campaign
        found = resolve(settings, url)
        return (found.path if found.matched else None), campaign
    return None, campaign


def _query(url: str) -> str:
    try:
        return urlsplit(url).query
    except ValueError as error:
        raise ForeignUrl("not an address") from error


def _check(columns: list[str], form: Columns) -> None:
    named = ", ".join(columns) or "none"
    for about, wanted in (("short link", form.short), ("target", (*form.target, *form.long))):
        if not set(columns) & set(wanted):
            known = ", ".join(wanted)
            raise BadTakeout(f"no column has the {about} ({known}); its columns are: {named}")


def _plain(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())


def _cell(row: Mapping[str, str], names: Iterable[str]) -> str:
    return next((row[name] for name in names if row.get(name)), "")
