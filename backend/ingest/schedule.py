"""Polling schedule: adaptive interval, exponential back-off, jitter. Pure."""

import re
from dataclasses import dataclass
from datetime import timedelta

from backend.core.back_off import exponential_back_off


@dataclass(frozen=True, slots=True)
class Pace:
    """Bounds of how often a feed may be asked, and the first interval of a new one."""

    shortest: timedelta
    first: timedelta
    longest: timedelta
    longest_hint: timedelta
    """A wrong cache header must not make a news source a day old."""


USUAL = Pace(timedelta(minutes=5), timedelta(hours=1), timedelta(hours=24), timedelta(hours=1))
# For breaking news: a quiet hour must not make the first word of it late.
FAST = Pace(timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=15), timedelta(minutes=5))
SHORTEST, FIRST, LONGEST = USUAL.shortest, USUAL.first, USUAL.longest
# The first retry of even a slow feed comes soon: most failures are over in minutes.
FIRST_RETRY = timedelta(minutes=10)
LONGEST_HINT = USUAL.longest_hint
# A short outage can come with any Retry-After: a source that is back is asked within a day.
LONGEST_RETRY_AFTER = timedelta(hours=24)
# A server that says 304 to an old validator for ever is asked for the whole document.
WHOLE_EVERY = timedelta(days=7)
JITTER = 0.1

_max_age = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)


def pace_of(is_fast: bool) -> Pace:
    return FAST if is_fast else USUAL


def after_success(
    interval: timedelta,
    since_last: timedelta | None,
    new_entries: int,
    *,
    overflowed: bool,
    pace: Pace = USUAL,
) -> timedelta:
    """Return the adaptive interval, towards one new entry a poll."""
    if overflowed:
        return _within(interval / 4, pace)
    if since_last is None:
        return _within(pace.first, pace)
    if new_entries == 0:
        return _within(interval * 1.5, pace)
    observed = since_last / new_entries
    return _within(min(interval * 2, (interval + observed) / 2), pace)


def after_failure(interval: timedelta, failures: int) -> timedelta:
    """Return the exponential back-off: twice as long with each failure, up to a day."""
    first = min(interval, FIRST_RETRY)
    return _within(exponential_back_off(failures, first=first, longest=USUAL.longest), USUAL)


def jittered(interval: timedelta, chance: float) -> timedelta:
    """Add jitter: move the interval by at most a tenth; `chance` is uniform in [0, 1)."""
    return interval * (1 + JITTER * (2 * chance - 1))


def cache_hint(cache_control: str | None, longest: timedelta = LONGEST_HINT) -> timedelta:
    """Return the freshness lifetime (Cache-Control: max-age) of a response, bounded."""
    found = _max_age.search(cache_control or "")
    return min(timedelta(seconds=int(found.group(1))), longest) if found else timedelta()


def _within(interval: timedelta, pace: Pace) -> timedelta:
    return min(max(interval, pace.shortest), pace.longest)
