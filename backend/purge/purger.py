"""The purger: has the cache in front invalidate what changed, read from the change stream.

A claim sets the next turn as if this one failed: what is never recorded (a killed process, a
database that went away) backs off as well.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import orjson
from sqlalchemy.orm import Session

from backend.catalog.listing import article_key
from backend.core import faults
from backend.core.db import db, release, transaction
from backend.core.faults import Fault
from backend.outbound import fetch
from backend.outbound.fetch import FetchPolicy
from backend.outbound.response import FetchError
from backend.outbound.retry_after import retry_after
from backend.purge import queries
from backend.webhooks.schedule import LONGEST_BACK_OFF, back_off_until

log = logging.getLogger(__name__)

LOOP = "purge"
LEASE = timedelta(minutes=1)
# A page made before the change may be on its way into the cache: purged at once, it would come
# back behind the purge and stay.
SETTLE_S = 1.0
DEADLINE_S = 10.0
ANSWER_BYTES = 65_536
ARTICLES_A_BATCH = 200
# Their header stays below the 4 kB that a small proxy takes; Fastly takes up to 256 keys.
KEYS_A_CALL = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeLease:
    """The right to purge what changed after `since`, until the lease ends or another is given."""

    claims: int
    since: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeBatch:
    """The surrogate keys of what changed up to the number `upto`."""

    upto: int
    keys: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeResult:
    """How far the cache was told, or why it took nothing and how long it asks to be left alone."""

    purged_to: int = 0
    error: str | None = None
    retry_after: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Purger:
    """Purges changed pages; any number of processes may run one, a lease admits one at a time."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    policy: FetchPolicy
    clock: Callable[[], datetime]
    wait: Callable[[float], None] = time.sleep

    def step(self) -> bool:
        """Purge what changed since the last time; whether there was anything that was taken."""
        upto = self._last_change()
        if upto is None:
            return False
        self.wait(SETTLE_S)
        lease = self._claim()
        if lease is None:
            return False
        result = faults.outcome_of(LOOP, lambda: self._purge(lease, upto), _failed)
        release()

        def otherwise(fault: Fault) -> PurgeResult:
            return result if result.error is None else _failed(fault)

        faults.record(LOOP, lambda each: self._record(lease, each), result, otherwise)
        release()
        return result.error is None

    def _last_change(self) -> int | None:
        """The last change number, if any is due. A read: a write would lock SQLite."""
        upto = queries.last_change_to_purge(db.session(), self.clock())
        release()
        return upto

    def _claim(self) -> PurgeLease | None:
        now = self.clock()
        with transaction() as session:
            progress = queries.due_progress(session, now)
            if progress is None:
                return None
            if progress.lease_until is not None:  # the turn before was never recorded
                progress.failures += 1
            progress.claims += 1
            progress.lease_until = now + LEASE
            progress.due_at = back_off_until(progress.failures + 1, now)
            return PurgeLease(claims=progress.claims, since=progress.purged_to)

    def _purge(self, lease: PurgeLease, upto: int) -> PurgeResult:
        release()
        batch = _batch(db.session(), since=lease.since, upto=upto)
        release()
        for start in range(0, len(batch.keys), KEYS_A_CALL):
            failure = self._call(batch.keys[start : start + KEYS_A_CALL])
            if failure is not None:
                return failure
        return PurgeResult(purged_to=batch.upto)

    def _call(self, keys: Sequence[str]) -> PurgeResult | None:
        """Tell the cache to forget these keys; the failure, if it was one."""
        headers = {**self.headers, "Surrogate-Key": " ".join(keys)}
        body = orjson.dumps({"surrogate_keys": keys})
        try:
            answer = fetch.post(self.url, body, headers, self.policy)
        except FetchError as error:
            return PurgeResult(error=str(error))
        if 200 <= answer.status < 300:
            return None
        asked = answer.headers.get("retry-after") if answer.status in {429, 503} else None
        return PurgeResult(
            error=f"it answered {answer.status}",
            retry_after=retry_after(asked, self.clock(), longest=LONGEST_BACK_OFF) or timedelta(),
        )

    def _record(self, lease: PurgeLease, result: PurgeResult) -> None:
        now = self.clock()
        with transaction() as session:
            progress = queries.lock_leased_progress(session, lease.claims)
            if progress is None:  # it took longer than the lease, and another one has the turn
                return
            progress.lease_until = None
            if result.error is None:
                progress.purged_to = max(progress.purged_to, result.purged_to)
                progress.failures, progress.due_at = 0, now
            else:
                progress.failures += 1
                progress.due_at = _again_at(progress.failures, result, now)
            failures = progress.failures
        if result.error is not None:
            said = {"error": result.error, "failures": failures}
            log.warning("cache not purged", extra=said)


def _failed(fault: Fault) -> PurgeResult:
    return PurgeResult(error=str(fault))


def _batch(session: Session, *, since: int, upto: int) -> PurgeBatch:
    """One batch of keys. A list that changed again meanwhile is included: a busy one always did."""
    articles = queries.articles_changed(session, since, upto, ARTICLES_A_BATCH)
    is_cut = len(articles) == ARTICLES_A_BATCH
    if is_cut:
        upto = articles[-1][0]
    feeds = queries.feeds_changed(session, since, upto if is_cut else None)
    keys = [article_key(public_id) for _, public_id in articles]
    keys += [feed.surrogate for feed in feeds]
    return PurgeBatch(upto=upto, keys=list(dict.fromkeys(keys)))


def _again_at(failures: int, result: PurgeResult, now: datetime) -> datetime:
    """Never later than the longest rest, whatever is asked: takedowns wait behind it."""
    return max(back_off_until(failures, now), now + min(result.retry_after, LONGEST_BACK_OFF))
