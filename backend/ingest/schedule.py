"""Polling schedule: adaptive interval, exponential back-off, jitter. Pure."""

import re
from datetime import timedelta

SHORTEST = timedelta(minutes=5)
FIRST = timedelta(hours=1)
LONGEST = timedelta(hours=24)
# The first retry of even a slow feed comes soon: most failures are over in minutes.
FIRST_RETRY = timedelta(minutes=10)
# A wrong cache header must not make a news source a day old.
LONGEST_HINT = timedelta(hours=1)
LONGEST_RETRY_AFTER = timedelta(days=31)
JITTER = 0.1

_max_age = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)


def after_success(
    interval: timedelta, since_last: timedelta | None, new_entries: int, *, overflowed: bool
) -> timedelta:
    """Adaptive interval, towards one new entry a poll."""
    if overflowed:
        return _within(interval / 4)
    if since_last is None:
        return _within(FIRST)
    if new_entries == 0:
        return _within(interval * 1.5)
    observed = since_last / new_entries
    return _within(min(interval * 2, (interval + observed) / 2))


def after_failure(interval: timedelta, failures: int) -> timedelta:
    """Exponential back-off: twice as long with each failure, up to a day."""
    return _within(min(interval, FIRST_RETRY) * 2.0 ** min(failures - 1, 16))


def jittered(interval: timedelta, chance: float) -> timedelta:
    """Jitter: the interval moved by at most a tenth; `chance` is uniform in [0, 1)."""
    return interval * (1 + JITTER * (2 * chance - 1))


def cache_hint(cache_control: str | None) -> timedelta:
    """Freshness lifetime (Cache-Control: max-age) of a response, bounded."""
    found = _max_age.search(cache_control or "")
    return min(timedelta(seconds=int(found.group(1))), LONGEST_HINT) if found else timedelta()


def _within(interval: timedelta) -> timedelta:
    return min(max(interval, SHORTEST), LONGEST)
