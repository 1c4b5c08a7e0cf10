"""Polled sources: create, update, pause, resume."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from backend.audit.recording import record
from backend.audit.values import without_query
from backend.catalog.queries import source_by_slug
from backend.catalog.slug import slug_of
from backend.core.db import transaction
from backend.core.problems import Conflict, Forbidden, Invalid, NotFound
from backend.http.auth import Caller, current_actor
from backend.ingest import queries, source_settings
from backend.ingest.source_secrets import forget_secrets
from backend.ingest.source_state import BY_EDITOR, SourceState, settings_of, state_of
from backend.ingest.source_states import websub_of
from backend.ingest.trials import zone_named
from backend.newsroom import takedown
from backend.newsroom.queries import get_or_create_source
from backend.newsroom.source_refusals import bring_back
from backend.outbound.redirects import is_same_origin
from backend.tables.ingest import BLOCKED, SourceFeed
from backend.tables.newsroom import Source


def save_in(
    session: Session,
    name: str,
    changes: Mapping[str, Any],
    *,
    now: datetime,
    failure: str | None = None,
) -> SourceState:
    """Make or change a source; only the given fields change, a null takes a value away.

    `changes` are the fields of `schemas.newsroom.SourceDraft`; `failure` is why a new address
    could not be read yet. A refusal writes nothing. Caches are told by the caller, at the end:
    the change numbers are locked from then on.

    Raises:
        Invalid: the name gives no address, or the time zone does not exist.
        Conflict: it was removed, and articles of it are still to be taken down; or it is blocked,
            and its feed is to be polled.
    """
    slug = slug_of(name)
    _check(slug, changes)
    known = source_by_slug(session, slug)
    before = _settings(known, queries.source_feed(session, slug)) if known else {}
    source = get_or_create_source(session, slug, changes.get("name") or name, now)
    bring_back(session, source)
    _describe(source, changes)
    if "blocked" in changes:
        turn = takedown.block if changes["blocked"] else takedown.unblock
        turn(session, source, now)
    feed = _feed_of(session, source, changes, now)
    if feed is not None:
        _set(feed, changes, now)
        feed.last_error = failure or feed.last_error
    session.flush()
    act = "source.changed" if known is not None else "source.created"
    _record(session, act, slug, now, before=before, after=_settings(source, feed))
    return state_of(source, feed, now, websub_of(session, feed, now))


def pause(slug: str, reason: str, *, now: datetime) -> None:
    """Stop polling a source.

    Raises:
        NotFound: no such source is polled.
    """
    with transaction() as session:
        feed = _known(session, slug)
        feed.paused_at, feed.pause_reason = now, reason
        _record(session, "source.paused", slug, now, after={"reason": reason})


def resume(slug: str, *, now: datetime) -> None:
    """Poll a source again, from now on.

    Raises:
        NotFound: no such source is polled.
        Conflict: an editor blocked it.
    """
    with transaction() as session:
        _resume(_known(session, slug), now)
        _record(session, "source.resumed", slug, now)


def ask_now(slug: str, *, now: datetime) -> None:
    """Make a source due at once.

    Raises:
        NotFound: no such source is polled.
        Conflict: it is paused.
    """
    with transaction() as session:
        feed = _known(session, slug)
        if feed.paused_at is not None:
            raise Conflict(f"{slug} is paused ({feed.pause_reason}). Resume it first.")
        feed.next_poll_at = now
        _record(session, "source.polled", slug, now)


def revive(slugs: Collection[str]) -> None:
    """Bring removed sources back, for whoever brings in documents of them.

    Raises:
        Conflict: articles of one are still to be taken down.
    """
    with transaction() as session:
        for slug in slugs:
            source = source_by_slug(session, slug)
            if source is not None:
                bring_back(session, source)


def readable(slug: str, caller: Caller) -> str:
    """Return the same slug, if this caller may read about the source.

    Raises:
        Forbidden: a publisher is bound to other sources.
    """
    if not caller.may_write(slug):
        raise Forbidden(f"You are bound to sources that {slug} is not one of.")
    return slug


def _settings(source: Source, feed: SourceFeed | None) -> dict[str, Any]:
    """Return what an editor sets, without what is secret."""
    names = ("name", "home_url", "language", "removed_at")
    of_feed = ("category", "time_zone", "day_first", "identity", "paused_at", "pause_reason")
    return {
        **{name: getattr(source, name) for name in names},
        **{name: getattr(feed, name, None) for name in of_feed},
        **settings_of(source, feed),
        "feed_url": feed and without_query(feed.feed_url),
    }


def _record(
    session: Session,
    act: str,
    slug: str,
    now: datetime,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    record(session, current_actor(), act, f"source:{slug}", before=before, after=after, now=now)


def _feed_of(
    session: Session, source: Source, changes: Mapping[str, Any], now: datetime
) -> SourceFeed | None:
    """Make, move or delete the feed as asked; return the one that the source has from now on."""
    feed = queries.source_feed(session, source.slug)
    if changes.get("feed_url"):
        return _point_at(session, source, feed, str(changes["feed_url"]), now)
    if "feed_url" in changes and feed is not None:
        session.delete(feed)
        return None
    return feed


def _check(slug: str, changes: Mapping[str, Any]) -> None:
    if slug == "-":
        raise Invalid.field("slug", "Use letters or digits.")
    zone_named(changes.get("time_zone"))


def _describe(source: Source, changes: Mapping[str, Any]) -> None:
    if changes.get("name"):
        source.name = str(changes["name"]).strip() or source.name
    if "home_url" in changes:
        source.home_url = changes["home_url"]
    if "language" in changes:
        source.language = changes["language"]
    source_settings.change_rights(source, changes)


def _point_at(
    session: Session, source: Source, feed: SourceFeed | None, url: str, now: datetime
) -> SourceFeed:
    """Set the feed's URL; a new one resets validators and failures."""
    host = urlsplit(url).hostname or ""
    if feed is None:
        feed = SourceFeed(
            source=source, feed_url=url, host=host, next_poll_at=now, created_at=now, attempt=0
        )
        feed.interval_s, feed.failures = 3600, 0
        feed.window_overflows = feed.undated_entries = feed.moved_seen = 0
        feed.is_well_formed = True
        feed.entry_counts = {}
        feed.is_fast, feed.ports = False, ""
        if source.blocked_at is not None:
            feed.paused_at, feed.pause_reason = now, BLOCKED
        session.add(feed)
    elif feed.feed_url != url:
        if not is_same_origin(feed.feed_url, url):
            forget_secrets(feed)
        feed.feed_url, feed.host, feed.next_poll_at = url, host, now
        feed.etag = feed.last_modified = feed.validators_url = feed.moved_to = feed.full_at = None
        feed.hub_url = feed.topic_url = feed.pushed_at = None
        feed.failures, feed.last_error = 0, None
        feed.last_entries = feed.last_refused = None
    return feed


def _set(feed: SourceFeed, changes: Mapping[str, Any], now: datetime) -> None:
    if "category" in changes:
        feed.category = changes["category"]
    for name in ("time_zone", "day_first", "identity"):
        if name in changes:
            setattr(feed, name, changes[name])
    source_settings.change_feed(feed, changes, now)
    if changes.get("paused") is True and feed.paused_at is None:
        feed.paused_at, feed.pause_reason = now, BY_EDITOR
    if changes.get("paused") is False and feed.paused_at is not None:
        _resume(feed, now)


def _resume(feed: SourceFeed, now: datetime) -> None:
    if feed.source.blocked_at is not None:
        raise Conflict("Nothing of this source is published; unblock it, and it is polled again.")
    feed.paused_at = feed.pause_reason = None
    feed.next_poll_at, feed.failures, feed.last_error = now, 0, None


def _known(session: Session, slug: str) -> SourceFeed:
    feed = queries.source_feed(session, slug)
    if feed is None:
        raise NotFound(f"No source {slug} is polled.")
    return feed
