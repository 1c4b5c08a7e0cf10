"""The statements that every page is read with, as text: to put them together anew would cost more
than to ask them. Only the index of feed rows is walked, and no further than the page needs.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import TextClause, bindparam, text

from backend.cursor import Position

TOP = Position(2**63 - 1, 2**31 - 1)
BOTTOM = Position(-(2**63), 0)

# Compared as a pair: written out with OR, no database would enter the index there.
_BETWEEN = (
    "feed_row.feed_id = {feed}"
    " AND (feed_row.rank_us, feed_row.article_id) < (:rank_below, :id_below)"
    " AND (feed_row.rank_us, feed_row.article_id) > (:rank_above, :id_above)"
)
_PART = f"SELECT rank_us, article_id FROM feed_row WHERE {_BETWEEN}"  # noqa: S608
_ORDER = " ORDER BY rank_us DESC, article_id DESC LIMIT :size"

FEED = text(
    "SELECT id, version FROM feed WHERE kind = :kind AND ref_id = :ref_id AND language = :language"
)
PAGE = text(
    "SELECT feed_row.rank_us, feed_row.article_id, article.public_id, article.card"  # noqa: S608
    " FROM feed_row JOIN article ON article.id = feed_row.article_id"
    f" WHERE {_BETWEEN.format(feed=':feed')}"
    " ORDER BY feed_row.rank_us DESC, feed_row.article_id DESC LIMIT :size"
)
CARDS = text("SELECT id, card FROM article WHERE id IN :ids").bindparams(
    bindparam("ids", expanding=True)
)
LISTED = text("SELECT article_id, feed_id FROM feed_row WHERE article_id IN :ids").bindparams(
    bindparam("ids", expanding=True)
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
    """Rank and article id, newest first; an article in several feeds comes once."""
    if dialect == "postgresql":
        return _LATERAL, bounds(before, after, size) | {"feeds": list(feed_ids)}
    named = {f"feed_{index}": feed_id for index, feed_id in enumerate(feed_ids)}
    return _union(len(feed_ids)), bounds(before, after, size) | named


@lru_cache(maxsize=256)
def _union(count: int) -> TextClause:
    """SQLite walks the parts side by side, drops what it has just met and stops at the limit."""
    parts = (_PART.format(feed=f":feed_{index}") for index in range(count))
    return text(" UNION ".join(parts) + _ORDER)


# PostgreSQL would read whole feeds and sort them: here each gives no more than the page needs.
_LATERAL = text(
    "SELECT DISTINCT part.rank_us, part.article_id"  # noqa: S608
    " FROM unnest(CAST(:feeds AS integer[])) AS feed(id)"
    f" CROSS JOIN LATERAL ({_PART.format(feed='feed.id')}{_ORDER}) AS part{_ORDER}"
)
