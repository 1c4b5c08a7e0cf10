"""Queries of the numbers of days."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, String, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from backend.numbers.due import Made
from backend.numbers.floor import Cell
from backend.numbers.kinds import KINDS
from backend.tables.newsroom import Article, Feed
from backend.tables.numbers import DailyNumber, NumberedDay

Column = InstrumentedAttribute[Any]
COLUMNS: Mapping[str, Column] = {
    "day": DailyNumber.day,
    "hour": DailyNumber.hour,
    "platform": DailyNumber.platform,
}


_SUM = func.sum(DailyNumber.count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which rows are meant; days both included."""

    kinds: Sequence[str]
    measures: Sequence[str]
    since: date
    until: date
    subject: str | None = None
    platform: str | None = None
    feed_kind: str = ""


def first_day(session: Session, today: date) -> date:
    """The first day that there may be anything to count on."""
    made = session.scalar(select(func.min(NumberedDay.day)))
    seen = session.scalar(select(Article.first_seen_at).order_by(Article.id).limit(1))
    return min(made or today, seen.date() if seen else today, today)


def days_made(session: Session, first: date) -> dict[date, Made]:
    columns = NumberedDay.day, NumberedDay.made_at, NumberedDay.is_settled
    rows = session.execute(select(*columns).where(NumberedDay.day >= first))
    return {row.day: Made(row.made_at, row.is_settled) for row in rows}


def made_at(session: Session) -> datetime | None:
    """When numbers were made last."""
    last = select(NumberedDay.made_at).order_by(NumberedDay.day.desc()).limit(1)
    return session.scalar(last)


def last_settled(session: Session) -> date | None:
    """Days are made oldest first: all before it are settled, too."""
    return session.scalar(select(func.max(NumberedDay.day)).where(NumberedDay.is_settled))


def cells_of(session: Session, day: date) -> dict[Cell, int | None]:
    fields = [getattr(DailyNumber, name) for name in Cell._fields]
    of_day = DailyNumber.kind.in_(KINDS), DailyNumber.day == day
    rows = session.execute(select(*fields, DailyNumber.count).where(*of_day))
    return {Cell(*row[:-1]): row[-1] for row in rows}


def sums(session: Session, wish: Wish, by: str) -> Iterator[tuple[Any, str, int | None]]:
    """Sums of each measure by a column; None where each part is too small to be kept."""
    column = COLUMNS.get(by, DailyNumber.subject)
    asked = select(column, DailyNumber.measure, _SUM).where(*_clauses(wish))
    rows = session.execute(asked.group_by(column, DailyNumber.measure))
    return ((row[0], row[1], _whole(row[2])) for row in rows)


def totals(session: Session, wish: Wish) -> Mapping[str, int | None]:
    asked = select(DailyNumber.measure, _SUM).where(*_clauses(wish))
    rows = session.execute(asked.group_by(DailyNumber.measure))
    return {measure: _whole(count) for measure, count in rows}


def feeds(session: Session, ids: Collection[int]) -> Sequence[Feed]:
    return session.scalars(select(Feed).where(Feed.id.in_(ids))).all()


def article_titles(session: Session, public_ids: Collection[str]) -> dict[str, str]:
    found = select(Article.public_id, Article.title).where(Article.public_id.in_(public_ids))
    return {row.public_id: row.title for row in session.execute(found)}


def _whole(count: Any) -> int | None:
    """PostgreSQL sums integers as decimals."""
    return None if count is None else int(count)


def _clauses(wish: Wish) -> list[ColumnElement[bool]]:
    number = DailyNumber
    clauses: list[ColumnElement[bool]] = [
        number.kind.in_(wish.kinds),
        number.day.between(wish.since, wish.until),
        number.measure.in_(wish.measures),
    ]
    if wish.subject is not None:
        clauses.append(number.subject == wish.subject)
    if wish.platform is not None:
        clauses.append(number.platform == wish.platform)
    if wish.feed_kind:
        of_kind = select(cast(Feed.id, String)).where(
            Feed.kind == wish.feed_kind, Feed.language == ""
        )
        clauses.append(number.subject.in_(of_kind))
    return clauses
