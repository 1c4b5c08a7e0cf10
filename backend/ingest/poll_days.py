"""Counts of a feed's polls by day: one row a feed and day. Never commits."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.tables.ingest import SourceDay

KEPT = timedelta(days=60)
SHOWN = timedelta(days=14)


def count(session: Session, source_id: int, new: int, error: str | None, *, now: datetime) -> None:
    """Count a poll. The caller has locked the feed, so that nobody else makes the day's row."""
    today = now.date()
    row = session.get(SourceDay, (source_id, today))
    if row is None:
        row = SourceDay(source_id=source_id, day=today, polls=0, failed=0, new=0)
        session.add(row)
        past = SourceDay.source_id == source_id, SourceDay.day < today - KEPT
        session.execute(delete(SourceDay).where(*past))
    row.polls += 1
    row.failed += error is not None
    row.new += new


def latest_days(
    session: Session, source_ids: Collection[int], *, now: datetime
) -> Mapping[int, Sequence[SourceDay]]:
    """Return the days that are shown of each of these feeds, the first one first."""
    since = (now - SHOWN).date()
    rows = session.scalars(
        select(SourceDay)
        .where(SourceDay.source_id.in_(source_ids), SourceDay.day > since)
        .order_by(SourceDay.source_id, SourceDay.day)
    )
    found: dict[int, list[SourceDay]] = {each: [] for each in source_ids}
    for row in rows:
        found[row.source_id].append(row)
    return found
