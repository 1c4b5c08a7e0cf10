"""SQL text of the page reads, built once: composing it anew costs more than running it.

Keyset pagination over the index of feed rows alone, no further than the page needs.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import TextClause, text

from backend.audience.queries import TOPIC_COLUMNS, TOPIC_NAMED
from backend.core.cursor import Position

TOP = Position(2**63 - 1, 2**31 - 1)
BOTTOM = Position(-(2**63), 0)

# Row-value comparison: written out with OR, no database would use the index.
_BETWEEN = (
    "feed_row.feed_id = {feed}"
    " AND (feed_row.rank_us, feed_row.article_id) < (:rank_below, :id_below)"
    " AND (feed_row.rank_us, feed_row.article_id) > (:rank_above, :id_above)"
)
_PART = f"SELECT rank_us, article_id FROM feed_row WHERE {_BETWEEN}"  # noqa: S608
_NOT_MUTED = (
    " AND feed_row.source_id NOT IN"
    " (SELECT source_id FROM muted_source WHERE installation_id = :viewer)"
)
_NEWEST_FIRST = " ORDER BY rank_us DESC, article_id DESC"
_ORDER = f"{_NEWEST_FIRST} LIMIT :size"
# Empty when a page needs more rows than there are feeds: then the lower bound stays as it was.
_LOWEST_OF_NEWEST = (
    "COALESCE((SELECT rank_us FROM lowest), :rank_above),"
    " COALESCE((SELECT article_id - 1 FROM lowest), :id_above)"
)

JOINED = {
    "sqlite": "group_concat(feed_id)",
    "postgresql": "string_agg(CAST(feed_id AS text), ',')",
}
_NAMED = "FROM feed WHERE kind = :kind AND ref_id = :ref_id AND language = :language"
FEED = text(f"SELECT id, version {_NAMED}")
_PAGE = (
    "SELECT feed_row.rank_us, feed_row.article_id, article.public_id, article.card,"  # noqa: S608
    f" (SELECT version {_NAMED}) AS version"
    " FROM feed_row JOIN article ON article.id = feed_row.article_id"
    f" WHERE {_BETWEEN.format(feed=f'(SELECT id {_NAMED})')}{{more}}"
    " ORDER BY feed_row.rank_us DESC, feed_row.article_id DESC LIMIT :size"
)
PAGE = text(_PAGE.format(more=""))
# Of a feed that can be followed: what it is, and one row without an article where it lists none.
NEWEST = text(
    f"SELECT {TOPIC_COLUMNS}, feed.version, newest.* FROM feed {TOPIC_NAMED}"  # noqa: S608
    " LEFT JOIN (SELECT feed_row.rank_us, feed_row.article_id, article.source_id, article.card,"
    " article.public_id FROM feed_row JOIN article ON article.id = feed_row.article_id"
    " WHERE feed_row.feed_id = :feed"
    " ORDER BY feed_row.rank_us DESC, feed_row.article_id DESC LIMIT :size) AS newest ON true"
    " WHERE feed.id = :feed"
)
# Only the newest article of a story in this list: the rank alone decides, so that pages do not
# depend on each other. Not as EXISTS, which PostgreSQL may answer by reading every story there is.
_LEADS_ITS_STORY = (
    "(SELECT 1 FROM article AS told JOIN feed_row AS its_place"
    " ON its_place.feed_id = feed_row.feed_id"
    " AND its_place.rank_us = told.rank_us AND its_place.article_id = told.id"
    " WHERE told.story_id = article.story_id"
    " AND (told.rank_us, told.id) > (feed_row.rank_us, feed_row.article_id) LIMIT 1) IS NULL"
)
PAGE_OF_STORIES = text(_PAGE.format(more=f" AND {_LEADS_ITS_STORY}"))
# Only the newest article of a story in any feed of a home, apart from what its reader muted.
_LEADS_AT_HOME = (
    " AND (SELECT 1 FROM article AS own JOIN article AS told ON told.story_id = own.story_id"
    " AND (told.rank_us, told.id) > (own.rank_us, own.id)"
    " JOIN feed_row AS its_place ON its_place.article_id = told.id"
    " AND its_place.feed_id {feeds} AND its_place.source_id NOT IN"
    " (SELECT source_id FROM muted_source WHERE installation_id = :reader)"
    " WHERE own.id = feed_row.article_id LIMIT 1) IS NULL"
)
_THESE = "= ANY(CAST(:feeds AS integer[]))"
BELOW = text(
    "SELECT rank_us, article_id FROM feed_row WHERE"
    " feed_id = (SELECT id FROM feed WHERE kind = 'all' AND ref_id = 0 AND language = '')"
    " AND (rank_us, article_id) < (:rank_below, :id_below)"
    " ORDER BY rank_us DESC, article_id DESC LIMIT 1 OFFSET :count"
)
# Late join: cards, and the ids of all feeds that list each article, for the cut page only.
_CARDS = (
    "SELECT place.rank_us, place.article_id, article.source_id, article.card, article.public_id,"
    " (SELECT {listed} FROM feed_row WHERE feed_row.article_id = place.article_id) AS feed_ids"
    " FROM ({places}) AS place JOIN article ON article.id = place.article_id"
    " ORDER BY place.rank_us DESC, place.article_id DESC"
)


# What changed in some feeds: one row for each article, change number and operation.
_CHANGE = (
    "SELECT seq, article_id, op, reason, into_id FROM feed_change"
    " WHERE feed_id = {feed} AND seq > :since"
)
_CHANGED_CARDS = (
    "SELECT changed.seq, changed.article_id, article.source_id, article.card, article.public_id,"
    " (SELECT {listed} FROM feed_row WHERE feed_row.article_id = article.id) AS feed_ids,"
    " changed.op, changed.reason, successor.public_id AS into_public_id"
    " FROM ({changed}) AS changed JOIN article ON article.id = changed.article_id"
    " LEFT JOIN article AS successor ON successor.id = changed.into_id"
    " ORDER BY changed.seq, changed.article_id, changed.op"
)
_FIRST = " ORDER BY seq, article_id, op LIMIT :size"
_CHANGE_LATERALS = text(
    _CHANGED_CARDS.format(
        listed=JOINED["postgresql"],
        changed="SELECT DISTINCT part.* FROM unnest(CAST(:feeds AS integer[])) AS feed (id)"  # noqa: S608
        f" CROSS JOIN LATERAL ({_CHANGE.format(feed='feed.id')} ORDER BY seq LIMIT :size) AS part"
        + _FIRST,
    )
)


def bounds(before: Position | None, after: Position | None, size: int) -> dict[str, Any]:
    """Return the bind parameters of a page: positions below `before` and above `after`."""
    below, above = before or TOP, after or BOTTOM
    return {
        "rank_below": below.rank_us,
        "id_below": below.article_id,
        "rank_above": above.rank_us,
        "id_above": above.article_id,
        "size": size,
    }


def merge_statement(
    feed_ids: Sequence[int],
    before: Position | None,
    after: Position | None,
    size: int,
    *,
    viewer: int | None,
    stories_of: int | None,
    dialect: str,
) -> tuple[TextClause, dict[str, Any]]:
    """Build the statement of a merged page: its rows are the fields of `HomeRow`, newest first.

    An article in several feeds comes once. What the installation `viewer` muted is skipped; of each
    story comes only what leads it at the home of the installation `stories_of`.
    """
    values = bounds(before, after, size)
    named = {"viewer": viewer, "reader": stories_of}
    values |= {name: value for name, value in named.items() if value is not None}
    way = _Way(exclude_muted=viewer is not None, is_grouped=stories_of is not None)
    if dialect == "postgresql":
        return _laterals(way), values | {"feeds": list(feed_ids)}
    return _union(len(feed_ids), way), values | _named(feed_ids)


def changes_statement(
    feed_ids: Sequence[int], since: int, size: int, *, dialect: str
) -> tuple[TextClause, dict[str, Any]]:
    """Build the statement of what changed in these feeds after `since`, oldest first."""
    values: dict[str, Any] = {"since": since, "size": size}
    if dialect == "postgresql":
        return _CHANGE_LATERALS, values | {"feeds": list(feed_ids)}
    return _change_union(len(feed_ids)), values | _named(feed_ids)


class _Way(NamedTuple):
    """The rows to leave out of a home: of muted sources, and all of a story but its lead."""

    exclude_muted: bool
    is_grouped: bool

    def part(self, feeds: str) -> str:
        """Return the SELECT of the rows of one of the feeds that `feeds` lists."""
        muted = _NOT_MUTED if self.exclude_muted else ""
        return _PART + muted + (_LEADS_AT_HOME.format(feeds=feeds) if self.is_grouped else "")


def _named(feed_ids: Sequence[int]) -> dict[str, int]:
    return {f"feed_{index}": feed_id for index, feed_id in enumerate(feed_ids)}


@lru_cache(maxsize=256)
def _change_union(count: int) -> TextClause:
    """Build a UNION of which SQLite merges the index scans up to the limit, as for pages."""
    parts = (_CHANGE.format(feed=f":feed_{index}") for index in range(count))
    changed = " UNION ".join(parts) + _FIRST
    return text(_CHANGED_CARDS.format(listed=JOINED["sqlite"], changed=changed))


@lru_cache(maxsize=256)
def _union(count: int, way: _Way) -> TextClause:
    """Build a UNION of which SQLite merges the index scans, without duplicates, up to the limit."""
    part = way.part(f"IN ({', '.join(f':{name}' for name in _named(range(count)))})")
    parts = (part.format(feed=f":feed_{index}") for index in range(count))
    return text(_CARDS.format(listed=JOINED["sqlite"], places=" UNION ".join(parts) + _ORDER))


@lru_cache(maxsize=4)
def _laterals(way: _Way) -> TextClause:
    """Build lateral joins that bound each index scan: PostgreSQL would read and sort whole feeds.

    The newest row of each feed gives a lower bound for the page; no feed is read below it.
    """
    part = way.part(_THESE).format(feed="feed.id")
    high = part.replace(":rank_above, :id_above", _LOWEST_OF_NEWEST)
    places = (
        "WITH feed AS (SELECT unnest(CAST(:feeds AS integer[])) AS id),"  # noqa: S608
        " newest AS (SELECT DISTINCT top.rank_us, top.article_id"
        f" FROM feed CROSS JOIN LATERAL ({part}{_NEWEST_FIRST} LIMIT 1) AS top),"
        f" lowest AS (SELECT * FROM newest{_NEWEST_FIRST}"
        " LIMIT 1 OFFSET CAST(:size AS integer) - 1)"
        " SELECT DISTINCT part.rank_us, part.article_id"
        f" FROM feed CROSS JOIN LATERAL ({high}{_ORDER}) AS part{_ORDER}"
    )
    return text(_CARDS.format(listed=JOINED["postgresql"], places=places))
