"""Time zones by their IANA names. Pure."""

from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

KNOWN = frozenset(available_timezones())


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo | None:
    """The zone, or None for a name that is none."""
    return ZoneInfo(name) if name in KNOWN else None
