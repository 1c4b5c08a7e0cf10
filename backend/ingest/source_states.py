"""States of sources: one, or all of them by health. Light, because a command lists them."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from backend.catalog.queries import source_by_slug
from backend.core.problems import NotFound
from backend.ingest import queries
from backend.ingest.source_state import SourceState, state_of
from backend.ingest.websub import queries as websub_queries
from backend.ingest.websub.reach import websub_site
from backend.ingest.websub.state import WebSubState, websub_state
from backend.tables.ingest import SourceFeed


def state(session: Session, slug: str, *, now: datetime) -> SourceState:
    """Return the state of a source.

    Raises:
        NotFound: there is no such source.
    """
    source = source_by_slug(session, slug)
    if source is None or source.removed_at is not None:
        raise NotFound(f"There is no source {slug}.")
    feed = queries.source_feed(session, slug)
    return state_of(source, feed, now, websub_of(session, feed, now))


def states(
    session: Session,
    *,
    now: datetime,
    health: Collection[str] = (),
    words: str = "",
    slugs: Collection[str] | None = None,
) -> Sequence[SourceState]:
    """Return all sources, the broken ones first; only those of these healths, words and slugs.

    Health is judged here and not by the database: that takes a tenth of a second for a thousand.
    """
    subscriptions, site = websub_queries.wanted(session), websub_site()
    found = (
        state_of(
            source, feed, now, websub_state(feed, subscriptions.get(source.id), site=site, now=now)
        )
        for source, feed in queries.sources(session)
    )
    wanted = [
        each
        for each in found
        if (not health or each.health in health)
        and words.casefold() in _words_of(each)
        and (slugs is None or each.slug in slugs)
    ]
    return sorted(wanted, key=lambda each: (each.rank, each.id))


def websub_of(session: Session, feed: SourceFeed | None, now: datetime) -> WebSubState | None:
    known = websub_queries.wanted(session, [feed.source_id]) if feed is not None else {}
    found = known.get(feed.source_id) if feed is not None else None
    return websub_state(feed, found, site=websub_site(), now=now)


def _words_of(state: SourceState) -> str:
    return f"{state.slug} {state.name} {state.feed_url or ''}".casefold()
