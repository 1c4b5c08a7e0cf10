"""Gauges of sources for Prometheus and the poller's backlog, read from the database."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from backend.core.metrics import Gauge
from backend.http.hooks import Backlog
from backend.ingest import queries
from backend.ingest.health import WORDS
from backend.ingest.pages.queries import waiting_count
from backend.ingest.source_state import verdict_of
from backend.ingest.websub import queries as websub_queries
from backend.ingest.websub.reach import websub_site
from backend.ingest.websub.state import STATUSES, websub_state
from backend.tables.ingest import SourceFeed

# A poller asks every second what is due.
OVERDUE_AFTER = timedelta(minutes=5)


def gauges(session: Session, now: datetime) -> Iterable[Gauge]:
    feeds = queries.source_feeds(session)
    by_health = Counter(verdict_of(feed, now).health for feed in feeds)
    for health in WORDS[:-1]:
        yield Gauge(
            name="tagwire_sources",
            help="Polled sources by health.",
            value=by_health[health],
            labels={"health": health},
        )
    yield Gauge(
        name="tagwire_pages_waiting",
        help="Pages of articles that are still to be fetched.",
        value=waiting_count(session),
    )
    for name, help_text, value in _totals(feeds, now):
        yield Gauge(name=name, help=help_text, value=value)
    yield from _websub(session, feeds, now)


def backlog(session: Session, now: datetime) -> Backlog:
    return Backlog("poller", queries.overdue_since(session, now - OVERDUE_AFTER))


def _websub(session: Session, feeds: Iterable[SourceFeed], now: datetime) -> Iterable[Gauge]:
    known, site = websub_queries.wanted(session), websub_site()
    states = (websub_state(each, known.get(each.source_id), site=site, now=now) for each in feeds)
    by_status = Counter(each.status for each in states if each is not None)
    for status in STATUSES:
        yield Gauge(
            name="tagwire_websub_sources",
            help="Sources whose feed names a WebSub hub, by the state of the subscription.",
            value=by_status[status],
            labels={"status": status},
        )


def _totals(feeds: Iterable[SourceFeed], now: datetime) -> Iterable[tuple[str, str, int]]:
    feeds = list(feeds)
    yield (
        "tagwire_sources_alarmed",
        "Sources that a webhook called failing and not recovered.",
        sum(feed.alarmed_at is not None for feed in feeds),
    )
    yield (
        "tagwire_sources_overdue",
        "Sources that should have been polled five minutes ago: the poller stands still.",
        sum(_is_overdue(feed, now) for feed in feeds),
    )
    yield (
        "tagwire_sources_undated_entries",
        "Entries without a readable date in the last documents of all sources.",
        sum(feed.undated_entries for feed in feeds),
    )
    yield (
        "tagwire_sources_refused_entries",
        "Entries that were refused in the last documents of all sources.",
        sum(feed.last_refused or 0 for feed in feeds),
    )
    yield (
        "tagwire_sources_not_well_formed",
        "Sources whose last document was not well-formed.",
        sum(not feed.is_well_formed for feed in feeds),
    )


def _is_overdue(feed: SourceFeed, now: datetime) -> bool:
    return feed.paused_at is None and feed.next_poll_at < now - OVERDUE_AFTER
