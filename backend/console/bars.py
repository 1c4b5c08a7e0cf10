"""Bars of a small chart: the last days, the latest one at the end. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

DAYS = 14
WIDTH, GAP, HEIGHT = 6, 2, 28
# So that a day without anything is seen as a day.
LEAST = 1

CHART_WIDTH = DAYS * (WIDTH + GAP) - GAP


class Day(Protocol):
    """The numbers of one day's polls."""

    @property
    def day(self) -> date: ...
    @property
    def polls(self) -> int: ...
    @property
    def failed(self) -> int: ...
    @property
    def new(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Bar:
    """A day's bar: its place and its numbers. `is_failed`: every poll of the day failed."""

    day: date
    polls: int
    failed: int
    new: int
    x: int
    y: int
    height: int

    @property
    def is_failed(self) -> bool:
        return self.polls > 0 and self.failed == self.polls


def bars_of(days: Iterable[Day], today: date) -> tuple[Bar, ...]:
    """Return a bar for each of the last days, also for those without a poll."""
    known = {each.day: each for each in days}
    most = max((each.new for each in known.values()), default=0) or 1
    return tuple(_bar(today - timedelta(days=DAYS - 1 - n), n, known, most) for n in range(DAYS))


def _bar(day: date, number: int, known: dict[date, Day], most: int) -> Bar:
    found = known.get(day)
    polls, failed, new = (found.polls, found.failed, found.new) if found else (0, 0, 0)
    height = max(LEAST, round(HEIGHT * new / most))
    if polls and failed == polls:
        height = max(height, HEIGHT // 4)
    return Bar(day, polls, failed, new, number * (WIDTH + GAP), HEIGHT - height, height)
