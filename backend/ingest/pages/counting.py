"""Counts what became of pages: for the source's view and for Prometheus. Never commits."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from backend.core import metrics
from backend.ingest import queries
from backend.ingest.pages.judgement import OUTCOMES

FETCHED = "fetched"
COUNTS: tuple[str, ...] = (FETCHED, *OUTCOMES)


def count(session: Session, source_id: int, *names: str) -> None:
    """Count these for a source that is still polled."""
    feed = queries.locked_feed(session, source_id)
    for name in names:
        metrics.count_page(name)
    if feed is not None:
        counts = counts_from(feed.page_counts)
        feed.page_counts = counts | {name: counts[name] + 1 for name in names}


def counts_from(stored: Mapping[str, object] | None) -> dict[str, int]:
    """Return all counts, zeros included, also from a record of another version."""
    known = stored or {}
    return {name: value if isinstance(value := known.get(name), int) else 0 for name in COUNTS}
