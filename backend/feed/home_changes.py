"""What changed at home since a sync cursor: in its feeds, and by following and unfollowing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from backend.audience.queries import FollowerRow, follower_by_id, unfollowed
from backend.core.cursor import Kind, Position, encode
from backend.feed import queries
from backend.feed.changes import Change, CursorExpired, folded
from backend.feed.grouped import Member, members_at_home
from backend.feed.home import Follower, home_scope
from backend.feed.home_sync import Told, Watched, caught_up, streamed, told_of, walked, walked_to
from backend.feed.queries import HomeChangeRow, HomeRow
from backend.feed.service import checked

# Most feeds that changes are merged from, for each language that is read. An app with more of them,
# followed or unfollowed since, is told to start again.
MOST_WATCHED = 400
RELOAD = "What changed since then is no longer known. Reload the first page."


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeChange(Change):
    """A change at home; an upsert has the followed topics that the article is in."""

    topics: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeChangePage:
    changes: list[HomeChange]
    sync_cursor: str
    has_more: bool


def read_home_changes(
    snapshot: Connection,
    installation_id: int,
    cursor: str,
    limit: int,
    keys: Sequence[str],
    *,
    group: str = "",
) -> HomeChangePage:
    """Return the changes after the cursor: each article once in a page, as it is now.

    With `group` an article stands for its story.

    Raises:
        BadCursor: the cursor is damaged or belongs to another installation.
        CursorExpired: changes, or what was followed then, are no longer kept.
    """
    scope = home_scope(installation_id, group)
    told = told_of(checked(cursor, Kind.SYNC, [scope], keys))
    row = follower_by_id(snapshot, installation_id)
    follower, feeds = Follower(*row), _watched(snapshot, row, told)
    _refuse_forgotten(snapshot, follower, feeds, told)
    changed = [feed.feed_id for feed in streamed(feeds, told) if feed.version > told.change]
    rows = queries.home_changes(snapshot, changed, told.change, limit + 1)
    found = _changes(follower, rows[:limit])
    if len(rows) > limit:
        told = replace(told, change=rows[limit - 1].seq)
    else:
        told = caught_up(told, feeds, follower.revision)
    if len(rows) <= limit and told.is_walking:
        of_feeds = walked(feeds, told)
        told = _walk(snapshot, follower, of_feeds, told, limit - len(rows), found)
    changes = list(found.values())
    return HomeChangePage(
        changes=_of_stories(snapshot, follower, feeds, told, changes) if group else changes,
        sync_cursor=encode(told.cursor, scope, keys),
        has_more=len(rows) > limit or told.is_walking or follower.revision > told.revision,
    )


def _watched(reader: Connection, follower: FollowerRow, told: Told) -> list[Watched]:
    """Return the followed feeds and those unfollowed since the cursor, some of them both."""
    lost = {row.id: row for row in unfollowed(reader, follower.id, told.revision)}
    feeds = [
        Watched(row.id, row.revision, row.version, row.pruned_to, True, row.id in lost)
        for row in follower.feeds
    ]
    followed = {row.id for row in follower.feeds}
    return feeds + [
        Watched(row.id, row.revision, row.version, row.pruned_to, False, True)
        for row in lost.values()
        if row.id not in followed
    ]


def _refuse_forgotten(
    reader: Connection, follower: Follower, feeds: Sequence[Watched], told: Told
) -> None:
    is_lost = any(told.change < feed.pruned_to for feed in streamed(feeds, told))
    # A restored backup gives the same numbers again.
    is_beyond = told.towards > follower.revision or told.change > queries.last_change(reader)
    most = MOST_WATCHED * max(1, len(follower.languages))
    is_unknown = told.revision < follower.forgotten_revision or len(feeds) > most
    if is_lost or is_beyond or is_unknown:
        raise CursorExpired(RELOAD)


def _changes(follower: Follower, rows: Sequence[HomeChangeRow]) -> dict[int, HomeChange]:
    """Return changes by article id, each once, where it changed last; muted ones were not shown."""
    found: dict[int, HomeChange] = {}
    for row in rows:
        if row.source_id in follower.muted:
            continue
        # Under one change number the removals come first, and say why the article is gone.
        before = found.pop(row.article_id, None)
        is_gone = before is not None and before.removal is not None and row.op == "upsert"
        found[row.article_id] = before if before and is_gone else _change(follower, row)
    return found


def _change(follower: Follower, row: HomeChangeRow) -> HomeChange:
    if topics := follower.topics(row.feed_ids):
        return HomeChange(article_id=row.public_id, card=row.card, removal=None, topics=topics)
    reason = (row.reason or "untagged") if row.op == "remove" else "unfollowed"
    return _removal(row.public_id, reason, row.into_public_id)


def _of_stories(
    reader: Connection,
    follower: Follower,
    feeds: Sequence[Watched],
    told: Told,
    changes: Sequence[HomeChange],
) -> list[HomeChange]:
    """Fold changes into stories of the feeds that the app was told of; others wait for a walk."""
    known = {feed.feed_id for feed in streamed(feeds, told) if feed.is_followed}
    feed_ids = [each for each in follower.feed_ids if each in known]
    article_ids = [each.article_id for each in changes]
    found = members_at_home(reader, feed_ids, follower.id, article_ids)

    def shown(lead: Member, card: str) -> HomeChange:
        topics = follower.topics(lead.feed_ids)
        return HomeChange(article_id=lead.public_id, card=card, removal=None, topics=topics)

    return folded(changes, found, shown)


def _walk(
    reader: Connection,
    follower: Follower,
    feed_ids: Sequence[int],
    told: Told,
    room: int,
    found: dict[int, HomeChange],
) -> Told:
    """Add articles of what was followed or unfollowed, as far as there is room for them."""
    if not feed_ids:
        return walked_to(told, None)
    if not room:
        return told
    rows = queries.merged(reader, feed_ids, before=told.at, after=None, size=room + 1)
    kept = [row for row in rows[:room] if row.source_id not in follower.muted]
    for row in kept:
        found.setdefault(row.article_id, _placed(follower, row))
    last = rows[room - 1] if len(rows) > room else None
    return walked_to(told, last and Position(last.rank_us, last.article_id))


def _placed(follower: Follower, row: HomeRow) -> HomeChange:
    if topics := follower.topics(row.feed_ids):
        return HomeChange(article_id=row.public_id, card=row.card, removal=None, topics=topics)
    return _removal(row.public_id, "unfollowed", None)


def _removal(public_id: str, reason: str, into: str | None) -> HomeChange:
    removal = {"id": public_id, "reason": reason} | ({"into": into} if into else {})
    return HomeChange(article_id=public_id, card=None, removal=removal)
