"""The home feed: the followed feeds merged on read, each article once, muted sources excluded.

For a reader of some languages alone, the feeds of these are merged in place of those of every one.
"""

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import NamedTuple

from sqlalchemy import Connection

from backend.audience.queries import (
    FollowedRow,
    Whose,
    follower_by,
    follower_by_id,
    follows_by,
)
from backend.audience.topic import topic_text
from backend.core.cursor import Cursor, Kind, Position, encode, scope_of
from backend.feed import queries
from backend.feed.grouped import besides, group_scope, members_at_home, with_others
from backend.feed.home_sync import Told
from backend.feed.merging import MOST_ROWS, NewRow, merge
from backend.feed.newest import NewestOfFeeds
from backend.feed.pinned import PinnedRow
from backend.feed.queries import HomeRow, NewestFeed
from backend.feed.service import PageRequest, checked
from backend.text.languages import lists_of

# Bound of one scan, in articles of the whole site, while muted sources hide all that a page would
# show.
MAX_SCANNED = 200_000


class Matched(NamedTuple):
    """An article's card and the followed topics that it is in."""

    public_id: str
    card: str
    topics: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage:
    articles: list[Matched]
    pinned: Sequence[PinnedRow]
    next_cursor: str | None
    newest_cursor: str | None
    sync_cursor: str
    gap: bool


@dataclass(frozen=True)
class Follower:
    """An installation with the feeds that it follows and the ids of the sources that it muted.

    The `languages` are of the feeds; none means every language.
    """

    id: int
    revision: int
    forgotten_revision: int
    muted: Set[int]
    languages: Set[str]
    feeds: Sequence[FollowedRow | NewestFeed]

    @cached_property
    def shown(self) -> list[FollowedRow | NewestFeed]:
        """Return the feeds without those of muted sources, which would be scanned for nothing."""
        return [
            feed for feed in self.feeds if feed.kind != "source" or feed.ref_id not in self.muted
        ]

    @property
    def feed_ids(self) -> list[int]:
        return [feed.id for feed in self.shown]

    @property
    def told(self) -> Told:
        """Return the sync state of a home that is read now: every change and follow was told."""
        newest = max((feed.version for feed in self.feeds), default=0)
        return Told(newest, self.revision, self.revision)

    def topics(self, feed_ids: str | None) -> list[str]:
        """Return the followed topics among an article's feeds, in the order followed."""
        subject = map(int, feed_ids.split(",") if feed_ids else ())
        found = sorted(self._order[each] for each in subject if each in self._order)
        return once(topic_of(self.feeds[at]) for at in found)

    def may_see(self, pinned: PinnedRow) -> bool:
        """Whether an article on top of every home is in this one."""
        if pinned.source_id in self.muted:
            return False
        return not self.languages or not self.languages.isdisjoint(lists_of(pinned.language))

    @cached_property
    def _order(self) -> dict[int, int]:
        return {feed.id: at for at, feed in enumerate(self.feeds)}


class Listed(NamedTuple):
    """An article's row and the followed topics that it is in."""

    row: HomeRow | NewRow
    topics: list[str]

    @property
    def place(self) -> Position:
        return Position(self.row.rank_us, self.row.article_id)


@dataclass(frozen=True, slots=True)
class Scan:
    """Visible articles, newest first, and the position where the scan stopped before the end."""

    listed: Sequence[Listed]
    stopped_at: Position | None


def read_home(
    reader: Connection,
    follower: Follower,
    asked: PageRequest,
    keys: Sequence[str],
    newest: NewestOfFeeds,
    *,
    max_scanned: int = MAX_SCANNED,
) -> HomePage:
    """Return one page of everything that the installation follows, each article once.

    Raises:
        BadCursor: the app should start the feed again without a cursor.
    """
    scope = home_scope(follower.id, asked.group)
    before, after = _bounds(asked, scope, keys)
    found = _from_memory(follower, asked, after)
    if found is None:
        found = _from_database(reader, follower, asked, before, after, max_scanned)
    listed = found.listed[: asked.limit]
    more = listed[-1].place if len(found.listed) > asked.limit else found.stopped_at
    first = (listed[0].place if listed else after) if before is None else None
    on_top = newest.pinned(reader) if asked.is_first else ()
    page = HomePage(
        articles=[Matched(row.public_id, row.card, topics) for row, topics in listed],
        pinned=[each for each in on_top if follower.may_see(each)],
        next_cursor=_encoded(Cursor(Kind.PAGE, at=more, floor=after), scope, keys),
        newest_cursor=_encoded(Cursor(Kind.NEWEST, at=first), scope, keys),
        sync_cursor=encode(follower.told.cursor, scope, keys),
        gap=asked.until is not None and more is not None,
    )
    return _with_others(reader, follower, page) if asked.group else page


