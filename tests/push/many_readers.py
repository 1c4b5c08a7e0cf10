"""Readers by the ten thousand, which one by one would take minutes to register."""

from datetime import datetime

from sqlalchemy import bindparam, text

from backend.audience.service import topic_ids
from backend.core.db import UtcDateTime, transaction

# They read by turns on iPhone and Android; a few rarer facts are spread among them.
_PHONES = """
    INSERT INTO installation (
        public_id, secret_hash, platform, address_kind, address_value, locale, time_zone,
        created_at, seen_at, breaking_overrides_quiet_hours, is_test, daily_limit, edition
    )
    WITH RECURSIVE number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < :count)
    SELECT 'many-' || i, 'secret-' || i, CASE WHEN i % 3 = 0 THEN 'ios' ELSE 'android' END,
        'fid', CASE WHEN i % 10 < 9 THEN 'address-' || i END, 'en', 'UTC', :now, :now, true, false,
        CASE WHEN i % 7 = 0 THEN 5 END, CASE WHEN i = 77 THEN 'rare' ELSE 'uk' END
    FROM number
"""
_FOLLOWS = """
    INSERT INTO follow (feed_id, installation_id, since, level)
    SELECT :feed, id, :now, 'all' FROM installation WHERE public_id LIKE 'many-%'
"""


def register_many(count: int, *topics: str, now: datetime) -> None:
    """So many follow each of the topics, every tenth without an address."""
    at = bindparam("now", now, type_=UtcDateTime())
    with transaction() as session:
        session.execute(text(_PHONES).bindparams(at, count=count))
        for feed in topic_ids(session, topics).values():
            session.execute(text(_FOLLOWS).bindparams(at, feed=feed))
