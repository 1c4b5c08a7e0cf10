"""Makes the numbers of each day, in the background process; safe to repeat."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from backend.core.db import db, release, retried, table_of, transaction
from backend.core.sweep import Rows, slices, swept
from backend.http.hooks import Hooks
from backend.numbers import queries
from backend.numbers.due import due_days, is_settled
from backend.numbers.floor import Cell, kept
from backend.numbers.kinds import KINDS
from backend.tables.numbers import DailyNumber, FollowChange, NumberedDay


def make_due(hooks: Hooks, kept_for: timedelta, *, now: datetime) -> Iterator[None]:
    """Make what is missing or may have changed, a day at a time; zero keeps the days for good."""
    first = queries.first_day(db.session(), now.date())
    if kept_for:
        first = max(first, now.date() - kept_for)
    made = queries.days_made(db.session(), first)
    release()
    for day in due_days(made, first, now):
        make_day(hooks, day, now=now)
        yield


def make_day(hooks: Hooks, day: date, *, now: datetime) -> None:
    """Count before the transaction: others write meanwhile."""
    cells = kept(hooks.counted(db.session(), day))
    _write(day, cells, now)


def old(kept_for: timedelta, now: datetime) -> Iterator[Rows]:
    """Numbers of days that are older than they are kept for; zero keeps them for good."""
    if kept_for:
        before = now.date() - kept_for
        for kind in KINDS:
            own = DailyNumber.kind == kind, DailyNumber.day < before
            yield Rows(DailyNumber.day, own)


def forget_old(kept_for: timedelta, *, now: datetime) -> Iterator[None]:
    """Drop days that are older than they are kept for, and follows that are in settled days."""
    yield from swept(old(kept_for, now))
    if kept_for:
        yield from slices(NumberedDay.day, NumberedDay.day < now.date() - kept_for)
    settled = queries.last_settled(db.session())
    if settled is not None:
        yield from slices(FollowChange.id, FollowChange.day <= settled)


@retried
def _write(day: date, cells: Mapping[Cell, int | None], now: datetime) -> None:
    """Replace the rows of a day; when they are the same nothing but the time is written."""
    with transaction() as session:
        if queries.cells_of(session, day) != cells:
            _replace(session, day, cells)
        session.merge(NumberedDay(day=day, made_at=now, is_settled=is_settled(day, now)))


def _replace(session: Session, day: date, cells: Mapping[Cell, int | None]) -> None:
    session.execute(delete(DailyNumber).where(DailyNumber.kind.in_(KINDS), DailyNumber.day == day))
    rows = [{**cell._asdict(), "day": day, "count": count} for cell, count in cells.items()]
    if rows:
        session.execute(insert(table_of(DailyNumber)), rows)
