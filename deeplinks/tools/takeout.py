"""Parses the CSV of Firebase Dynamic Links from Google Takeout. Pure.

Its columns were never documented, so they are found by name in any spelling.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from deeplinks.legacy import ImportedLink, code_of, is_long, parse_legacy
from deeplinks.resolve import ForeignUrl, resolve
from deeplinks.settings import LinkSettings
from deeplinks.stores import usable_campaign

_SHORT = ("shortlink", "shortdynamiclink", "shorturl", "short")
_LONG = ("longlink", "longdynamiclink", "longurl", "dynamiclink", "long")
_TARGET = ("link", "deeplink", "deeplinkurl", "linkurl", "url", "target")
_CAMPAIGN = ("utmcampaign", "campaign", "ct")


class BadTakeout(ValueError):
    """Not a CSV of links; the message says why."""


@dataclass(frozen=True, slots=True)
class SkippedLink:
    """A link that cannot be kept alive, and why."""

    line: int
    short: str
    reason: str


def read_takeout(
    settings: LinkSettings, lines: Iterable[str]
) -> Iterator[ImportedLink | SkippedLink]:
    """Every row as a link to keep, or as one that is skipped.

    Raises:
        BadTakeout: there is no column of short links, or none that says where they lead.
    """
    reader = csv.reader(lines)
    try:
        columns = [_plain(name) for name in next(reader, [])]
        _check(columns)
        for cells in reader:
            row = {name: cell.strip() for name, cell in zip(columns, cells, strict=False)}
            if any(row.values()):
                yield _kept(settings, reader.line_num, row)
    except csv.Error as error:
        raise BadTakeout(f"this is not CSV: {error}") from error


def _kept(settings: LinkSettings, line: int, row: Mapping[str, str]) -> ImportedLink | SkippedLink:
    short = _cell(row, _SHORT)
    try:
        host, code = code_of(short)
        if host not in settings.legacy_hosts:
            return SkippedLink(line, short, f"{host} is not in links.legacy_hosts")
        path, campaign = _target(settings, row)
    except ForeignUrl as error:
        return SkippedLink(line, short, str(error))
    if path is None:
        return SkippedLink(line, short, "no route of app.toml shows its page")
    return ImportedLink(code, path, campaign)


def _target(settings: LinkSettings, row: Mapping[str, str]) -> tuple[str | None, str | None]:
    """The path, None without a route, and the campaign. The deep link counts, then the long one."""
    campaign = usable_campaign(_cell(row, _CAMPAIGN))
    for url in filter(None, (_cell(row, _TARGET), _cell(row, _LONG))):
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


def _check(columns: list[str]) -> None:
    named = ", ".join(columns) or "none"
    if not set(columns) & set(_SHORT):
        raise BadTakeout(f"there is no column short_link; its columns are: {named}")
    if not set(columns) & {*_LONG, *_TARGET}:
        raise BadTakeout(f"there is no column link or long_link; its columns are: {named}")


def _plain(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())


def _cell(row: Mapping[str, str], names: Iterable[str]) -> str:
    return next((row[name] for name in names if row.get(name)), "")
