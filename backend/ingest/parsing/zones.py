"""Time zones as publishers write them: offsets, abbreviations, names of places and zones. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

import regex
from babel import Locale, UnknownLocaleError
from babel.core import get_global

WIDEST_OFFSET = timedelta(hours=14)
OFFSET = r"(?:(?:GMT|UTC|UT|Z)?\s*[+\-−–]{1,2}\s?\d{1,2}(?::?\d{2}){0,2}Z?)"
_offset = regex.compile(
    r"^(?:GMT|UTC|UT|Z)?\s*(?P<sign>[+\-−–]{1,2})\s?(?P<digits>\d{1,6}|\d{1,2}(?::\d{2}){1,2})Z?$",
    regex.IGNORECASE,
)

# Hours east of UTC, and whether the abbreviation means only this. IST is also Israel's and
# Ireland's, CST also China's: a source says otherwise in its hints.
ZONES: dict[str, tuple[float, bool]] = {
    **dict.fromkeys(("Z", "UT", "UTC", "GMT", "WET"), (0, True)),
    **dict.fromkeys(("CET", "MEZ", "WEST", "WAT"), (1, True)),
    **dict.fromkeys(("CEST", "MESZ", "EET", "CAT", "SAST"), (2, True)),
    **dict.fromkeys(("EEST", "IDT", "MSK", "EAT", "TRT"), (3, True)),
    **dict.fromkeys(("ICT", "WIB"), (7, True)),
    **dict.fromkeys(("HKT", "SGT", "MYT", "PHT", "AWST", "WITA"), (8, True)),
    **dict.fromkeys(("JST", "KST", "WIT"), (9, True)),
    **dict.fromkeys(("BRT", "ART", "UYT"), (-3, True)),
    **dict.fromkeys(("EST", "CDT", "PET", "COT"), (-5, True)),
    **dict.fromkeys(("PDT", "MST"), (-7, True)),
    **dict.fromkeys(("PST", "AKDT"), (-8, True)),
    "BST": (1, False),
    "GST": (4, False),
    "SAMT": (4, True),
    "IRST": (3.5, True),
    "AFT": (4.5, True),
    "PKT": (5, True),
    "UZT": (5, True),
    "YEKT": (5, True),
    "IST": (5.5, False),
    "NPT": (5.75, True),
    "MMT": (6.5, True),
    "OMST": (6, True),
    "KRAT": (7, True),
    "IRKT": (8, True),
    "VLAT": (10, True),
    "ACST": (9.5, True),
    "ACDT": (10.5, True),
    "AEST": (10, True),
    "AEDT": (11, True),
    "NZST": (12, True),
    "NZDT": (13, True),
    "NST": (-3.5, True),
    "NDT": (-2.5, True),
    "ADT": (-3, False),
    "AST": (-4, False),
    "CLT": (-4, True),
    "CLST": (-3, True),
    "VET": (-4, True),
    "EDT": (-4, True),
    "CST": (-6, False),
    "MDT": (-6, True),
    "AKST": (-9, True),
    "HST": (-10, True),
}
# Names of a zone the year round: summer time is the place's business.
PLACES = {
    "ET": "America/New_York",
    "CT": "America/Chicago",
    "MT": "America/Denver",
    "PT": "America/Los_Angeles",
    "AKT": "America/Anchorage",
    "AET": "Australia/Sydney",
    "NZT": "Pacific/Auckland",
    "UK": "Europe/London",
}
AMERICAN = frozenset({"ET", "CT", "MT", "PT", "EST", "EDT", "CDT", "MDT", "MST", "PST", "PDT"})


class NotAZone(Exception):
    """No place on earth has this offset, or nobody knows the name."""


def zone_of(
    written: str, own: Mapping[str, float], language: str | None = None
) -> tuple[tzinfo, bool]:
    """Return the zone and whether it is certain; `language` is that of long names, beside English.

    Raises:
        NotAZone: it is an offset no place on earth has, or no name of a zone.
    """
    text = written.strip().strip("()[]").strip()
    found = _offset.match(text)
    if found is not None:
        return _from_offset(found["sign"], found["digits"]), True
    return _named(text, own, language)


def _from_offset(sign: str, digits: str) -> timezone:
    """Parse an offset such as +09:00, +0900, +9, -700; seconds are ignored."""
    plain = digits.replace(":", "")
    if len(plain) == 3 or digits[1:2] == ":":
        plain = f"0{plain}"
    hours, minutes = int(plain[:2]), int(plain[2:4] or 0)
    offset = timedelta(hours=hours, minutes=minutes)
    if offset > WIDEST_OFFSET or minutes > 59:
        raise NotAZone
    return timezone(offset if sign[-1] == "+" else -offset)


def _named(text: str, own: Mapping[str, float], language: str | None) -> tuple[tzinfo, bool]:
    name = text.upper().rstrip(".")
    if name in own:
        return timezone(timedelta(hours=own[name])), True
    if name in PLACES:
        return ZoneInfo(PLACES[name]), True
    if name in ZONES:
        hours, is_unique = ZONES[name]
        return timezone(timedelta(hours=hours)), is_unique
    place = _places().get(name.replace(" ", "_")) or _long_named(text, language)
    if place is None:
        raise NotAZone
    return place if isinstance(place, timezone) else ZoneInfo(place), True


@lru_cache(maxsize=1)
def _known_places() -> frozenset[str]:
    """Return the names of all zones, looked up once: each look-up reads every file of the zones."""
    return frozenset(available_timezones())


@lru_cache(maxsize=1)
def _places() -> Mapping[str, str]:
    return {name.upper(): name for name in _known_places() if "/" in name}


def _long_named(text: str, language: str | None) -> str | timezone | None:
    """Look up a zone by its name in the CLDR; babel reads only the languages asked for."""
    spoken = (language or "en").replace("_", "-").partition("-")[0].lower()
    found = _long_names("en").get(_folded(text))
    if found is None and spoken != "en":
        found = _long_names(spoken).get(_folded(text))
    return found or _windows_names().get(_folded(text))


@lru_cache(maxsize=32)
def _long_names(language: str) -> Mapping[str, str | timezone]:
    """Return zones by names such as Korean Standard Time and Coordinated Universal Time."""
    found: dict[str, str | timezone] = {"coordinated universal time": UTC}
    try:
        zones, places = Locale(language).meta_zones, Locale(language).time_zones
    except (UnknownLocaleError, ValueError):
        return found
    of_places = [(place, names) for place, names in places.items() if place in _known_places()]
    of_zones = [(_places_of_zones().get(zone, "UTC"), names) for zone, names in zones.items()]
    for place, names in (*of_places, *of_zones):
        for kind, name in names.get("long", {}).items():
            found[_folded(name)] = place if kind == "generic" else _fixed(place, kind)
    return found


@lru_cache(maxsize=1)
def _windows_names() -> Mapping[str, str]:
    """Return zones by the names of Windows, which say "standard" the year round."""
    return {_folded(name): place for name, place in get_global("windows_zone_mapping").items()}


def _folded(name: str) -> str:
    return " ".join(name.casefold().replace("’", "'").split())


@lru_cache(maxsize=1)
def _places_of_zones() -> Mapping[str, str]:
    """Return a place of each of the CLDR's zones, one with summer time where there is any."""
    zones: dict[str, str] = {}
    for place, zone in sorted(get_global("meta_zones").items()):
        if place in _known_places() and (zone not in zones or _has_summer_time(place)):
            zones[zone] = place
    return zones


def _fixed(place: str, kind: str) -> timezone:
    """Return the offset of standard or summer time."""
    return timezone(max(_offsets(place)) if kind == "daylight" else min(_offsets(place)))


def _has_summer_time(place: str) -> bool:
    return len(_offsets(place)) > 1


@cache
def _offsets(place: str) -> frozenset[timedelta]:
    halves = (datetime(2024, month, 15, tzinfo=ZoneInfo(place)) for month in (1, 7))
    return frozenset(half.utcoffset() or timedelta() for half in halves)
