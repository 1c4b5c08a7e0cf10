"""Quiet hours in a recipient's own time zone. Pure."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from backend.audience.zone import zone_or_utc
from push.audience.local_time import instant_of


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A daily window in local time; it may cross midnight. Without a length it is no window."""

    start: time
    end: time


def quiet_until(now: datetime, quiet: QuietHours, zone: str) -> datetime | None:
    """Return the instant at which the window that `now` is in ends; None outside of it.

    An unknown zone counts as UTC. Where clocks jump over an edge of the window, the edge is the
    jump. Where they fall back over it, the window starts at the first and ends at the second time
    that the clock shows it, so that nobody is woken early.
    """
    if quiet.start == quiet.end:
        return None
    tz = zone_or_utc(zone)
    today = now.astimezone(tz).date()
    for day in (today - timedelta(days=1), today):
        last = day if quiet.start < quiet.end else day + timedelta(days=1)
        start = instant_of(datetime.combine(day, quiet.start, tzinfo=tz))
        end = instant_of(datetime.combine(last, quiet.end, tzinfo=tz).replace(fold=1))
        if start <= now < end:
            return end
    return None
