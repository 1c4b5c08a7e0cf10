"""A source as editors see it: how it is set up, how its polling goes, how it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from backend.ingest.entry_counts import NOTHING, counts_from
from backend.ingest.health import NOT_POLLED, FeedFacts, Health, Verdict, judged
from backend.ingest.pages.counting import counts_from as counts_of_pages
from backend.ingest.websub.state import WebSubState
from backend.tables.ingest import BLOCKED, SourceFeed
from backend.tables.newsroom import Source

OF_RIGHTS = ("rights", "canonical", "attribution", "expires_after_days", "embargo_minutes")
BY_EDITOR = "paused by an editor"
# Reasons of a pause that we wanted: nobody has to act.
WANTED = {BY_EDITOR, BLOCKED}


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """A source as editors see it. `health_reason` is for people; `rank` sorts broken ones first."""

    id: int
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
    last_entries: int | None = None
    refused_entries: int = 0
    refused_dates: int = 0
    undated_entries: int = 0
    is_well_formed: bool | None = None
    entry_counts: Mapping[str, int] = field(default_factory=NOTHING.as_dict)
    health: Health = NOT_POLLED.health
    health_reason: str | None = None
    health_since: datetime | None = None
    alarmed_at: datetime | None = None
    rank: int = NOT_POLLED.rank
    settings: Mapping[str, Any] = field(default_factory=dict)
    websub: WebSubState | None = None
    page_counts: Mapping[str, int] = field(default_factory=lambda: counts_of_pages(None))


_COPIED = (
    *("feed_url", "category", "time_zone", "day_first", "identity", "pause_reason"),
    *(
        "next_poll_at",
        "interval_s",
        "last_polled_at",
        "last_success_at",
        "last_new_at",
        "failures",
        "last_error",
    ),
    *("window_overflows", "last_entries", "undated_entries", "is_well_formed", "alarmed_at"),
)


def state_of(
    source: Source, feed: SourceFeed | None, now: datetime, websub: WebSubState | None = None
) -> SourceState:
    described = SourceState(
        id=source.id,
        slug=source.slug,
        name=source.name,
        home_url=source.home_url,
        language=source.language,
        refused_dates=source.refused_dates,
        settings=settings_of(source, feed),
    )
    if feed is None:
        return described
    verdict = verdict_of(feed, now)
    return replace(
        described,
        websub=websub,
        **{name: getattr(feed, name) for name in _COPIED},
        paused=feed.paused_at is not None,
        refused_entries=feed.last_refused or 0,
        entry_counts=counts_from(feed.entry_counts).as_dict(),
        page_counts=counts_of_pages(feed.page_counts),
        health=verdict.health,
        health_reason=verdict.reason,
        health_since=feed.health_since if feed.health_told == verdict.health else None,
        rank=verdict.rank,
    )


def verdict_of(feed: SourceFeed, now: datetime) -> Verdict:
    is_paused = feed.paused_at is not None
    return judged(
        FeedFacts(
            created_at=feed.created_at,
            interval=timedelta(seconds=feed.interval_s),
            pause_reason=feed.pause_reason,
            is_paused=is_paused,
            is_gone=is_paused and feed.pause_reason not in WANTED,
            failures=feed.failures,
            last_error=feed.last_error,
            last_success_at=feed.last_success_at,
            last_new_at=feed.last_new_at,
            last_overflow_at=feed.last_overflow_at,
            entries=feed.last_entries,
            refused=feed.last_refused or 0,
            undated=feed.undated_entries,
        ),
        now,
    )


def settings_of(source: Source, feed: SourceFeed | None) -> dict[str, Any]:
    """Return the settings as editors see them: of secrets only whether there are any."""
    values = {name: getattr(source, name) for name in OF_RIGHTS}
    return values | {
        "blocked_at": source.blocked_at,
        "fast": feed is not None and feed.is_fast,
        "ports": feed.port_numbers if feed else [],
        "document_bytes": feed.document_bytes if feed else None,
        "full_text": feed.full_text if feed else "feed",
        "has_basic_auth": feed is not None and feed.basic_auth is not None,
        "has_secret_header": feed is not None and feed.secret_header is not None,
    }
