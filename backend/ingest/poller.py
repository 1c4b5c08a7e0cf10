"""The feed poller: claim a feed under a lease, fetch, publish, record.

Any number of processes and machines may run it: what is recorded counts only while the lease
still holds, and no database session is open while the network is. A claim sets the next poll as
if this one failed: what is never recorded (a killed process, a database that went away) backs
off as well.
"""

import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from backend.catalog.told_date import AHEAD
from backend.core import faults
from backend.core.db import db, release, transaction
from backend.core.faults import Fault, ItemFaults
from backend.http.hooks import Hooks
from backend.ingest import poll_history, queries, schedule
from backend.ingest.draft_memory import DraftMemory, to_remember
from backend.ingest.entry_drafts import SourceDefaults
from backend.ingest.parsing.entry import FeedError
from backend.ingest.parsing.parse import parse_feed
from backend.ingest.poll_history import PollCounts
from backend.ingest.service import (
    ImportReport,
    feed_import_of,
    hints_of,
    identity_of,
    import_feeds,
)
from backend.ingest.source_secrets import has_secrets, secret_headers
from backend.ingest.source_settings import fetch_policy_of
from backend.ingest.websub.links import HubLink, hub_link_of
from backend.ingest.websub.protocol import PUSH_SPACING, is_push_open
from backend.outbound import fetch
from backend.outbound.fetch import FetchPolicy
from backend.outbound.redirects import is_same_origin
from backend.outbound.response import Fetched, FetchError, Validators
from backend.tables.ingest import SourceFeed
from backend.text.clean import storable

log = logging.getLogger(__name__)

LOOP = "feeds"
LEASE = timedelta(minutes=10)
HOST_SPACING = timedelta(seconds=2)
# A permanent redirect is believed when it was seen this often and delivered a feed each time.
MOVES_NEEDED = 3
GONE = "the publisher says the feed is gone (410)"
NEVER_WHOLE = "the server answered 304 to a request for the whole document"
REMOVED = "the feed was removed while it was polled"
LONGEST_ERROR = 500
ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json,"
    " application/xml;q=0.9, */*;q=0.5"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PollLease:
    """The right to poll one feed, until the lease ends or another attempt is made."""

    source_id: int
    attempt: int
    slug: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRequest:
    """The data of one poll, copied out of the database."""

    slug: str
    name: str
    url: str
    validators: Validators | None
    defaults: SourceDefaults
    policy: FetchPolicy
    secrets: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PollResult:
    """The result of a poll. It has either `report` or `error`, or neither for a 304."""

    answer: Fetched | None = None
    report: ImportReport | None = None
    hub: HubLink | None = None
    error: str | None = None
    is_gone: bool = False
    retry_after: timedelta = timedelta()
    is_well_formed: bool = True

    @property
    def counts(self) -> PollCounts | None:
        """The counts for the history; None when no document was read."""
        report = self.report
        if report is None:
            return None
        return PollCounts(
            entries=report.counts.entries,
            new=report.new,
            changed=report.changed,
            unchanged=report.unchanged + report.taken_down,
            refused=len(report.refused),
            undated=report.counts.without_a_date,
        )


