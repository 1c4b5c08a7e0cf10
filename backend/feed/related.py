"""Tags that belong together, by lift: more often side by side than chance would have it."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import text

from backend.core.db import Reader
from backend.core.driver_read import DriverRead
from backend.feed.shown_tags import (
    IS_SUGGESTED,
    OWN_FEED,
    TAG_COLUMNS,
    ShownTag,
    per_engine,
    tag_of,
)

# Sample: the newest articles of the tag, and the whole site over the same time, but no more of it
# than its newest: so a rare tag costs no more on a site of a million articles.
_NEWEST = 300
_NEWEST_OF_SITE = 2_000
_CANDIDATES = 40
# Shrinkage: two tags that co-occur once prove nothing; at this count half the lift is believed.
_DOUBT = 3.0

_NEWEST_FIRST = "ORDER BY rank_us DESC, article_id DESC"
_SINCE = "(SELECT rank_us FROM since)"
# Asked first: with the ids at hand PostgreSQL knows how long the feed of everything is.
_FEEDS = (
    "SELECT kind, id FROM feed WHERE language = ''"
    " AND (kind = 'all' AND ref_id = 0 OR kind = 'tag' AND ref_id = :tag_id)"
)
_STATEMENT = (
    "WITH sample AS (SELECT article_id, rank_us FROM feed_row"  # noqa: S608
    f" WHERE feed_id = :own_feed {_NEWEST_FIRST} LIMIT {_NEWEST}),"
    " met AS (SELECT article_tag.tag_id, count(*) AS together FROM sample"
    " JOIN article_tag ON article_tag.article_id = sample.article_id"
    " WHERE article_tag.tag_id <> :tag_id GROUP BY article_tag.tag_id"
    f" ORDER BY 2 DESC, 1 LIMIT {_CANDIDATES}),"
    " since AS (SELECT max(rank_us) AS rank_us FROM (SELECT min(rank_us) AS rank_us FROM sample"
    " UNION ALL SELECT rank_us FROM (SELECT rank_us FROM feed_row WHERE feed_id = :all_feed"
    f" {_NEWEST_FIRST} LIMIT 1 OFFSET {_NEWEST_OF_SITE - 1}) AS oldest) AS bounds)"
    f" SELECT {TAG_COLUMNS}, met.together, (SELECT count(*) FROM sample),"
    " (SELECT count(*) FROM feed_row WHERE feed_row.feed_id = feed.id"
    f" AND feed_row.rank_us >= {_SINCE}),"
    " (SELECT count(*) FROM feed_row WHERE feed_row.feed_id = :all_feed"
    f" AND feed_row.rank_us >= {_SINCE}),"
    " EXISTS (SELECT 1 FROM tag_member"
    " WHERE tag_member.pair_id = :tag_id AND tag_member.tag_id = tag.id)"
    f" FROM met JOIN tag ON tag.id = met.tag_id JOIN {OWN_FEED}"
    f" WHERE tag.merged_into_id IS NULL AND {IS_SUGGESTED}"
)


class Candidate(NamedTuple):
    """A tag beside another one: how often they met, and how often each stood in the sample."""

    tag: ShownTag
    together: int
    of_tag: int
    of_other: int
    total: int
    is_member: bool

    @property
    def lift(self) -> float:
        # A tag that the newest articles of the site do not have is rare, not unknown.
        return lift(self.together, self.of_tag, max(1, self.of_other), self.total)


def related_tags(reader: Reader, tag: ShownTag, *, limit: int = 8) -> list[ShownTag]:
    """Return tags that stand with this one more often than their own frequency explains."""
    feeds = dict(_OF_TAG_AND_ALL.all(reader, {"tag_id": tag.id}))
    if len(feeds) < 2:
        return []
    values = {"tag_id": tag.id, "own_feed": feeds["tag"], "all_feed": feeds["all"]}
    found = _CANDIDATE_TAGS.all(reader, values)
    best = [each for each in found if each.lift > 1.0 or each.is_member]
    best.sort(key=lambda each: (-each.lift, each.tag.id))
    return [each.tag for each in best[:limit]]


def lift(together: int, of_tag: int, of_other: int, total: int) -> float:
    """Return P(other | tag) / P(other), drawn towards 1 while there is little evidence."""
    if not of_tag or not of_other or not total:
        return 0.0
    raw = (together / of_tag) / (of_other / total)
    trust = together / (together + _DOUBT)
    return 1.0 + (raw - 1.0) * trust


def _candidate_of(columns: Sequence[object]) -> Candidate:
    return Candidate._make([tag_of(columns), *columns[6:]])


_OF_TAG_AND_ALL = DriverRead(text(_FEEDS), lambda row: (str(row[0]), int(row[1])))
_CANDIDATE_TAGS = DriverRead(
    text(per_engine(_STATEMENT, "sqlite")),
    _candidate_of,
    postgresql=text(per_engine(_STATEMENT, "postgresql")),
    planned_anew=True,
)
