"""Time zones by their IANA names, and the countries they lie in. Pure."""

from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from babel.core import get_global

KNOWN = frozenset(available_timezones())


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo | None:
    """Look up a zone; None for a name that is none."""
    return ZoneInfo(name) if name in KNOWN else None


def zone_or_utc(name: str) -> ZoneInfo:
    """Look up a zone; UTC for a name that is none."""
    return zone_of(name) or ZoneInfo("UTC")


@lru_cache(maxsize=1024)
def country_of(name: str) -> str | None:
    """The country (ISO 3166-1) of a zone, as the CLDR has it; None where a zone lies in none."""
    canonical = get_global("zone_aliases").get(name, name)
    territory = get_global("zone_territories").get(canonical)
    return territory if territory not in {None, "ZZ", "001"} else None


@lru_cache(maxsize=1)
def countries() -> frozenset[str]:
    """Every country that a zone lies in."""
    return frozenset(country for name in KNOWN if (country := country_of(name)) is not None)