@dataclass(frozen=True, slots=True)
class Poller:
    """Polls one due feed at a time; `is_stopped` is asked between entries, `on_claim` is called
    before a feed is fetched.
    """

    hooks: Hooks
    policy: FetchPolicy
    clock: Callable[[], datetime]
    is_stopped: Callable[[], bool] = lambda: False
    chance: Callable[[], float] = field(default=random.random)
    memory: DraftMemory = field(default_factory=DraftMemory)
    on_claim: Callable[[], None] = lambda: None

    def poll_one(self) -> str | None:
        """Poll the feed that has waited longest; return the slug of its source, or None."""
        lease = self._claim()
        if lease is None:
            return None
        self.on_claim()
        ask, write = partial(self._poll, lease), partial(self._record, lease)
        faults.attempt(LOOP, ask, write, _failed, source=lease.slug)
        return lease.slug

    def _claim(self) -> PollLease | None:
        """Lease a due feed. A read first: mostly nothing is due, and a write would lock SQLite."""
        now = self.clock()
        is_due = queries.has_due(db.session(), now=now, spacing=HOST_SPACING)
        release()
        if not is_due:
            return None
        with transaction() as session:
            feed = queries.claim_due(session, now=now, lease=LEASE, spacing=HOST_SPACING)
            if feed is None:
                return None
            feed.next_poll_at = now + _failure_wait(feed, feed.failures + 1, self.chance())
            return PollLease(source_id=feed.source_id, attempt=feed.attempt, slug=feed.source.slug)

    def _poll(self, lease: PollLease) -> PollResult:
        release()
        feed = queries.leased_feed(db.session(), lease.source_id, lease.attempt)
        request = _request_of(feed, self.policy, self.clock()) if feed is not None else None
        release()
        if request is None:
            return PollResult(error=REMOVED)
        return self._fetched(request)

    def _fetched(self, request: PollRequest) -> PollResult:
        try:
            answer = fetch.get(
                request.url,
                request.policy,
                accept=ACCEPT,
                validators=request.validators,
                secrets=request.secrets,
            )
        except FetchError as error:
            return PollResult(error=str(error))
        if answer.status == 304:
            is_answer = request.validators is not None
            return PollResult(answer=answer, error=None if is_answer else NEVER_WHOLE)
        if answer.status != 200:
            return self._refusal(answer)
        try:
            return self._published(request, answer)
        except FeedError as error:
            return PollResult(answer=answer, error=str(error))

    def _refusal(self, answer: Fetched) -> PollResult:
        """Make a failure of a status; Retry-After is respected for 429 and 503."""
        return PollResult(
            answer=answer,
            error=f"the server answered {answer.status}",
            is_gone=answer.status == 410,
            retry_after=answer.retry_after(self.clock(), longest=schedule.LONGEST_RETRY_AFTER),
        )

    def _published(self, request: PollRequest, answer: Fetched) -> PollResult:
        kind = answer.headers.get("content-type", "")
        feed = parse_feed(answer.body, url=answer.url, content_type=kind)
        feed_import = feed_import_of(
            feed,
            url=answer.url,
            name=request.name,
            defaults=request.defaults,
            remembered=self.memory.of(request.slug),
        )
        feed_import = feed_import.of(request.slug)
        reports = import_feeds(
            self.hooks,
            [feed_import],
            clock=self.clock,
            is_stopped=self.is_stopped,
            item_faults=ItemFaults(LOOP, source=request.slug),
        )
        entries = to_remember(feed_import.drafts.entries, self.clock() + AHEAD)
        self.memory.keep(request.slug, entries)
        return PollResult(
            answer=answer,
            report=reports[request.slug],
            hub=hub_link_of(feed, link_header=answer.headers.get("link", ""), url=answer.url),
            is_well_formed=feed.is_well_formed,
        )

    def _record(self, lease: PollLease, result: PollResult) -> None:
        now, chance = self.clock(), self.chance()
        with transaction() as session:
            feed = queries.lock_leased_feed(session, lease.source_id, lease.attempt)
            if feed is None:
                return
            feed.lease_until = None
            if result.error is None:
                _record_success(feed, result, now, chance)
            else:
                _record_failure(feed, result, now, chance)
            _note(session, feed, result, now)
            interval_s = feed.interval_s
        log.info(
            "feed polled",
            extra={
                "source": lease.slug,
                "new": result.report.new if result.report else 0,
                "error": result.error,
                "interval_s": interval_s,
            },
        )


def _failed(fault: Fault) -> PollResult:
    return PollResult(error=str(fault))


def _request_of(feed: SourceFeed, policy: FetchPolicy, now: datetime) -> PollRequest:
    validators = None
    is_whole_due = feed.full_at is None or now - feed.full_at >= schedule.WHOLE_EVERY
    if feed.validators_url and not is_whole_due:
        validators = Validators(feed.validators_url, feed.etag, feed.last_modified)
    return PollRequest(
        slug=feed.source.slug,
        name=feed.source.name,
        url=feed.feed_url,
        validators=validators,
        defaults=SourceDefaults(
            language=feed.source.language,
            category=feed.category,
            hints=hints_of(feed),
            identity=identity_of(feed),
        ),
        policy=fetch_policy_of(feed, policy),
        secrets=secret_headers(feed),
    )


def _note(session: Session, feed: SourceFeed, result: PollResult, now: datetime) -> None:
    status = result.answer.status if result.answer else None
    error = storable(result.error)[:LONGEST_ERROR] if result.error is not None else None
    poll_history.note(session, feed, result.counts, status=status, error=error, now=now)


