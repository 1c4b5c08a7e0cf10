"""Polled sources: create, update, pause, resume, and health."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.orm import Session

from backend.catalog.listing import bump_cache_epoch
from backend.catalog.queries import source_by_slug
from backend.core.db import transaction
from backend.core.problems import Invalid, NotFound
from backend.ingest import queries, source_settings
from backend.ingest.entry_counts import EntryCounts, counts_from
from backend.ingest.source_secrets import forget_secrets
from backend.newsroom.queries import get_or_create_source
from backend.newsroom.service import source_slug
from backend.outbound.redirects import is_same_origin
from backend.tables.ingest import SourceFeed
from backend.tables.newsroom import Source

# A feed that gave nothing new for this many of its own intervals is called stale.
STALE_INTERVALS = 6
STALE_AT_LEAST = timedelta(days=2)
BY_EDITOR = "paused by an editor"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """A source as editors see it."""

    slug: str
    name: str
    home_url: str | None
    language: str | None
    feed_url: str | None = None
    category: str | None = None
    time_zone: str | None = None
    day_first: bool | None = None
    identity: str | None = None
    paused: bool = False
    pause_reason: str | None = None
    next_poll_at: datetime | None = None
    interval_s: int | None = None
    last_polled_at: datetime | None = None
    last_success_at: datetime | None = None
    last_new_at: datetime | None = None
    failures: int = 0
    last_error: str | None = None
    window_overflows: int = 0
    undated_entries: int = 0
    is_well_formed: bool = True
    entry_counts: Mapping[str, int] = field(default_factory=lambda: EntryCounts().as_dict())
    health: str = "not polled"
    settings: Mapping[str, Any] = field(default_factory=dict)


def save_source(name: str, changes: Mapping[str, Any], *, now: datetime) -> SourceState:
    """Make or change a source; only the given fields change, a null takes a value away.

    `changes` are the fields of `schemas.newsroom.SourceDraft`.

    Raises:
        Invalid: the name gives no address, or the time zone does not exist.
    """
    slug = source_slug(name)
    _check(slug, changes)
    with transaction() as session:
        source = get_or_create_source(session, slug, changes.get("name") or name, now)
        _describe(source, changes)
        feed = queries.source_feed(session, slug)
        if changes.get("feed_url"):
            feed = _point_at(session, source, feed, str(changes["feed_url"]), now)
        elif "feed_url" in changes and feed is not None:
            session.delete(feed)
            feed = None
        if feed is not None:
            _set(feed, changes, now)
        session.flush()
        bump_cache_epoch(session)
        return state_of(source, feed, now)


def pause(slug: str, reason: str, *, now: datetime) -> None:
    """Stop polling a source.

    Raises:
        NotFound: no such source is polled.
    """
    with transaction() as session:
        feed = _known(session, slug)
        feed.paused_at, feed.pause_reason = now, reason


def resume(slug: str, *, now: datetime) -> None:
    """Poll a source again, from now on.

    Raises:
        NotFound: no such source is polled.
    """
    with transaction() as session:
        _resume(_known(session, slug), now)


def ask_now(slug: str, *, now: datetime) -> None:
    """Make a source due at once.

    Raises:
        NotFound: no such source is polled.
    """
    with transaction() as session:
        _known(session, slug).next_poll_at = now


def state(session: Session, slug: str, *, now: datetime) -> SourceState:
    """How a source is.

    Raises:
        NotFound: there is no such source.
    """
    source = source_by_slug(session, slug)
    if source is None:
        raise NotFound(f"There is no source {slug}.")
    return state_of(source, queries.source_feed(session, slug), now)


def states(session: Session, *, now: datetime) -> list[SourceState]:
    return [state_of(feed.source, feed, now) for feed in queries.source_feeds(session)]


def state_of(source: Source, feed: SourceFeed | None, now: datetime) -> SourceState:
    described = SourceState(
        slug=source.slug,
        name=source.name,
        home_url=source.home_url,
        language=source.language,
        settings=source_settings.shown(source, feed),
    )
    if feed is None:
        return described
    return replace(
        described,
        feed_url=feed.feed_url,
        category=feed.category,
        time_zone=feed.time_zone,
        day_first=feed.day_first,
        identity=feed.identity,
        paused=feed.paused_at is not None,
        pause_reason=feed.pause_reason,
        next_poll_at=feed.next_poll_at,
        interval_s=feed.interval_s,
        last_polled_at=feed.last_polled_at,
        last_success_at=feed.last_success_at,
        last_new_at=feed.last_new_at,
        failures=feed.failures,
        last_error=feed.last_error,
        window_overflows=feed.window_overflows,
        undated_entries=feed.undated_entries,
        is_well_formed=feed.is_well_formed,
        entry_counts=counts_from(feed.entry_counts).as_dict(),
        health=health_of(feed, now),
    )


def health_of(feed: SourceFeed, now: datetime) -> str:
    """Health of a feed: paused, waiting, failing, stale, overflowing or well."""
    if feed.paused_at is not None:
        return "paused"
    if feed.failures:
        return "failing"
    if feed.last_success_at is None:
        return "waiting"
    quiet = now - (feed.last_new_at or feed.created_at)
    if quiet > max(STALE_AT_LEAST, STALE_INTERVALS * timedelta(seconds=feed.interval_s)):
        return "stale"
    return "overflowing" if feed.window_overflows else "well"


def _check(slug: str, changes: Mapping[str, Any]) -> None:
    if slug == "-":
        raise Invalid.field("slug", "Use letters or digits.")
    zone = changes.get("time_zone")
    try:
        ZoneInfo(str(zone) if zone else "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid.field("time_zone", "There is no such time zone.") from error


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
        session.add(feed)
    elif feed.feed_url != url:
        if not is_same_origin(feed.feed_url, url):
            forget_secrets(feed)
        feed.feed_url, feed.host, feed.next_poll_at = url, host, now
        feed.etag = feed.last_modified = feed.validators_url = feed.moved_to = feed.full_at = None
        feed.failures, feed.last_error = 0, None
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
    feed.paused_at = feed.pause_reason = None
    feed.next_poll_at, feed.failures, feed.last_error = now, 0, None


def _known(session: Session, slug: str) -> SourceFeed:
    feed = queries.source_feed(session, slug)
    if feed is None:
        raise NotFound(f"No source {slug} is polled.")
    return feed