def home_scope(installation_id: int, group: str) -> bytes:
    return scope_of("home", str(installation_id), *group_scope(group))


def follower_of(reader: Connection, installation_id: int) -> Follower:
    return Follower(*follower_by_id(reader, installation_id))


def follower_for(
    reader: Connection, whose: Whose, asked: PageRequest, newest: NewestOfFeeds
) -> Follower | None:
    """Return the installation that asks, or None if unknown; its feeds come from memory if the page
    can be merged from them.
    """
    follows = follows_by(reader, whose) if newest.has_room and _is_merged(asked) else None
    feeds = newest.of(reader, follows.feed_ids) if follows else None
    if follows is not None and feeds is not None:
        return Follower(*follows[:-1], feeds)
    found = follower_by(reader, whose)
    return Follower(*found) if found else None


def once(topics: Iterable[str]) -> list[str]:
    """Drop repeated topics, in order: the feeds of one topic in several languages name it again."""
    return list(dict.fromkeys(topics))


def topic_of(feed: FollowedRow | NewestFeed) -> str:
    return topic_text(feed.kind, feed.name)


def _bounds(
    asked: PageRequest, scope: bytes, keys: Sequence[str]
) -> tuple[Position | None, Position | None]:
    if asked.cursor is not None:
        cursor = checked(asked.cursor, Kind.PAGE, [scope], keys)
        return cursor.at, cursor.floor
    if asked.until is not None:
        return None, checked(asked.until, Kind.NEWEST, [scope], keys).at
    return None, None


def _is_merged(asked: PageRequest) -> bool:
    """Whether the newest articles of each feed may be enough for this page."""
    return asked.is_first and not asked.group and asked.limit < MOST_ROWS


def _from_memory(follower: Follower, asked: PageRequest, after: Position | None) -> Scan | None:
    """Merge a first page from what is in memory; None where the database has to merge it."""
    feeds = [each.rows for each in follower.shown if isinstance(each, NewestFeed)]
    if not _is_merged(asked) or len(feeds) < len(follower.shown):
        return None
    rows = merge(feeds, after, follower.muted, asked.limit + 1)
    if rows is None:
        return None
    topics = [topic_of(each) for each in follower.shown]
    listed = [Listed(row, once(topics[at] for at in places)) for row, places in rows]
    return Scan(listed, None)


def _from_database(
    reader: Connection,
    follower: Follower,
    asked: PageRequest,
    before: Position | None,
    after: Position | None,
    max_scanned: int,
) -> Scan:
    merged = partial(
        queries.merged,
        reader,
        follower.feed_ids,
        before=before,
        stories_of=follower.id if asked.group else None,
    )
    rows, stopped_at = _scan(reader, follower, merged, before, after, asked.limit + 1, max_scanned)
    return Scan([Listed(row, follower.topics(row.feed_ids)) for row in rows], stopped_at)


def _scan(
    reader: Connection,
    follower: Follower,
    merge: Callable[..., Sequence[HomeRow]],
    before: Position | None,
    after: Position | None,
    wanted: int,
    max_scanned: int,
) -> tuple[Sequence[HomeRow], Position | None]:
    """Filter muted sources out of an over-fetched page; if too few are left, let the database.

    The second query skips muted rows inside the index scan, down to a position that bounds its
    work.
    """
    if not follower.feed_ids:
        return [], None
    size = 2 * wanted if follower.muted else wanted
    rows = merge(after=after, size=size)
    visible = [row for row in rows if row.source_id not in follower.muted]
    if len(visible) >= wanted or len(rows) < size:
        return visible, None
    lowest = queries.position_below(reader, before, max_scanned)
    stop = lowest if lowest is not None and (after is None or lowest > after) else None
    above = Position(stop.rank_us, stop.article_id - 1) if stop is not None else after
    rows = merge(after=above, size=wanted, viewer=follower.id)
    return rows, stop if len(rows) < wanted else None


def _with_others(reader: Connection, follower: Follower, page: HomePage) -> HomePage:
    """Add to each card the other articles of its story in this home."""
    own = [*(each.public_id for each in page.pinned), *(each.public_id for each in page.articles)]
    told = members_at_home(reader, follower.feed_ids, follower.id, list(dict.fromkeys(own)))

    def whole(public_id: str, card: str) -> str:
        return with_others(card, besides(told.get(public_id, ()), public_id))

    return replace(
        page,
        articles=[each._replace(card=whole(each.public_id, each.card)) for each in page.articles],
        pinned=[each._replace(card=whole(each.public_id, each.card)) for each in page.pinned],
    )


def _encoded(cursor: Cursor, scope: bytes, keys: Sequence[str]) -> str | None:
    return encode(cursor, scope, keys) if cursor.at is not None else None
