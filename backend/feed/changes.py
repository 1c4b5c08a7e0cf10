"""Changes of a feed since a sync cursor, in commit order, and their retention."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy.orm import Session

from backend.catalog.feed_ids import FeedKey
from backend.core.cursor import Cursor, Kind, encode
from backend.core.db import retried, transaction
from backend.core.locks import lock_newsroom
from backend.core.problems import Problem
from backend.core.sweep import slices
from backend.feed import queries
from backend.feed.grouped import Member, members, with_others
from backend.feed.queries import ChangeRow
from backend.feed.service import decoded, scope_for
from backend.tables.newsroom import FeedChange

# An app that was not opened for longer starts its feeds again.
RETENTION = timedelta(days=30)
PRUNED_FEEDS = 100


C = TypeVar("C", bound="Change")


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
    session: Session,
    key: FeedKey,
    cursor: str,
    limit: int,
    keys: Sequence[str],
    *,
    group: str = "",
) -> ChangePage:
    """Return the changes after the cursor, oldest first: each article once, as it is now.

    With `group` an article stands for its story.

    Raises:
        BadCursor: the cursor is damaged or belongs to another feed.
        CursorExpired: changes after the cursor are no longer kept.
    """
    since = decoded(session, cursor, Kind.SYNC, key, keys, group).change
    feed = queries.feed_by_key(session, key.kind, key.ref_id, key.language)
    rows = queries.changes(session, feed.id, since, limit + 1) if feed else []
    # Beyond the newest change: a restored backup allocates the same change numbers again.
    is_beyond = since > (feed.version if feed else 0)
    # Read after the changes: what is pruned in between must not pass for "nothing changed".
    if is_beyond or (feed is not None and since < queries.pruned_to(session, feed.id)):
        raise CursorExpired("Changes since then are no longer kept. Reload the first page.")
    kept = rows[:limit]
    changes = [_change(row) for row in kept]
    last = kept[-1].seq if kept else since
    return ChangePage(
        changes=_of_stories(session, key, changes) if group else changes,
        sync_cursor=encode(Cursor(Kind.SYNC, change=last), scope_for(key, group), keys),
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
    """Mark the old changes of some feeds as pruned, which readers see at once; return the feeds."""
    with transaction() as session:
        feeds = queries.feeds_with_old_changes(session, after, before, PRUNED_FEEDS)
        if feeds:
            lock_newsroom(session)
            queries.mark_pruned(session, feeds, before)
        return feeds


def folded(
    changes: Sequence[C],
    found: Mapping[str, Sequence[Member]],
    shown: Callable[[Member, str], C],
) -> list[C]:
    """Fold changes of articles into changes of stories: one upsert per story, of its lead's card.

    An article that another one leads is removed. `shown` makes the upsert of a lead and its card.
    """
    told: dict[tuple[str, bool], C] = {}
    for each in changes:
        story = found.get(each.article_id, ())
        lead = story[0] if story else None
        if lead is None or lead.public_id != each.article_id:
            own = _alone(each) if lead is None else _led(each, lead.public_id)
            told[own.article_id, own.card is not None] = own
        if lead is not None:
            card = with_others(lead.card, story[1:])
            told.setdefault((lead.public_id, True), shown(lead, card))
    return list(told.values())


def _of_stories(session: Session, key: FeedKey, changes: Sequence[Change]) -> list[Change]:
    found = members(session, key, [each.article_id for each in changes])
    return folded(changes, found, lambda lead, card: Change(lead.public_id, card, None))


def _alone(change: C) -> C:
    return change if change.card is None else replace(change, card=with_others(change.card, ()))


def _led(change: C, lead: str) -> C:
    """Turn an upsert into a removal: another article, `lead`, leads the story now."""
    if change.card is None:
        return change
    removal = {"id": change.article_id, "reason": "grouped", "into": lead}
    return replace(change, card=None, removal=removal)


def _change(row: ChangeRow) -> Change:
    if row.op == "upsert":
        return Change(row.public_id, row.card, None)
    removal = {"id": row.public_id, "reason": row.reason or "untagged"}
    return Change(row.public_id, None, removal | ({"into": row.into} if row.into else {}))
