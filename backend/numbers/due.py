"""Days whose numbers have to be made, or made anew. Pure."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

# Receipts of an alert come for days: as long as its batches are kept, and it may live.
SETTLES_AFTER = timedelta(days=6)
TODAY_EVERY, OTHERS_EVERY = timedelta(minutes=5), timedelta(hours=1)
DAY = timedelta(days=1)


class Made(NamedTuple):
    at: datetime
    is_settled: bool


def start_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def is_settled(day: date, now: datetime) -> bool:
    """Whether nothing more is counted on that day."""
    return now >= start_of(day) + DAY + SETTLES_AFTER


def due_days(made: Mapping[date, Made], first: date, now: datetime) -> Iterator[date]:
    """Yield the due days, oldest first: missed ones, those that are not settled yet, and today."""
    today = now.date()
    for number in range((today - first).days + 1):
        day = first + number * DAY
        if _is_due(made.get(day), TODAY_EVERY if day == today else OTHERS_EVERY, now):
            yield day


def _is_due(made: Made | None, every: timedelta, now: datetime) -> bool:
    return made is None or (not made.is_settled and now - made.at >= every)
