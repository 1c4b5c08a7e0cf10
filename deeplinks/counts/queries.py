"""Queries of daily counts, and of the short links that are counted."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from functools import cache

from sqlalchemy import Insert, Row, delete, func, select
from sqlalchemy.orm import Session

from backend.core.chunks import chunks
from backend.core.db import table_of
from backend.core.upsert import insert_of
from deeplinks.store.models import LinkCount, ShortLink


# Built once, as every registration executes it.
@cache
def _added(engine: str) -> Insert:
    counts = table_of(LinkCount)
    statement = insert_of(engine, counts)
    return statement.on_conflict_do_update(
        index_elements=[counts.c.day, counts.c.kind, counts.c.label],
        set_={"count": counts.c.count + statement.excluded.count},
    )


def known_codes(session: Session, codes: Collection[str]) -> set[str]:
    return set(session.scalars(select(ShortLink.code).where(ShortLink.code.in_(codes))))


def drop_counts(session: Session, kind: str) -> None:
    session.execute(delete(LinkCount).where(LinkCount.kind == kind))


def count(session: Session, day: date, kind: str, label: str, number: int = 1) -> None:
    """Increment a daily counter (upsert)."""
    statement = _added(session.get_bind().dialect.name)
    row = {"day": day, "kind": kind, "label": label, "count": number}
    session.connection().execute(statement, row)


def labels(session: Session, day: date, kind: str) -> set[str]:
    statement = select(LinkCount.label).where(LinkCount.day == day, LinkCount.kind == kind)
    return set(session.scalars(statement))


def counts(
    session: Session, kinds: Sequence[str], since: date, until: date, label: str | None = None
) -> Sequence[LinkCount]:
    """Return the counts of these days, both included, oldest first."""
    statement = select(LinkCount).where(
        LinkCount.day.between(since, until), LinkCount.kind.in_(kinds)
    )
    if label is not None:
        statement = statement.where(LinkCount.label == label)
    return session.scalars(statement.order_by(LinkCount.day, LinkCount.label)).all()


def total(session: Session, kind: str, since: date, until: date) -> int:
    """Sum the counts of a kind on these days, both included."""
    counted = select(func.sum(LinkCount.count)).where(
        LinkCount.kind == kind, LinkCount.day.between(since, until)
    )
    return session.scalar(counted) or 0


def totals(
    session: Session, kinds: Sequence[str], since: date, until: date, most: int
) -> Sequence[Row[str, str, int, date]]:
    """Return kind, label, count and last day over these days, of what was counted most."""
    number = func.sum(LinkCount.count)
    return session.execute(
        select(LinkCount.kind, LinkCount.label, number, func.max(LinkCount.day))
        .where(LinkCount.kind.in_(kinds), LinkCount.day.between(since, until))
        .group_by(LinkCount.kind, LinkCount.label)
        .order_by(number.desc(), LinkCount.label)
        .limit(most)
    ).all()


def counts_of_day(session: Session, day: date) -> Iterator[tuple[str, str, int]]:
    """Yield kind, label and count of everything that was counted on a day."""
    columns = LinkCount.kind, LinkCount.label, LinkCount.count
    yield from session.execute(select(*columns).where(LinkCount.day == day))


def paths_of(session: Session, codes: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield code and path of each of these short links that exists."""
    for some in chunks(sorted(codes), 500):
        named = ShortLink.code.in_(some)
        yield from session.execute(select(ShortLink.code, ShortLink.path).where(named))
