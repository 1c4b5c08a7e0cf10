"""The history of a feed's polls: one row a poll, the latest of each feed. Never commits."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from backend.ingest import poll_days
from backend.tables.ingest import SourceFeed, SourcePoll

KEPT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PollCounts:
    """Counts of what came of the entries of one document."""

    entries: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    undated: int = 0


def note(
    session: Session,
    feed: SourceFeed,
    counts: PollCounts | None,
    *,
    status: int | None,
    error: str | None,
    now: datetime,
) -> None:
    """Keep how a poll went, and what its document held; `counts` is None when none was read."""
    took = now - (feed.last_polled_at or now)
    session.add(
        SourcePoll(
            source_id=feed.source_id,
            at=now,
            duration_ms=max(0, took // timedelta(milliseconds=1)),
            outcome=_outcome(counts, error),
            status=status,
            error=error,
            **asdict(counts or PollCounts()),
        )
    )
    if counts is not None and error is None:
        feed.last_entries, feed.last_refused = counts.entries, counts.refused
    poll_days.count(session, feed.source_id, counts.new if counts else 0, error, now=now)
    session.flush()
    _forget_older(session, feed.source_id)


def polls(
    session: Session, source_id: int, *, before: int | None, limit: int
) -> Sequence[SourcePoll]:
    """Return the polls of a feed, the newest first, older than the poll `before`."""
    wanted = select(SourcePoll).where(SourcePoll.source_id == source_id)
    if before is not None:
        wanted = wanted.where(SourcePoll.id < before)
    return session.scalars(wanted.order_by(SourcePoll.id.desc()).limit(limit)).all()


def latest_statuses(session: Session, source_ids: Collection[int]) -> Mapping[int, int | None]:
    """Return the HTTP status of each feed's latest poll; None where nobody answered."""
    own = SourcePoll.source_id.in_(source_ids)
    newest = select(func.max(SourcePoll.id)).where(own).group_by(SourcePoll.source_id)
    found = select(SourcePoll.source_id, SourcePoll.status).where(SourcePoll.id.in_(newest))
    return {row.source_id: row.status for row in session.execute(found)}


def _outcome(counts: PollCounts | None, error: str | None) -> str:
    if error is not None:
        return "failed"
    if counts is None:
        return "not-modified"
    return "changed" if counts.new or counts.changed else "unchanged"


def _forget_older(session: Session, source_id: int) -> None:
    own = SourcePoll.source_id == source_id
    last = select(SourcePoll.id).where(own).order_by(SourcePoll.id.desc()).offset(KEPT).limit(1)
    session.execute(delete(SourcePoll).where(own, SourcePoll.id <= last.scalar_subquery()))
