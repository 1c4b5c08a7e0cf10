"""Clicks by day as the bars of a picture. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

HEIGHT = 100
# So high is a bar whose number is too small to be told.
_FEW_HEIGHT = 3


@dataclass(frozen=True, slots=True)
class Bar:
    """One day: its number, None when it is too small to be told, and the height of its bar."""

    day: date
    number: int | None
    height: int


def bars(numbers: Mapping[date, int | None], since: date, until: date) -> list[Bar]:
    """A bar for each day, both ends included, also for those without a click."""
    days = [since + timedelta(days=count) for count in range((until - since).days + 1)]
    highest = max((number or 0 for number in numbers.values()), default=0)
    return [_bar(day, numbers.get(day, 0), highest) for day in days]


def _bar(day: date, number: int | None, highest: int) -> Bar:
    if number is None:
        return Bar(day, None, _FEW_HEIGHT)
    height = round(HEIGHT * number / highest) if number else 0
    return Bar(day, number, max(height, _FEW_HEIGHT) if number else 0)
