"""The statement that merges many feeds by rank: only the index of feed rows is read, and no more
of it than the page needs.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import TextClause, text

from backend.cursor import Position

_PART = (
    "SELECT rank_us, article_id FROM feed_row WHERE feed_id = {feed}"
    " AND (rank_us, article_id) < (:rank_below, :id_below)"
    " AND (rank_us, article_id) > (:rank_above, :id_above)"
)
_ORDER = " ORDER BY rank_us DESC, article_id DESC LIMIT :size"


def merge_statement(
    feed_ids: Sequence[int], before: Position, after: Position, size: int, *, dialect: str
) -> tuple[TextClause, dict[str, Any]]:
    """Rank and article id, newest first; an article in several feeds comes several times."""
    bounds = {
        "rank_below": before.rank_us,
        "id_below": before.article_id,
        "rank_above": after.rank_us,
        "id_above": after.article_id,
        "size": size,
    }
    if dialect == "postgresql":
        return _LATERAL, bounds | {"feeds": list(feed_ids)}
    named = {f"feed_{index}": feed_id for index, feed_id in enumerate(feed_ids)}
    return _union(len(feed_ids)), bounds | named


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
