"""Changes of a feed since a sync cursor, in commit order, and their retention."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from backend.catalog.listing import FeedKey
from backend.core.cursor import Cursor, Kind, encode
from backend.core.db import retried, transaction
from backend.core.locks import lock_newsroom
from backend.core.problems import Problem
from backend.core.sweep import slices
from backend.feed import queries
from backend.feed.queries import ChangeRow
from backend.feed.service import decoded, scope_for
from backend.tables.newsroom import FeedChange

# An app that was not opened for longer starts its feeds again.
RETENTION = timedelta(days=30)
PRUNED_FEEDS = 100


class CursorExpired(Problem):
    status, slug, title = 410, "cursor-expired", "This cursor is too old"


@dataclass(frozen=True, slots=True)
class Change:
    """An upsert with the article's card, or a removal with its reason and successor."""

    article_id: str
    card: str | None
    removal: Mapping[str, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePage:
    changes: list[Change]
    sync_cursor: str
    has_more: bool


def read_changes(
    session: Session, key: FeedKey, cursor: str, limit: int, keys: Sequence[str]
) -> ChangePage:
    """The changes after the cursor, oldest first: each article once, as it is now.

    Raises:
        BadCursor: the cursor is damaged or belongs to another feed.
        CursorExpired: changes after the cursor are no longer kept.
    """
    since = decoded(session, cursor, Kind.SYNC, key, keys).change
    feed = queries.feed_by_key(session, key.kind, key.ref_id, key.language)
    rows = queries.changes(session, feed.id, since, limit + 1) if feed else []
    # Beyond the newest change: a restored backup allocates the same change numbers again.
    is_beyond = since > (feed.version if feed else 0)
    # Read after the changes: what is pruned in between must not pass for nothing.
    if is_beyond or (feed is not None and since < queries.pruned_to(session, feed.id)):
        raise CursorExpired("Changes since then are no longer kept. Reload the first page.")
    kept = rows[:limit]
    last = kept[-1].seq if kept else since
    return ChangePage(
        changes=[_change(row) for row in kept],
        sync_cursor=encode(Cursor(Kind.SYNC, change=last), scope_for(key), keys),
        has_more=len(rows) > limit,
    )


def prune_changes(*, now: datetime) -> Iterator[None]:
    """Delete changes older than the retention, feed by feed, in slices."""
    before, after = now - RETENTION, 0
    while feeds := _mark_some(after, before):
        for after in feeds:
            own = FeedChange.feed_id == after, FeedChange.at < before
            yield from slices(FeedChange.seq, *own, lock=lock_newsroom)


@retried
def _mark_some(after: int, before: datetime) -> Sequence[int]:
    """Feeds that have old changes, which are pruned from now on for whoever asks for them."""
    with transaction() as session:
        feeds = queries.feeds_with_old_changes(session, after, before, PRUNED_FEEDS)
        if feeds:
            lock_newsroom(session)
            queries.mark_pruned(session, feeds, before)
        return feeds


def _change(row: ChangeRow) -> Change:
    if row.op == "upsert":
        return Change(row.public_id, row.card, None)
    removal = {"id": row.public_id, "reason": row.reason or "untagged"}
    return Change(row.public_id, None, removal | ({"into": row.into} if row.into else {}))
