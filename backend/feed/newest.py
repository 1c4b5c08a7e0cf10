"""The newest articles of feeds in memory: what the first pages of home feeds are merged from.

They are the only part of a home that many readers share. What a feed lists is kept under the
number of its last change, so that a page never shows less than its sync cursor says.
"""

from collections.abc import Sequence, Set
from itertools import takewhile
from typing import NamedTuple

from sqlalchemy import Connection, text

from backend.audience.queries import FollowedRow
from backend.catalog.feed_ids import FeedKey
from backend.catalog.listing import ALL
from backend.core.cursor import Position
from backend.core.driver_read import DriverRead
from backend.feed.freshness import Freshness
from backend.feed.kept_values import KeptValues
from backend.feed.pinned import PinnedRow, pinned

# A page of the usual length, and the article that tells whether there is another page.
MOST_ROWS = 21
# More feeds that are not in memory are left to the one statement that merges a page.
MOST_READ = 8
_ROW_BYTES = 300
_BOTTOM = (-(2**63), 0)


class NewRow(NamedTuple):
    """An article of a feed."""

    rank_us: int
    article_id: int
    source_id: int
    card: str
    public_id: str


class MergedRow(NamedTuple):
    """An article of a home, and which of the merged feeds list it: places in their order."""

    row: NewRow
    feeds: list[int]


_NEWEST = DriverRead(
    text(
        "SELECT feed_row.rank_us, feed_row.article_id, article.source_id, article.card,"
        " article.public_id FROM feed_row JOIN article ON article.id = feed_row.article_id"
        " WHERE feed_row.feed_id = :feed"
        " ORDER BY feed_row.rank_us DESC, feed_row.article_id DESC LIMIT :size"
    ),
    NewRow._make,
)


class NewestOfFeeds:
    """At most so many bytes of cards in each process; without any the database merges each page."""

    def __init__(self, freshness: Freshness, most_bytes: int) -> None:
        self._has_room = most_bytes > 0
        self._rows: KeptValues[Sequence[NewRow]] = KeptValues(freshness, most_bytes, _size_bytes)
        self._pinned: KeptValues[Sequence[PinnedRow]] = KeptValues(freshness, 1)

    def of(self, reader: Connection, feeds: Sequence[FollowedRow]) -> list[Sequence[NewRow]] | None:
        """The newest of each feed; None when too many of them have to be read."""
        if not self._has_room:
            return None
        keys = ((each.id, each.version) for each in feeds)
        found = self._rows.find_all(keys, non_blocking=False)
        missing = [at for at, rows in enumerate(found) if rows is None]
        for at in missing[:MOST_READ]:
            found[at] = self._read(reader, feeds[at])
        return None if len(missing) > MOST_READ else [rows for rows in found if rows is not None]

    def pinned(self, reader: Connection) -> Sequence[PinnedRow]:
        """What is on top of every home."""
        if not self._has_room:
            return pinned(reader, ALL)
        found = self._pinned.find(ALL, non_blocking=False)
        if found is None:
            since = self._pinned.version()
            found = pinned(reader, ALL)
            self._pinned.put(ALL, found, since=since, keys=(FeedKey(ALL).surrogate,))
        return found

    def _read(self, reader: Connection, feed: FollowedRow) -> Sequence[NewRow]:
        since = self._rows.version()
        rows = _NEWEST.all(reader, {"feed": feed.id, "size": MOST_ROWS})
        keys = (FeedKey(feed.kind, feed.ref_id).surrogate,)
        self._rows.put((feed.id, feed.version), rows, since=since, keys=keys)
        return rows


def merge(
    feeds: Sequence[Sequence[NewRow]], after: Position | None, hidden: Set[int], wanted: int
) -> list[MergedRow] | None:
    """The newest articles above `after` in any of the feeds, each once, without hidden sources'.

    None when the feeds' newest do not reach so far down. Pure.
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


def _size_bytes(rows: Sequence[NewRow]) -> int:
    return sum(len(row.card) + _ROW_BYTES for row in rows) + _ROW_BYTES