def _record_success(feed: SourceFeed, result: PollResult, now: datetime, chance: float) -> None:
    report, answer = result.report or ImportReport(), result.answer
    pace = schedule.pace_of(feed.is_fast)
    interval = _record_new(feed, report, now, pace)
    feed.interval_s = round(interval.total_seconds())
    feed.failures, feed.last_error, feed.last_success_at = 0, None, now
    if result.report is not None:
        _record_import(feed, result, result.report)
    hint = timedelta()
    if answer is not None:
        hint = schedule.cache_hint(answer.headers.get("cache-control"), pace.longest_hint)
        _remember_answer(feed, answer, now)
    feed.next_poll_at = now + schedule.jittered(max(interval, hint), chance)
    _answer_push(feed, now, has_news=bool(report.new or report.changed))


def _record_new(
    feed: SourceFeed, report: ImportReport, now: datetime, pace: schedule.Pace
) -> timedelta:
    """Note whether there was news, or more than the feed has room for; return the next interval."""
    interval, last = timedelta(seconds=feed.interval_s), feed.last_success_at
    overflowed = last is not None and report.new > 1 and report.new == report.seen
    if overflowed:
        feed.window_overflows, feed.last_overflow_at = feed.window_overflows + 1, now
    if report.new:
        feed.last_new_at = now
    elif feed.pushed_at is not None:
        return interval  # no number of pushes makes us poll less often
    since = now - last if last else None
    return schedule.after_success(interval, since, report.new, overflowed=overflowed, pace=pace)


def _record_import(feed: SourceFeed, result: PollResult, report: ImportReport) -> None:
    counts = report.counts
    feed.is_well_formed, feed.entry_counts = result.is_well_formed, counts.as_dict()
    feed.hub_url = result.hub.hub_url if result.hub else None
    feed.topic_url = result.hub.topic_url if result.hub else None
    feed.undated_entries = counts.without_a_date
    feed.last_error = storable("; ".join(report.refused[:3]))[:LONGEST_ERROR] or None


def _answer_push(feed: SourceFeed, now: datetime, *, has_news: bool) -> None:
    """Make another poll due soon where this one did not answer a push; else clear the push."""
    if feed.pushed_at is None:
        return
    if is_push_open(feed.pushed_at, feed.last_polled_at, has_news=has_news, now=now):
        soon = (feed.last_polled_at or now) + PUSH_SPACING
        feed.next_poll_at = min(feed.next_poll_at, max(now, soon))
    else:
        feed.pushed_at = None


def _record_failure(feed: SourceFeed, result: PollResult, now: datetime, chance: float) -> None:
    feed.failures += 1
    feed.last_error = storable(result.error or "")[:LONGEST_ERROR]
    if result.is_gone:
        feed.paused_at, feed.pause_reason = now, GONE
    wait = _failure_wait(feed, feed.failures, chance)
    feed.next_poll_at = now + max(wait, result.retry_after)


def _failure_wait(feed: SourceFeed, failures: int, chance: float) -> timedelta:
    wait = schedule.after_failure(timedelta(seconds=feed.interval_s), failures)
    return schedule.jittered(wait, chance)


def _remember_answer(feed: SourceFeed, answer: Fetched, now: datetime) -> None:
    """Store the validators (ETag, Last-Modified); adopt a permanent redirect that held."""
    if answer.status == 200:
        feed.full_at = now
        given = answer.validators
        feed.validators_url, feed.etag, feed.last_modified = (
            given.url,
            given.etag,
            given.last_modified,
        )
    moved = answer.permanent_url
    feed.moved_seen = feed.moved_seen + 1 if moved and moved == feed.moved_to else bool(moved)
    feed.moved_to = moved
    if moved and feed.moved_seen >= MOVES_NEEDED and _may_adopt(feed, moved):
        feed.feed_url, feed.host = moved, urlsplit(moved).hostname or ""
        feed.moved_to, feed.moved_seen = None, 0


def _may_adopt(feed: SourceFeed, moved: str) -> bool:
    """Whether the feed may move: what a publisher confided to us goes to no other origin."""
    return not has_secrets(feed) or is_same_origin(feed.feed_url, moved)
