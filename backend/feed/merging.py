"""Merges the newest articles of feeds into the first page of a home. Pure."""

from collections.abc import Sequence, Set
from typing import NamedTuple

from backend.core.cursor import Position

# A page of the usual length, and the article that tells whether there is another page.
MOST_ROWS = 21
_BOTTOM = (-(2**63), 0)


class NewRow(NamedTuple):
    """One of the newest articles of a feed; rows compare as they are ordered: by rank and id."""

    rank_us: int
    article_id: int
    source_id: int
    card: str
    public_id: str


# An article of a home, with the indexes of the merged feeds that list it. A plain tuple, because
# most of what is merged is dropped again.
MergedRow = tuple[NewRow, list[int]]


def merge(
    feeds: Sequence[Sequence[NewRow]], after: Position | None, hidden: Set[int], wanted: int
) -> list[MergedRow] | None:
    """Merge the newest articles above `after` of all feeds, each once, without hidden sources.

    None when the feeds' newest do not reach so far down.
    """
    # Below it an article may be missing that a feed does not have among its newest.
    floor = max((rows[-1][:2] for rows in feeds if len(rows) == MOST_ROWS), default=_BOTTOM)
    lowest = max(floor, (after.rank_us, after.article_id + 1)) if after else floor
    found: dict[int, MergedRow] = {}
    for at, rows in enumerate(feeds):
        for row in rows:
            if row < lowest:
                break
            if row[1] in found:
                found[row[1]][1].append(at)
            elif row[2] not in hidden:
                found[row[1]] = row, [at]
    if lowest == floor != _BOTTOM and len(found) < wanted:
        return None
    return sorted(found.values(), reverse=True)[:wanted]
