"""Takedowns: why, what the page says, until when they can be undone. Each is one transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from backend.audit.recording import record
from backend.catalog.listing import relist
from backend.core.db import retried, transaction
from backend.core.locks import lock_newsroom
from backend.core.problems import Conflict, Forbidden
from backend.http.auth import current_actor
from backend.http.hooks import Hooks
from backend.newsroom import queries, rights
from backend.newsroom.read_ahead import read_amended
from backend.newsroom.service import Arrival, announce, event_of, known_article
from backend.newsroom.text_hash import text_hash
from backend.newsroom.versions import refuse_changed
from backend.stories import grouping
from backend.tables.ingest import BLOCKED, SourceFeed
from backend.tables.newsroom import Article, Source
from schemas.values import FINAL_CAUSES

UNDO_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Takedown:
    """A takedown: `reason` is for the newsroom, `text` for the article's page.

    With `block_source` nothing of its source is published again.
    """

    reason: str
    cause: str = "withdrawn"
    text: str | None = None
    undo_until: datetime | None = None
    block_source: bool = False

    def undoable_until(self, now: datetime) -> datetime | None:
        """Return the end of the time to undo it, a day at most; None if somebody else decided."""
        if self.cause in FINAL_CAUSES:
            return None
        return min(self.undo_until or now + UNDO_WITHIN, now + UNDO_WITHIN)


@retried
def unpublish(
    hooks: Hooks,
    arrival: Arrival,
    takedown: Takedown,
    *,
    now: datetime,
    version: int | None = None,
) -> None:
    """Take an article down; it leaves every feed at the commit. Safe to repeat."""
    with transaction() as session:
        lock_newsroom(session)
        article = known_article(session, arrival)
        if takedown.block_source:
            block(session, article.source, now)
        if article.unpublished_at is None:
            refuse_changed(session, article, version)
            take_down_in(session, hooks, article, takedown, now)


@retried
def take_down_some(
    hooks: Hooks, source_id: int, takedown: Takedown, limit: int, *, now: datetime
) -> int:
    """Take down up to `limit` articles of a source in one transaction; return how many."""
    with transaction() as session:
        lock_newsroom(session)
        found = queries.present_articles(session, source_id, limit)
        for article in found:
            take_down_in(session, hooks, article, takedown, now)
        return len(found)


@retried
def restore(hooks: Hooks, arrival: Arrival, *, now: datetime) -> int:
    """Undo a takedown: the article is where it was; safe to repeat. Returns its id.

    Alerts that the takedown recalled stay recalled.

    Raises:
        NotFound: there is no such article.
        Forbidden: an editor took it down, and a publisher asks.
        Conflict: its reason permits no undoing, the time for it is over, or its source is blocked.
    """
    read_amended(arrival.source, arrival.external_id, {}, now)
    with transaction() as session:
        lock_newsroom(session)
        article = known_article(session, arrival)
        if article.unpublished_at is None:
            return article.id
        refuse_restoring(article, now)
        record(session, current_actor(), "article.restored", f"article:{article.public_id}",
               before=_shown(article), now=now)  # fmt: skip
        article.unpublished_at = article.unpublish_reason = None
        article.takedown = article.undo_until = None
        announce(session, hooks, article, is_new=False, now=now)
        if article.is_listed:
            hooks.tell(session, event_of("article.published", article, now))
        return article.id


def refuse_restoring(article: Article, now: datetime) -> None:
    """Refuse to undo a takedown, as `restore` does."""
    actor, by = current_actor(), (article.takedown or {}).get("by")
    if actor.roles == {"publisher"} and by != actor.name:
        raise Forbidden("This takedown was not yours; an editor can undo it.")
    if article.undo_until is None:
        raise Conflict("A takedown for this reason cannot be undone.")
    if article.undo_until < now:
        raise Conflict("The time in which this takedown could be undone is over.")
    if article.source.blocked_at is not None:
        raise Conflict("Nothing of this source is published; an editor blocked it.")


def block(session: Session, source: Source, now: datetime) -> None:
    """Publish nothing of a source from now on, and poll it no more."""
    if source.blocked_at is not None:
        return
    source.blocked_at = now
    session.execute(
        update(SourceFeed)
        .where(SourceFeed.source_id == source.id, SourceFeed.paused_at.is_(None))
        .values(paused_at=now, pause_reason=BLOCKED)
    )
    record(session, current_actor(), "source.blocked", f"source:{source.slug}", now=now)


def unblock(session: Session, source: Source, now: datetime) -> None:
    """Publish what comes of a source again, and poll it."""
    if source.blocked_at is None:
        return
    source.blocked_at = None
    session.execute(
        update(SourceFeed)
        .where(SourceFeed.source_id == source.id, SourceFeed.pause_reason == BLOCKED)
        .values(paused_at=None, pause_reason=None, next_poll_at=now)
    )
    record(session, current_actor(), "source.unblocked", f"source:{source.slug}", now=now)


def take_down_in(
    session: Session, hooks: Hooks, article: Article, takedown: Takedown, now: datetime
) -> None:
    """Do as `unpublish` inside the caller's transaction."""
    was_listed, actor = article.is_listed, current_actor()
    article.unpublished_at = now
    article.unpublish_reason = takedown.reason
    article.takedown = {"cause": takedown.cause, "text": takedown.text, "by": actor.name}
    article.undo_until = takedown.undoable_until(now)
    if article.text_hash is None and article.body_text:  # stored by an older version
        article.text_hash = text_hash(article.body_text)
    grouping.leave_story(session, article, now=now)
    relist(session, article, now=now)
    record(session, actor, "article.taken_down", f"article:{article.public_id}",
           after=_shown(article), now=now)  # fmt: skip
    if was_listed:
        hooks.tell(session, event_of("article.unpublished", article, now))
    if takedown.cause in FINAL_CAUSES:  # cannot be undone, and may be demanded
        rights.take_all(session, hooks, article)


def _shown(article: Article) -> dict[str, object]:
    reason = {"reason": article.unpublish_reason, "title": article.title}
    return {**reason, **(article.takedown or {}), "undo_until": article.undo_until}
