"""One poll of one feed: claim, ask, publish, record. No database session is open meanwhile.

Any number of processes and machines may run it: a feed is claimed with a lease, and what is
recorded counts only while the claim still holds.
"""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from backend.core.db import db, release, transaction
from backend.http.hooks import Hooks
from backend.ingest import queries, schedule
from backend.ingest.drafts import Profile
from backend.ingest.entry import FeedError
from backend.ingest.parse import parse_feed
from backend.ingest.service import Report, deliver, delivery_of, hints_of
from backend.outbound import fetch
from backend.outbound.answer import Fetched, FetchError, Validators
from backend.outbound.fetch import FetchPolicy
from backend.outbound.retry_after import retry_after
from backend.tables.ingest import SourceFeed

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
HOST_SPACING = timedelta(seconds=2)
# A permanent redirect is believed when it was seen this often and delivered a feed each time.
MOVES_NEEDED = 3
GONE = "the publisher says the feed is gone (410)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a poll needs to know, copied out of the database."""

    source_id: int
    attempt: int
    slug: str
    name: str
    url: str
    validators: Validators | None
    profile: Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a poll went. Exactly one of `report` and `error` is there, or neither for a 304."""

    answer: Fetched | None = None
    report: Report | None = None
    error: str | None = None
    is_gone: bool = False
    retry_after: timedelta = timedelta()
    is_well_formed: bool = True
    undated: int = 0


@dataclass(frozen=True, slots=True)
class Poller:
    """Polls one due feed at a time; `is_stopped` is asked between entries."""

    hooks: Hooks
    policy: FetchPolicy
    clock: Callable[[], datetime]
    is_stopped: Callable[[], bool] = lambda: False
    chance: Callable[[], float] = field(default=random.random)

    def poll_one(self) -> str | None:
        """Poll the feed that has waited longest; the slug of its source, or None."""
        claim = self._claim()
        if claim is None:
            return None
        outcome = self._outcome(claim)
        self._record(claim, outcome)
        return claim.slug

    def _claim(self) -> Claim | None:
        now = self.clock()
        is_due = queries.has_due(db.session(), now=now, spacing=HOST_SPACING)
        release()
        if not is_due:
            return None
        with transaction() as session:
            feed = queries.claim_due(session, now=now, lease=LEASE, spacing=HOST_SPACING)
            claim = _claim_of(feed) if feed is not None else None
        release()
        return claim

    def _outcome(self, claim: Claim) -> Outcome:
        try:
            answer = fetch.get(claim.url, self.policy, validators=claim.validators)
        except FetchError as error:
            return Outcome(error=str(error))
        if answer.status == 304:
            return Outcome(answer=answer)
        if answer.status != 200:
            return self._refusal(answer)
        try:
            return self._published(claim, answer)
        except FeedError as error:
            return Outcome(answer=answer, error=str(error))

    def _refusal(self, answer: Fetched) -> Outcome:
        """A server that says when to come back is believed for 429 and 503."""
        asked = answer.headers.get("retry-after") if answer.status in {429, 503} else None
        return Outcome(
            answer=answer,
            error=f"the server answered {answer.status}",
            is_gone=answer.status == 410,
            retry_after=retry_after(asked, self.clock(), longest=schedule.LONGEST_RETRY_AFTER)
            or timedelta(),
        )

    def _published(self, claim: Claim, answer: Fetched) -> Outcome:
        kind = answer.headers.get("content-type", "")
        feed = parse_feed(answer.body, url=answer.url, content_type=kind)
        delivery = delivery_of(feed, url=answer.url, name=claim.name, profile=claim.profile)
        delivery = delivery.of(claim.slug)
        reports = deliver(self.hooks, [delivery], clock=self.clock, is_stopped=self.is_stopped)
        undated = sum(each.date is None for each in delivery.drafts.incoming)
        return Outcome(
            answer=answer,
            report=reports[claim.slug],
            is_well_formed=feed.is_well_formed,
            undated=undated,
        )

    def _record(self, claim: Claim, outcome: Outcome) -> None:
        now, chance = self.clock(), self.chance()
        with transaction() as session:
            feed = queries.held_feed(session, claim.source_id, claim.attempt)
            if feed is None:
                return
            feed.lease_until = None
            if outcome.error is None:
                _record_success(feed, outcome, now, chance)
            else:
                _record_failure(feed, outcome, now, chance)
            interval_s = feed.interval_s
        release()
        log.info(
            "feed polled",
            extra={
                "source": claim.slug,
                "new": outcome.report.new if outcome.report else 0,
                "error": outcome.error,
                "interval_s": interval_s,
            },
        )


def _claim_of(feed: SourceFeed) -> Claim:
    validators = None
    if feed.validators_url:
        validators = Validators(feed.validators_url, feed.etag, feed.last_modified)
    return Claim(
        source_id=feed.source_id,
        attempt=feed.attempt,
        slug=feed.source.slug,
        name=feed.source.name,
        url=feed.feed_url,
        validators=validators,
        profile=Profile(feed.source.language, feed.category, hints_of(feed)),
    )


def _record_success(feed: SourceFeed, outcome: Outcome, now: datetime, chance: float) -> None:
    report, answer = outcome.report or Report(), outcome.answer
    is_known = feed.last_success_at is not None
    overflowed = is_known and report.new > 1 and report.new == report.seen
    since = now - feed.last_success_at if feed.last_success_at else None
    interval = schedule.after_success(
        timedelta(seconds=feed.interval_s), since, report.new, overflowed=overflowed
    )
    feed.interval_s = round(interval.total_seconds())
    feed.failures, feed.last_error, feed.last_success_at = 0, None, now
    feed.window_overflows += overflowed
    if outcome.report is not None:
        feed.is_well_formed, feed.undated_entries = outcome.is_well_formed, outcome.undated
        feed.last_error = "; ".join(report.refused[:3])[:500] or None
    if report.new:
        feed.last_new_at = now
    hint = timedelta()
    if answer is not None:
        hint = schedule.cache_hint(answer.headers.get("cache-control"))
        _remember_answer(feed, answer)
    feed.next_poll_at = now + schedule.jittered(max(interval, hint), chance)


def _record_failure(feed: SourceFeed, outcome: Outcome, now: datetime, chance: float) -> None:
    feed.failures += 1
    feed.last_error = (outcome.error or "")[:500]
    if outcome.is_gone:
        feed.paused_at, feed.pause_reason = now, GONE
    wait = schedule.after_failure(timedelta(seconds=feed.interval_s), feed.failures)
    feed.next_poll_at = now + max(schedule.jittered(wait, chance), outcome.retry_after)


def _remember_answer(feed: SourceFeed, answer: Fetched) -> None:
    """Keep the validators, and move to where a permanent redirect has led often enough."""
    if answer.status == 200:
        given = answer.validators
        feed.validators_url, feed.etag, feed.last_modified = (
            given.url,
            given.etag,
            given.last_modified,
        )
    moved = answer.permanent_url
    feed.moved_seen = feed.moved_seen + 1 if moved and moved == feed.moved_to else bool(moved)
    feed.moved_to = moved
    if moved and feed.moved_seen >= MOVES_NEEDED:
        feed.feed_url, feed.host = moved, urlsplit(moved).hostname or ""
        feed.moved_to, feed.moved_seen = None, 0
