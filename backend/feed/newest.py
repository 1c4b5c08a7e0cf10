"""The newest articles of feeds in memory: what the first pages of home feeds are merged from.

They are the only part of a home that many readers share. What a feed lists is read and kept with
the number of its last change, so that a page never shows less than its sync cursor says.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from backend.catalog.feed_ids import FeedKey
from backend.catalog.listing import ALL
from backend.feed import queries
from backend.feed.freshness import Freshness
from backend.feed.kept_values import KeptValues
from backend.feed.merging import MOST_ROWS
from backend.feed.pinned import PinnedRow, pinned
from backend.feed.queries import NewestFeed

# With more feeds that are not in memory, the page is left to the one statement that merges it.
MOST_READ = 8
_ROW_BYTES = 300


class NewestOfFeeds:
    """Newest articles of feeds, `most_bytes` a process; with none the database merges each page."""

    def __init__(self, freshness: Freshness, most_bytes: int) -> None:
        self.has_room = most_bytes > 0
        self._feeds: KeptValues[NewestFeed] = KeptValues(freshness, most_bytes, _size_bytes)
        self._pinned: KeptValues[Sequence[PinnedRow]] = KeptValues(freshness, 1)

    def of(self, reader: Connection, feed_ids: Sequence[int]) -> list[NewestFeed] | None:
        """Return the newest of each feed; None when too many of them have to be read."""
        found = self._feeds.find_all(feed_ids, non_blocking=False)
        missing = [at for at, feed in enumerate(found) if feed is None]
        if len(missing) > MOST_READ:
            return None
        for at in missing:
            found[at] = self._read(reader, feed_ids[at])
        return [feed for feed in found if feed is not None]

    def pinned(self, reader: Connection) -> Sequence[PinnedRow]:
        """Return the articles that are pinned on top of every home."""
        if not self.has_room:
            return pinned(reader, ALL)
        found = self._pinned.find(ALL, non_blocking=False)
        if found is None:
            since = self._pinned.version()
            found = pinned(reader, ALL)
            self._pinned.put(ALL, found, since=since, keys=(FeedKey(ALL).surrogate,))
        return found

    def _read(self, reader: Connection, feed_id: int) -> NewestFeed | None:
        """Read and keep the newest of a feed; None if it is gone since it was followed."""
        since, found = self._feeds.version(), queries.newest(reader, feed_id, MOST_ROWS)
        if found is not None:
            keys = (FeedKey(found.kind, found.ref_id).surrogate,)
            self._feeds.put(feed_id, found, since=since, keys=keys)
        return found


def _size_bytes(feed: NewestFeed) -> int:
    return sum(len(row.card) + _ROW_BYTES for row in feed.rows) + _ROW_BYTES
