"""Local times as instants, around changes of clock. Pure."""

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache

from backend.audience.zone import zone_or_utc


@lru_cache(maxsize=4096)
def next_local(start: datetime, at: time, zone: str) -> datetime:
    """Return the first instant from `start` on at which clocks in the zone show this time.

    A time that the clock skips is the first moment after the jump, one that it shows twice the
    first showing. An unknown zone counts as UTC.
    """
    tz = zone_or_utc(zone)
    today = start.astimezone(tz).date()
    days = (today + timedelta(days=number) for number in range(-1, 4))
    instants = (instant_of(datetime.combine(day, at, tzinfo=tz)) for day in days)
    return next(instant for instant in instants if instant >= start)


def instant_of(local: datetime) -> datetime:
    """Return the instant of a local time; the DST jump when the clock skips it."""
    instant = local.astimezone(UTC)
    if instant.astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    # Read with the offset before the jump it is that much after it, with the one after, before.
    early, late = sorted(local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    before = early.astimezone(local.tzinfo).utcoffset()
    while late - early > timedelta(microseconds=1):
        middle = early + (late - early) / 2
        if middle.astimezone(local.tzinfo).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late
