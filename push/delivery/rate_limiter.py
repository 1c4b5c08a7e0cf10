"""Rate limiter for the provider's quota: reservations of evenly spaced slots (GCRA). Pure.

Sending evenly is what Google asks for, and a short ramp from zero after a pause. Source: FCM,
best practices when sending at scale.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

# Share of the quota that is used: the provider's minute does not start when ours does.
SHARE = 0.98
RAMP_STARTS_AT = 0.1
# After so long without a message the ramp begins again.
IDLE_AFTER = timedelta(minutes=1)
# Slots up to this old may still be taken: a worker that was busy for a moment loses none.
LATE = timedelta(seconds=0.25)
# Reserve at most so far ahead: breaking news must not wait behind it (head-of-line blocking).
LOOK_AHEAD = timedelta(seconds=0.5)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """The provider's quota, and how long after a pause it is approached."""

    per_minute: int
    ramp: timedelta


@dataclass(frozen=True, slots=True)
class LimiterState:
    """The state that all workers share: when the next slot is free, and when the ramp began."""

    free_at: datetime
    ramp_since: datetime


@dataclass(frozen=True, slots=True)
class Reservation:
    """Reserved slots for messages, one every `interval`, from `start` on."""

    start: datetime
    interval: timedelta

    def due(self, now: datetime) -> int:
        """Return how many of the messages may have left by now."""
        if now < self.start:
            return 0
        if not self.interval:
            return 1 << 62
        return int((now - self.start) / self.interval) + 1

    def last(self, count: int) -> datetime:
        """Return when `count` of the messages have left."""
        return self.start + self.interval * count


def furthest(limit: RateLimit, most: int) -> timedelta:
    """Return how far ahead slots can be taken, with `most` messages to a reservation.

    What lies further ahead was reserved by a clock that was wrong.
    """
    slowest = limit.per_minute * SHARE * RAMP_STARTS_AT
    return LOOK_AHEAD + timedelta(minutes=1) * most / slowest


def reserve(
    state: LimiterState, count: int, limit: RateLimit, now: datetime, ahead: timedelta
) -> tuple[LimiterState, Reservation]:
    """Reserve the next `count` slots; return the state after them, and the slots.

    A state whose next slot lies more than `ahead` away is stale, and begins anew.
    """
    since_free = now - state.free_at
    is_stale = -since_free > ahead
    since = now if is_stale or since_free > IDLE_AFTER else state.ramp_since
    start = state.free_at if since_free <= LATE and not is_stale else now
    passed = (start - since) / limit.ramp if limit.ramp else 1.0
    rate = limit.per_minute * SHARE * min(1.0, max(RAMP_STARTS_AT, passed))
    interval = timedelta(minutes=1) / rate
    return LimiterState(start + interval * count, since), Reservation(start, interval)
