"""Trending tags: the window's count against the tag's own baseline, so that giants do not trend."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import sqrt

from cachetools import TTLCache
from sqlalchemy import ColumnElement, Connection, func, select

from backend.catalog.listing import ALL
from backend.core.db import to_us
from backend.feed.queries import feed_id_of
from backend.feed.shown_tags import ShownTag, suggested_tags
from backend.tables.audience import Follow
from backend.tables.newsroom import ArticleTag, Feed, FeedRow

PAST_WINDOWS = 7
MIN_ARTICLES = 2
# A new follower says less than an article, and many come with one push.
FOLLOW_WEIGHT = 0.5
_CANDIDATES = 200
_KEPT_S = 60

_kept: TTLCache[tuple[str, timedelta, int], list[int]] = TTLCache(maxsize=64, ttl=_KEPT_S)


def trending_now(
    reader: Connection, *, window: timedelta, limit: int, now: datetime
) -> list[ShownTag]:
    """Return the trending tags, the strongest first."""
    minute = int(now.timestamp()) // _KEPT_S
    key = (str(reader.engine.url), window, minute)
    ids = _kept.get(key)
    if ids is None:
        ids = _kept[key] = _trending_ids(reader, window, now)
    return suggested_tags(reader, ids)[:limit]


def score(recent: float, past: float, windows: float) -> float:
    """Return the standard score of the window's count against the baseline of past windows."""
    expected = past / windows if windows else 0.0
    return (recent - expected) / sqrt(expected + 1.0)


def _trending_ids(reader: Connection, window: timedelta, now: datetime) -> list[int]:
    began = now - window
    past_began = began - PAST_WINDOWS * window
    recent = _article_counts(reader, began, now)
    likely = sorted(recent, key=lambda tag_id: -recent[tag_id])[:_CANDIDATES]
    past = _past_counts(reader, likely, past_began, began)
    follows = _follow_counts(reader, likely, began, now)
    past_follows = _follow_counts(reader, likely, past_began, began)
    scores = {
        tag_id: score(recent[tag_id], past.get(tag_id, 0), PAST_WINDOWS)
        + FOLLOW_WEIGHT * score(follows.get(tag_id, 0), past_follows.get(tag_id, 0), PAST_WINDOWS)
        for tag_id in likely
        if recent[tag_id] >= MIN_ARTICLES
    }
    rising = [tag_id for tag_id in scores if scores[tag_id] > 0]
    return sorted(rising, key=lambda tag_id: (-scores[tag_id], tag_id))


def _article_counts(reader: Connection, since: datetime, until: datetime) -> Mapping[int, int]:
    """Count the articles of each tag, by their ranks in the feed of everything."""
    counted = (
        select(ArticleTag.tag_id, func.count())
        .join(FeedRow, FeedRow.article_id == ArticleTag.article_id)
        .where(FeedRow.feed_id == feed_id_of(ALL), *_listed_within(since, until))
        .group_by(ArticleTag.tag_id)
    )
    return {row[0]: row[1] for row in reader.execute(counted)}


def _past_counts(
    reader: Connection, tag_ids: Sequence[int], since: datetime, until: datetime
) -> Mapping[int, int]:
    """Count the same for these tags alone, in their feeds: seven windows of all would be many."""
    listed = (
        select(func.count())
        .select_from(FeedRow)
        .where(FeedRow.feed_id == Feed.id, *_listed_within(since, until))
        .scalar_subquery()
    )
    of_tags = Feed.kind == "tag", Feed.language == "", Feed.ref_id.in_(tag_ids)
    return {row[0]: row[1] for row in reader.execute(select(Feed.ref_id, listed).where(*of_tags))}


def _listed_within(since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    return FeedRow.rank_us > to_us(since), FeedRow.rank_us <= to_us(until)


def _follow_counts(
    reader: Connection, tag_ids: Sequence[int], since: datetime, until: datetime
) -> Mapping[int, int]:
    counted = (
        select(Feed.ref_id, func.count())
        .join(Follow, Follow.feed_id == Feed.id)
        .where(
            Feed.kind == "tag",
            Feed.language == "",
            Feed.ref_id.in_(tag_ids),
            Follow.since > since,
            Follow.since <= until,
        )
        .group_by(Feed.ref_id)
    )
    return {row[0]: row[1] for row in reader.execute(counted)}
