"""Quiet hours in a reader's own time zone. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A daily window in local time; it may cross midnight."""

    start: time
    end: time


def zone_of(name: str) -> ZoneInfo | None:
    """The IANA zone, or None for a name that is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def quiet_until(now: datetime, quiet: QuietHours, zone: str) -> datetime | None:
    """The end of the window that `now` is in, as an instant, or None outside it.

    An unknown zone counts as UTC. Where clocks jump over the end of the window it ends at the
    jump; where they fall back over it, it ends at the second time the clock shows it, so that
    nobody is woken early.
    """
    tz = zone_of(zone) or ZoneInfo("UTC")
    local = now.astimezone(tz)
    for day in (local.date() - timedelta(days=1), local.date()):
        last = day if quiet.start < quiet.end else day + timedelta(days=1)
        start = datetime.combine(day, quiet.start, tzinfo=tz).astimezone(UTC)
        end = datetime.combine(last, quiet.end, tzinfo=tz).replace(fold=1).astimezone(UTC)
        if start <= now < end:
            return end
    return None
