"""The statements that every page is read with, as text: to put them together anew would cost more
than to ask them. Only the index of feed rows is walked, and no further than the page needs.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import TextClause, text

from backend.cursor import Position

TOP = Position(2**63 - 1, 2**31 - 1)
BOTTOM = Position(-(2**63), 0)

# Compared as a pair: written out with OR, no database would enter the index there.
_PLACES = (
    " FROM feed_row WHERE feed_id = {feed}"
    " AND (rank_us, article_id) < (:rank_below, :id_below)"
    " AND (rank_us, article_id) > (:rank_above, :id_above)"
)
_PART = f"SELECT rank_us, article_id{_PLACES}"
_ORDER = " ORDER BY rank_us DESC, article_id DESC LIMIT :size"

FEED = text(
    "SELECT id, version FROM feed WHERE kind = :kind AND ref_id = :ref_id AND language = :language"
)
PAGE = text(
    "SELECT place.rank_us, place.article_id, article.public_id, article.card"  # noqa: S608
    f" FROM ({_PART.format(feed=':feed')}{_ORDER}) AS place"
    " JOIN article ON article.id = place.article_id"
    " ORDER BY place.rank_us DESC, place.article_id DESC"
)


def bounds(before: Position | None, after: Position | None, size: int) -> dict[str, Any]:
    """The values that each of them takes: places below `before` and above `after`."""
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
    dialect: str,
) -> tuple[TextClause, dict[str, Any]]:
    """Rank and article id, newest first; an article in several feeds comes several times."""
    if dialect == "postgresql":
        return _LATERAL, bounds(before, after, size) | {"feeds": list(feed_ids)}
    named = {f"feed_{index}": feed_id for index, feed_id in enumerate(feed_ids)}
    return _union(len(feed_ids)), bounds(before, after, size) | named


@lru_cache(maxsize=256)
def _union(count: int) -> TextClause:
    """SQLite walks the parts side by side and stops at the limit."""
    parts = (_PART.format(feed=f":feed_{index}") for index in range(count))
    return text(" UNION ALL ".join(parts) + _ORDER)


# PostgreSQL would read whole feeds and sort them: here each gives no more than the page needs.
_LATERAL = text(
    "SELECT part.rank_us, part.article_id FROM unnest(CAST(:feeds AS integer[])) AS feed(id)"  # noqa: S608
    f" CROSS JOIN LATERAL ({_PART.format(feed='feed.id')}{_ORDER}) AS part{_ORDER}"
)
