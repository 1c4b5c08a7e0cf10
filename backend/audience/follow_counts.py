"""Follow and unfollow as readers do, counted for the newsroom's numbers in the same transaction.

Rows are only added: a counter of a topic would make everyone who follows it wait for one row. They
name nobody. What editors do, such as merging tags, is not counted: no reader chose it.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from backend.audience import follow_log
from backend.core.db import table_of
from backend.tables.numbers import FollowChange


def follow(session: Session, installation_id: int, feed_id: int, now: datetime) -> bool:
    """Follow a feed and count that; return whether it was not followed yet."""
    is_new = follow_log.follow(session, installation_id, feed_id, now)
    _count(session, [feed_id] if is_new else [], is_gain=True, now=now)
    return is_new


def unfollow(
    session: Session, installation_id: int, feed_ids: Collection[int], now: datetime
) -> None:
    lost = follow_log.unfollow(session, installation_id, feed_ids, now)
    _count(session, lost, is_gain=False, now=now)


def _count(session: Session, feed_ids: Collection[int], *, is_gain: bool, now: datetime) -> None:
    day = now.date()
    rows = [{"day": day, "feed_id": feed_id, "is_gain": is_gain} for feed_id in sorted(feed_ids)]
    if rows:
        session.connection().execute(_ADD, rows)


_ADD = insert(table_of(FollowChange))
