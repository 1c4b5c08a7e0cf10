"""Daily counts of the backend itself: follows, and articles of tags and sources."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from backend.core.db import to_us
from backend.core.tally import Tally
from backend.numbers.due import DAY, start_of
from backend.numbers.kinds import FOLLOWS, LISTED
from backend.tables.newsroom import Feed, FeedRow
from backend.tables.numbers import FollowChange


def follows(session: Session, day: date) -> Iterator[Tally]:
    """Yield how many began and ceased to follow each topic."""
    change = FollowChange
    counted = select(change.feed_id, change.is_gain, func.count()).where(change.day == day)
    for feed_id, is_gain, count in session.execute(
        counted.group_by(change.feed_id, change.is_gain)
    ):
        measure = "gained" if is_gain else "lost"
        yield Tally(kind=FOLLOWS, subject=str(feed_id), measure=measure, count=count)


def listed(session: Session, day: date) -> Iterator[Tally]:
    """Yield how many articles of the day each tag and source lists; a rank tells the day."""
    everything = aliased(FeedRow)
    whole = select(Feed.id).where(Feed.kind == "all", Feed.language == "").scalar_subquery()
    first, end = to_us(start_of(day)), to_us(start_of(day) + DAY)
    counted = (
        select(Feed.id, func.count())
        .select_from(everything)
        .join(FeedRow, FeedRow.article_id == everything.article_id)
        .join(Feed, Feed.id == FeedRow.feed_id)
        .where(everything.feed_id == whole, everything.rank_us >= first, everything.rank_us < end)
        .where(Feed.kind.in_(("tag", "source")), Feed.language == "")
        .group_by(Feed.id)
    )
    for feed_id, count in session.execute(counted):
        yield Tally(
            kind=LISTED, subject=str(feed_id), measure="articles", count=count, of_readers=False
        )
