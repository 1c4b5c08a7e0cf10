"""Merges the newest articles of feeds into the first page of a home. Pure."""

from collections.abc import Sequence, Set
from itertools import takewhile
from typing import NamedTuple

from backend.core.cursor import Position

# A page of the usual length, and the article that tells whether there is another page.
MOST_ROWS = 21
_BOTTOM = (-(2**63), 0)


class NewRow(NamedTuple):
    """One of the newest articles of a feed."""

    rank_us: int
    article_id: int
    source_id: int
    card: str
    public_id: str


class MergedRow(NamedTuple):
    """An article of a home, and which of the merged feeds list it: places in their order."""

    row: NewRow
    feeds: list[int]


def merge(
    feeds: Sequence[Sequence[NewRow]], after: Position | None, hidden: Set[int], wanted: int
) -> list[MergedRow] | None:
    """The newest articles above `after` in any of the feeds, each once, without hidden sources'.

    None when the feeds' newest do not reach so far down.
    """
    # Below it an article may be missing that a feed does not have among its newest.
    floor = max((rows[-1][:2] for rows in feeds if len(rows) == MOST_ROWS), default=_BOTTOM)
    lowest = max(floor, (after.rank_us, after.article_id + 1)) if after else floor
    found: dict[int, MergedRow] = {}
    for at, rows in enumerate(feeds):
        for row in takewhile(lambda row: row[:2] >= lowest, rows):
            if row.article_id in found:
                found[row.article_id].feeds.append(at)
            elif row.source_id not in hidden:
                found[row.article_id] = MergedRow(row, [at])
    if lowest == floor != _BOTTOM and len(found) < wanted:
        return None
    return sorted(found.values(), key=_place, reverse=True)[:wanted]


def _place(merged: MergedRow) -> tuple[int, ...]:
    return merged.row[:2]
