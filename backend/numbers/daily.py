"""Makes the numbers of each day, in the background process; safe to repeat."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any

from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session

from backend.core.db import db, release, retried, table_of, transaction
from backend.core.sweep import Rows, slices, swept
from backend.http.hooks import Hooks
from backend.numbers import queries
from backend.numbers.due import due_days, is_settled
from backend.numbers.floor import Cell, kept, plus
from backend.numbers.kinds import KINDS
from backend.numbers.spans import DAYS, MONTHS
from backend.tables.numbers import DailyNumber, FollowChange, NumberedDay, NumberSum


def make_due(hooks: Hooks, kept_for: timedelta, *, now: datetime) -> Iterator[None]:
    """Make missing and changeable numbers, a day at a time; zero keeps the days for good."""
    first = queries.first_day(db.session(), now.date())
    if kept_for:
        first = max(first, now.date() - kept_for)
    made = queries.days_made(db.session(), first)
    release()
    for day in due_days(made, first, now):
        make_day(hooks, day, now=now)
        yield
    months = queries.months_to_sum(db.session())
    release()
    for month in months:
        _sum_month(month)
        yield


def make_day(hooks: Hooks, day: date, *, now: datetime) -> None:
    """Count a day, then store it: the counting is outside the transaction, so others can write."""
    cells = kept(hooks.counted(db.session(), day))
    _write(day, cells, now)


def old(kept_for: timedelta, now: datetime) -> Iterator[Rows]:
    """Yield the rows of days that are older than they are kept for; zero keeps them for good."""
    if kept_for:
        before = now.date() - kept_for
        for kind in KINDS:
            own = DailyNumber.kind == kind, DailyNumber.day < before
            yield Rows(DailyNumber.day, own)


def forget_old(kept_for: timedelta, *, now: datetime) -> Iterator[None]:
    """Drop days that are older than they are kept for, and follows that are in settled days."""
    yield from swept(old(kept_for, now))
    if kept_for:
        yield from swept(_old_sums(now.date() - kept_for))
        yield from slices(NumberedDay.day, NumberedDay.day < now.date() - kept_for)
    settled = queries.last_settled(db.session())
    if settled is not None:
        yield from slices(FollowChange.id, FollowChange.day <= settled)


def _old_sums(before: date) -> Iterator[Rows]:
    for kind, span in product(KINDS, (DAYS, MONTHS)):
        own = NumberSum.kind == kind, NumberSum.span == span, NumberSum.since < before
        yield Rows(NumberSum.since, own)


@retried
def _write(day: date, cells: Mapping[Cell, int | None], now: datetime) -> None:
    """Replace the rows of a day; when they are the same nothing but the time is written."""
    with transaction() as session:
        if queries.cells_of(session, day) != cells:
            _replace(session, day, cells)
        session.merge(NumberedDay(day=day, made_at=now, is_settled=is_settled(day, now)))


def _replace(session: Session, day: date, cells: Mapping[Cell, int | None]) -> None:
    _forget(session, DAYS, day)
    session.execute(delete(DailyNumber).where(DailyNumber.kind.in_(KINDS), DailyNumber.day == day))
    begins = NumberedDay.day == day.replace(day=1)
    session.execute(update(NumberedDay).where(begins).values(begins_sums=False))
    rows = [{**cell._asdict(), "day": day, "count": count} for cell, count in cells.items()]
    if rows:
        session.execute(insert(table_of(DailyNumber)), rows)
        session.execute(insert(table_of(NumberSum)), _day_sums(day, cells))


def _day_sums(day: date, cells: Mapping[Cell, int | None]) -> list[dict[str, Any]]:
    """Sum a day by kind and measure; None where each part is too small to be kept."""
    found: dict[tuple[str, str], int | None] = {}
    for cell, count in cells.items():
        place = cell.kind, cell.measure
        found[place] = plus(found.get(place), count)
    whole = {"span": DAYS, "since": day, "subject": "", "hour": 0, "platform": ""}
    return [
        {**whole, "kind": kind, "measure": measure, "count": count}
        for (kind, measure), count in found.items()
    ]


@retried
def _sum_month(month: date) -> None:
    """Sum a month whose days are settled, so that nothing of it changes any more."""
    with transaction() as session:
        _forget(session, MONTHS, month)
        names = [column.name for column in table_of(NumberSum).columns]
        made = insert(table_of(NumberSum)).from_select(names, queries.sums_of_month(month))
        session.execute(made)
        session.get_one(NumberedDay, month).begins_sums = True


def _forget(session: Session, span: str, since: date) -> None:
    own = NumberSum.kind.in_(KINDS), NumberSum.span == span, NumberSum.since == since
    session.execute(delete(NumberSum).where(*own))
