"""Remove a source: its feed at once, its articles, when asked for, in batches."""

from datetime import datetime

from sqlalchemy.orm import Session

from backend.audit.recording import record
from backend.catalog.listing import bump_cache_epoch
from backend.catalog.queries import source_by_slug
from backend.core.db import db, release, transaction
from backend.core.problems import NotFound
from backend.feed.freshness import wait_until_gone
from backend.http.auth import current_actor
from backend.http.hooks import Hooks
from backend.ingest import queries
from backend.newsroom import impact
from backend.newsroom.impact import Impact
from backend.newsroom.takedown import Takedown, take_down_some

REMOVED = Takedown(reason="the source was removed", cause="source_removed")
# What one transaction takes down: others wait for it.
BATCH = 100
BATCHES_AT_ONCE = 5


def remove_source(slug: str, *, with_articles: bool, now: datetime) -> None:
    """Stop polling a source and forget its feed; repeating it changes nothing.

    Its articles stay, or are taken down by `take_down_articles`.

    Raises:
        NotFound: there never was such a source.
    """
    with transaction() as session:
        source = source_by_slug(session, slug)
        if source is None:
            raise NotFound(f"There is no source {slug}.")
        # Not `FOR UPDATE`, for which everybody would wait who publishes an article of it.
        session.refresh(source, with_for_update={"key_share": True})
        feed = queries.source_feed(session, slug)
        if feed is not None:
            session.delete(feed)
        if source.removed_at is None or (with_articles and not source.is_emptied):
            after = {"with_articles": with_articles}
            record(
                session, current_actor(), "source.removed", f"source:{slug}", after=after, now=now
            )
        source.removed_at = source.removed_at or now
        source.is_emptied = source.is_emptied or with_articles
        bump_cache_epoch(session)


def remove_at_once(hooks: Hooks, slug: str, *, with_articles: bool, now: datetime) -> bool:
    """Remove a source for somebody who waits; False when the poller has articles left to take down.

    Raises:
        NotFound: there never was such a source.
    """
    remove_source(slug, with_articles=with_articles, now=now)
    if not with_articles:
        return True
    is_done = take_down_articles(hooks, now=now, batches=BATCHES_AT_ONCE)
    wait_until_gone()
    return is_done


def preview(
    session: Session, hooks: Hooks, slug: str, *, with_articles: bool, now: datetime
) -> Impact:
    """Return what removing a source would move; nothing is written.

    Raises:
        NotFound: there never was such a source.
    """
    source = source_by_slug(session, slug)
    if source is None:
        raise NotFound(f"There is no source {slug}.")
    return impact.of_source(session, hooks, source, now, with_articles=with_articles)


def take_down_articles(hooks: Hooks, *, now: datetime, batches: int | None = None) -> bool:
    """Take down articles of removed sources; return whether all are done.

    Any process may go on with it: what is left stands in the database.
    """
    while (source_id := _next_source()) is not None:
        if batches is not None and batches < 1:
            return False
        if take_down_some(hooks, source_id, REMOVED, BATCH, now=now) < BATCH:
            _finish(source_id)
        batches = None if batches is None else batches - 1
    return True


def _next_source() -> int | None:
    found = queries.source_being_emptied(db.session())
    release()
    return found


def _finish(source_id: int) -> None:
    with transaction() as session:
        queries.mark_emptied(session, source_id)
        bump_cache_epoch(session)
    release()
