"""The newest articles of feeds in memory: what the first pages of home feeds are merged from.

They are the only part of a home that many readers share. What a feed lists is kept under the
number of its last change, so that a page never shows less than its sync cursor says.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from backend.audience.queries import FollowedRow
from backend.catalog.feed_ids import FeedKey
from backend.catalog.listing import ALL
from backend.feed import queries
from backend.feed.freshness import Freshness
from backend.feed.kept_values import KeptValues
from backend.feed.merging import MOST_ROWS, NewRow
from backend.feed.pinned import PinnedRow, pinned

# More feeds that are not in memory are left to the one statement that merges a page.
MOST_READ = 8
_ROW_BYTES = 300


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
        rows = queries.newest(reader, feed.id, MOST_ROWS)
        keys = (FeedKey(feed.kind, feed.ref_id).surrogate,)
        self._rows.put((feed.id, feed.version), rows, since=since, keys=keys)
        return rows


def _size_bytes(rows: Sequence[NewRow]) -> int:
    return sum(len(row.card) + _ROW_BYTES for row in rows) + _ROW_BYTES
