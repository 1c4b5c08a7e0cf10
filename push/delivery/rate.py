"""The provider's quota as places in time. Pure.

Sending evenly is what Google asks for, and a short ramp from zero after a pause. Source: FCM,
best practices when sending at scale.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

# Below the quota by a little: the provider's minute does not start when ours does.
SHARE = 0.98
RAMP_STARTS_AT = 0.1
PAUSE = timedelta(minutes=1)
# Places of so long ago may be taken still: a worker that was busy for a moment loses none.
LATE = timedelta(seconds=0.25)


@dataclass(frozen=True, slots=True)
class Lane:
    """What all workers share: from when on a place is free, and since when the ramp runs."""

    free_at: datetime
    ramp_since: datetime


@dataclass(frozen=True, slots=True)
class Places:
    """So many messages, one every `interval`, from `start` on."""

    start: datetime
    interval: timedelta

    def due(self, now: datetime) -> int:
        """How many of them may have left by now."""
        if now < self.start:
            return 0
        if not self.interval:
            return 1 << 62
        return int((now - self.start) / self.interval) + 1

    def last(self, count: int) -> datetime:
        """When so many of them have left."""
        return self.start + self.interval * count


def reserve(
    lane: Lane, count: int, per_minute: int, ramp: timedelta, now: datetime
) -> tuple[Lane, Places]:
    """The next `count` places, and the lane after them."""
    since = now if now - lane.free_at > PAUSE else lane.ramp_since
    start = lane.free_at if now - lane.free_at <= LATE else now
    passed = (start - since) / ramp if ramp else 1.0
    rate = per_minute * SHARE * min(1.0, max(RAMP_STARTS_AT, passed))
    interval = timedelta(minutes=1) / rate
    return Lane(start + interval * count, since), Places(start, interval)
