"""Retry schedule of deliveries and back-off of endpoints (a circuit breaker). Pure."""

from datetime import datetime, timedelta

from backend.core.back_off import exponential_back_off

TRY_FOR = timedelta(days=3)
FIRST_BACK_OFF, LONGEST_BACK_OFF = timedelta(seconds=5), timedelta(minutes=5)
# A receiver that asks for more would end the delivery at its first refusal.
LONGEST_ASKED = timedelta(days=1)
PAUSES = tuple(
    timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 21_600)
)


def retry_at(
    created_at: datetime, tries: int, now: datetime, *, chance: float, asked: timedelta
) -> datetime | None:
    """Return when to try again after this many tries; None when the three days would be over.

    `chance` in [0, 1) spreads retries by up to a fifth; `asked` is what the endpoint asked for.
    """
    pause = PAUSES[min(tries, len(PAUSES)) - 1] * (1 + chance / 5)
    again = now + max(pause, asked)
    return again if again <= created_at + TRY_FOR else None


def back_off_until(failures: int, now: datetime) -> datetime:
    """Return the end of an endpoint's exponential back-off after so many failures in a row."""
    return now + exponential_back_off(failures, first=FIRST_BACK_OFF, longest=LONGEST_BACK_OFF)
