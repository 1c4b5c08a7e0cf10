"""Takes articles down whose source lets us show them for some days only."""

from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.core import faults
from backend.core.db import db, release, to_us
from backend.feed.queries import feed_id_of
from backend.http.hooks import Hooks
from backend.newsroom.service import Arrival
from backend.newsroom.takedown import Takedown, unpublish
from backend.tables.newsroom import Article, FeedRow, Source

BATCH = 50
EXPIRED = "the source lets its articles be shown for {days} days"


def expire_due(hooks: Hooks, *, now: datetime) -> int:
    """Take down articles past their time, oldest first; return how many, a batch a source at most.

    Each is a transaction of its own: one that fails does not stop the others.
    """
    session = db.session()
    due = [
        (slug, days, external_id)
        for source_id, slug, days in _limited(session)
        for external_id in _over(session, source_id, now - timedelta(days=days))
    ]
    release()
    for slug, days, external_id in due:
        arrival = Arrival(source=slug, external_id=external_id)
        over = Takedown(reason=EXPIRED.format(days=days), cause="rights")
        taking = partial(unpublish, hooks, arrival, over, now=now)
        faults.outcome_of("expiry", taking, lambda _: None, source=slug)
        release()
    return len(due)


def _limited(session: Session) -> list[tuple[int, str, int]]:
    days = Source.expires_after_days
    found = select(Source.id, Source.slug, days.label("days")).where(days.is_not(None))
    return [(row.id, row.slug, row.days) for row in session.execute(found) if row.days]


def _over(session: Session, source_id: int, before: datetime) -> list[str]:
    """Return listed articles older than that, by rank: it is their time, at most two days off."""
    rows = (
        select(FeedRow.article_id)
        .where(
            FeedRow.feed_id == feed_id_of("source", source_id),
            FeedRow.rank_us <= to_us(before),
        )
        .order_by(FeedRow.rank_us)
        .limit(BATCH)
    )
    return list(session.scalars(select(Article.external_id).where(Article.id.in_(rows))))
