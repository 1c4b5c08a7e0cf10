"""Pages of the lists of sources and of their polls, the same for the API and the console."""

from collections.abc import Collection, Sequence

from backend.core.cursor import Position, scope_of
from backend.core.db import db
from backend.core.problems import NotFound
from backend.http.auth import Caller
from backend.http.context import current_context
from backend.http.paging import page_by_id, page_of, position_of
from backend.ingest import poll_history, source_states
from backend.ingest.queries import source_feed
from backend.ingest.source_state import SourceState
from backend.tables.ingest import SourcePoll


def page_of_sources(
    caller: Caller, *, health: Collection[str], words: str, limit: int, cursor: str | None
) -> tuple[Sequence[SourceState], str | None]:
    """Return sources that the caller may read about, the broken ones first, and the next cursor."""
    scope = scope_of("newsroom sources", ",".join(sorted(health)), words)
    after = position_of(cursor, scope)
    slugs = None if caller.all_sources else caller.sources
    now = current_context().now()
    found = source_states.states(db.session(), now=now, health=health, words=words, slugs=slugs)
    rest = [each for each in found if after is None or Position(each.rank, each.id) > after]
    return page_of(rest[: limit + 1], limit, scope, lambda state: Position(state.rank, state.id))


def page_of_polls(
    source_id: int, *, limit: int, cursor: str | None
) -> tuple[Sequence[SourcePoll], str | None]:
    """Return a page of the latest polls, the newest first, and the next cursor."""
    scope = scope_of("source polls", str(source_id))

    def read(before: int | None, many: int) -> Sequence[SourcePoll]:
        return poll_history.polls(db.session(), source_id, before=before, limit=many)

    return page_by_id(cursor, limit, scope, read)


def polled_id(slug: str) -> int:
    """Return the id that polls of this source stand under.

    Raises:
        NotFound: it is not polled.
    """
    feed = source_feed(db.session(), slug)
    if feed is None:
        raise NotFound(f"No source {slug} is polled.")
    return feed.source_id
