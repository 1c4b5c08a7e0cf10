"""Queries of the numbers of days."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, select, union_all
from sqlalchemy.orm import Session

from backend.numbers.due import Made
from backend.numbers.floor import Cell, plus
from backend.numbers.kinds import KINDS
from backend.numbers.spans import DAYS, MONTHS, last_of_month, spans
from backend.tables.newsroom import Article, Feed
from backend.tables.numbers import DailyNumber, NumberedDay, NumberSum

# A report by anything else is one by subject.
COLUMNS = ("day", "hour", "platform")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Filters of rows; both days are included."""

    kinds: Sequence[str]
    measures: Sequence[str]
    since: date
    until: date
    subject: str | None = None
    platform: str | None = None
    feed_kind: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether nothing that is counted is filtered out, so that the sums of days fit."""
        return self.subject is None and self.platform is None and not self.feed_kind


def first_day(session: Session, today: date) -> date:
    """Return the first day on which there may be anything to count."""
    made = session.scalar(select(func.min(NumberedDay.day)))
    seen = session.scalar(select(Article.first_seen_at).order_by(Article.id).limit(1))
    return min(made or today, seen.date() if seen else today, today)


def days_made(session: Session, first: date) -> dict[date, Made]:
    columns = NumberedDay.day, NumberedDay.made_at, NumberedDay.is_settled
    rows = session.execute(select(*columns).where(NumberedDay.day >= first))
    return {row.day: Made(row.made_at, row.is_settled) for row in rows}


def made_at(session: Session) -> datetime | None:
    """Return when the numbers of the latest day were made; None without any."""
    last = select(NumberedDay.made_at).order_by(NumberedDay.day.desc()).limit(1)
    return session.scalar(last)


def last_settled(session: Session) -> date | None:
    """Return the last settled day; days are made oldest first, so all before it are settled."""
    return session.scalar(select(func.max(NumberedDay.day)).where(NumberedDay.is_settled))


def cells_of(session: Session, day: date) -> dict[Cell, int | None]:
    fields = [getattr(DailyNumber, name) for name in Cell._fields]
    of_day = DailyNumber.kind.in_(KINDS), DailyNumber.day == day
    rows = session.execute(select(*fields, DailyNumber.count).where(*of_day))
    return {Cell(*row[:-1]): row[-1] for row in rows}


def months_to_sum(session: Session) -> list[date]:
    """The first days of settled months that have no sums yet; a day is made before its next."""
    settled = last_settled(session)
    if settled is None:
        return []
    made = select(NumberedDay.day).where(NumberedDay.begins_sums.is_(False))
    days = session.scalars(made.where(NumberedDay.day <= settled).order_by(NumberedDay.day))
    return [day for day in days if day.day == 1 and last_of_month(day) <= settled]


def sums_of_month(month: date) -> Select[Any]:
    """Select the sums of a month as rows of `NumberSum`, in the order of its columns."""
    own = (DailyNumber.subject, DailyNumber.hour, DailyNumber.platform, DailyNumber.measure)
    named: list[Any] = [DailyNumber.kind, literal(MONTHS), literal(month), *own]
    of_month = DailyNumber.day.between(month, last_of_month(month))
    summed = select(*named, func.sum(DailyNumber.count)).where(DailyNumber.kind.in_(KINDS))
    return summed.where(of_month).group_by(DailyNumber.kind, *own)


def sums(session: Session, wish: Wish, by: str | None) -> Sequence[tuple[Any, str, int | None]]:
    """Sum each measure by a column; None where each part is too small to be kept."""
    column = by if by in COLUMNS or by is None else "subject"
    rows = session.execute(_summed(wish, column, _months(session, wish))).all()
    own = _of_kind(session, wish.feed_kind, {row[0] for row in rows}) if wish.feed_kind else None
    kept = (row for row in rows if own is None or row[0] in own)
    return [(row[0], row[1], _whole(row[2])) for row in kept]


def totals(session: Session, wish: Wish) -> Mapping[str, int | None]:
    found: dict[str, int | None] = {}
    for _, measure, count in sums(session, wish, "subject" if wish.feed_kind else None):
        found[measure] = plus(found.get(measure), count)
    return found


def _of_kind(session: Session, kind: str, subjects: Collection[str]) -> Collection[str]:
    """Return the subjects that are topics of a kind; only the few that were counted are read."""
    ids = [int(each) for each in subjects if each.isdigit()]
    own = Feed.id.in_(ids), Feed.kind == kind, Feed.language == ""
    return {str(each) for each in session.scalars(select(Feed.id).where(*own))}


def _summed(wish: Wish, by: str | None, months: Sequence[date]) -> Select[Any]:
    """Select sums by a column and measure, from stored sums as far as there are any."""
    if by in {"day", None} and wish.is_whole:
        parts = [_part(NumberSum, wish, by, _in_days(wish))]
    else:
        found = spans(wish.since, wish.until, () if by == "day" else months)
        parts = [
            _part(DailyNumber, wish, by, DailyNumber.day.between(*each)) for each in found.days
        ]
        if found.months:
            is_one = NumberSum.span == MONTHS, NumberSum.since.in_(found.months)
            parts.append(_part(NumberSum, wish, by, and_(*is_one)))
    each = union_all(*parts).subquery().c
    return select(each.key, each.measure, func.sum(each.count)).group_by(each.key, each.measure)


def _in_days(wish: Wish) -> ColumnElement[bool]:
    return and_(NumberSum.span == DAYS, NumberSum.since.between(wish.since, wish.until))


def _months(session: Session, wish: Wish) -> Sequence[date]:
    is_meant = NumberedDay.begins_sums, NumberedDay.day.between(wish.since, wish.until)
    return session.scalars(select(NumberedDay.day).where(*is_meant)).all()


def _part(
    model: type[DailyNumber | NumberSum], wish: Wish, by: str | None, when: ColumnElement[bool]
) -> Select[Any]:
    name = "since" if by == "day" and model is NumberSum else by
    key = literal("") if name is None else getattr(model, name)
    summed = select(key.label("key"), model.measure, func.sum(model.count).label("count"))
    return summed.where(when, *_clauses(model, wish)).group_by("key", model.measure)


def feeds(session: Session, ids: Collection[int]) -> Sequence[Feed]:
    return session.scalars(select(Feed).where(Feed.id.in_(ids))).all()


def article_titles(session: Session, public_ids: Collection[str]) -> dict[str, str]:
    found = select(Article.public_id, Article.title).where(Article.public_id.in_(public_ids))
    return {row.public_id: row.title for row in session.execute(found)}


def _whole(count: Any) -> int | None:
    """Convert a sum to an integer: PostgreSQL sums integers as decimals."""
    return None if count is None else int(count)


def _clauses(model: type[DailyNumber | NumberSum], wish: Wish) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = [
        model.kind.in_(wish.kinds),
        model.measure.in_(wish.measures),
    ]
    if wish.subject is not None:
        clauses.append(model.subject == wish.subject)
    if wish.platform is not None:
        clauses.append(model.platform == wish.platform)
    return clauses
