"""Circuit breaker for the provider: when nobody is answered, everything waits. Pure.

Closed, messages leave as they are due. Open, none does. Half open, a handful leaves on a connection
of its own (the probe): an answer closes the breaker, silence opens it for longer. Between probes it
waits with exponential back-off and full jitter.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from backend.core.back_off import exponential_back_off

State = Literal["closed", "open", "half_open"]

HANDFUL = 5
# Silent addresses that open it. Fewer just back off: one that fails alone holds up nobody else.
ENOUGH = 3
FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Breaker:
    """A circuit breaker; `silent` are the addresses without an answer since anybody had one.

    `failures` counts the silence that opened it and the probes in a row that failed.
    """

    silent: frozenset[int] = frozenset()
    failures: int = 0
    since: datetime | None = None
    probe_at: datetime | None = None

    @property
    def is_closed(self) -> bool:
        return self.since is None

    def state(self, now: datetime) -> State:
        """Return the state: half open from `probe_at` on, or when it is implausibly far ahead."""
        if self.since is None or self.probe_at is None:
            return "closed"
        is_open = timedelta(0) < self.probe_at - now <= LONGEST_WAIT
        return "open" if is_open else "half_open"


CLOSED = Breaker()


def missed(breaker: Breaker, addresses: Collection[int], now: datetime, jitter: float) -> Breaker:
    """Count addresses without an answer while nobody else had one; enough of them open it."""
    silent = breaker.silent.union(addresses)
    if not breaker.is_closed:
        return breaker
    if len(silent) < ENOUGH:
        return replace(breaker, silent=silent)
    return Breaker(frozenset(), 1, now, now + wait_after(1, jitter))


def probe_failed(breaker: Breaker, now: datetime, jitter: float) -> Breaker:
    """Count a probe that had no answer either, and put the next one off."""
    failures = breaker.failures + 1
    return replace(breaker, failures=failures, probe_at=now + wait_after(failures, jitter))


def wait_after(failures: int, jitter: float) -> timedelta:
    """Return a wait with full jitter: up to the exponential back-off, a second at least."""
    longest = exponential_back_off(failures + 1, first=FIRST_WAIT, longest=LONGEST_WAIT)
    return max(FIRST_WAIT, longest * jitter)
