"""Sums that a report is read from: whole months, and the days around them. Pure."""

from calendar import monthrange
from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from backend.numbers.due import DAY

DAYS, MONTHS = "day", "month"


class Spans(NamedTuple):
    """The first days of whole months, and the first and last day of each run of single days."""

    months: list[date]
    days: list[tuple[date, date]]


def last_of_month(first: date) -> date:
    return first.replace(day=monthrange(first.year, first.month)[1])


def spans(since: date, until: date, summed: Collection[date]) -> Spans:
    """Split a period, both days included; `summed` are the months that have their sums."""
    months = sorted(each for each in summed if since <= each and last_of_month(each) <= until)
    days, following = [], since
    for month in months:
        if following < month:
            days.append((following, month - DAY))
        following = last_of_month(month) + DAY
    if following <= until:
        days.append((following, until))
    return Spans(months, days)
