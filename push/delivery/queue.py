"""The durable queue: claim a batch, record what became of it."""

import random
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from backend.core.db import EPOCH, insert_ignore, retried, transaction
from backend.tables.audience import Installation
from push.audience import queries as audience_queries
from push.audience import story_queries
from push.audience.fan_out import batch_of
from push.audience.policy import Verdict, decide
from push.delivery import lifecycle, pauses
from push.delivery.rate import Lane, Places, reserve
from push.store import metrics, queries, scheduling, timing
from push.store.id_list import pack, unpack
from push.store.models import Batch, Notification, Quota
from push.store.states import LIVE, advance
from push.transport.outcome import Outcome, concerns_everybody, is_plausible
from push.transport.sender import Outgoing

LEASE = timedelta(seconds=30)
# No more of the quota is given away ahead: what breaks next must not wait behind it.
LOOK_AHEAD = timedelta(seconds=0.5)


@dataclass(frozen=True, slots=True)
class Pace:
    """The provider's quota, and how long after a pause it is approached."""

    per_minute: int
    ramp: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A batch in the hands of a worker, with all that sending needs."""

    batch_id: int
    platform: str
    attempt: int
    tries: int
    is_timed: bool
    readers: tuple[Row[Any], ...]
    notification: Notification
    text: Notification  # whose title and body go out: a correction's when there is one
    story_id: int | None
    original_id: str
    places: Places
    at: datetime


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one message, and how long after the editor's moment."""

    message: Outgoing
    outcome: Outcome
    latency_s: float


@retried
def claim(
    pace: Pace | None, *, now: datetime, after: int = 0, besides: Collection[int] = ()
) -> Claim | None:
    """The next batch that is due, unless everything is halted or waits for the provider.

    Notifications take turns; `after` is the one that had the last. `besides` are batches that
    the worker holds. Every transaction here locks the notification before its batches.
    """
    with transaction() as session:
        if queries.is_halted(session) or scheduling.is_blocked(session, now, now + LOOK_AHEAD):
            return None
        notification = scheduling.next_to_send(session, now, after, besides)
        if notification is None:
            return None
        batch = scheduling.claim_batch(session, notification.id, now, now + LEASE, besides)
        if batch is None:  # another worker was faster
            return None
        original = notification
        if notification.corrects_id is not None:
            original = session.get_one(Notification, notification.corrects_id)
        text = queries.newest_correction(session, original.id) or notification
        is_timed = not batch.is_held
        readers = _still_to_send(session, batch, notification, now)
        if pauses.is_probe(session, batch, now):
            readers = random.sample(readers, min(pauses.PROBES, len(readers)))
        batch.text_id = text.id if text is not notification else 0
        places = _places(session, pace, len(readers), now)
        session.flush()
        story_id = story_queries.story_of(session, notification.article_id)
        session.expunge_all()
        return Claim(
            batch_id=batch.id,
            platform=batch.platform,
            attempt=batch.attempts,
            tries=batch.tries,
            is_timed=is_timed,
            readers=tuple(readers),
            notification=notification,
            text=text,
            story_id=story_id,
            original_id=original.public_id,
            places=places,
            at=now,
        )


@retried
def record(
    claim: Claim,
    results: Sequence[Result],
    *,
    now: datetime,
    unsure: Iterable[int] = (),
    due_at: datetime | None = None,
    is_last: bool = True,
    is_try: bool = True,
) -> bool:
    """Write down what became of messages; whether the rest of the batch may still be sent.

    After the last of them the members without a result wait for `due_at`, or are given up. The
    `unsure` were sent to without an answer and wait too. It was a try when some of them wait for
    their own sake, and not for all the others. A worker whose lease ran out and whose batch was
    claimed again records nothing.
    """
    with transaction() as session:
        notification = session.get(
            Notification, claim.notification.id, with_for_update=queries.LOCK
        )
        batch = session.get(Batch, claim.batch_id, with_for_update=queries.LOCK)
        if notification is None or batch is None or batch.attempts != claim.attempt:
            return False
        left = _take(batch, results, unsure)
        if any(result.outcome.kind == "accepted" for result in results):
            pauses.end(session, batch, claim.at)
        _count(session, notification, results, claim)
        shown = sorted(r.message.installation_id for r in results if _may_show(r.outcome))
        lifecycle.correct_late(session, notification, batch, shown, now)
        _stop_if_ours(session, notification, results)
        is_live = notification.state in LIVE and now < notification.expires_at
        if is_last:
            batch.tries += is_try
            _leave(batch, notification, left, due_at if is_live else None)
        else:
            batch.lease_until = now + LEASE
        return is_live and not queries.is_halted(session)


def block_until(at: datetime) -> None:
    """The provider asked everybody to wait; the ramp begins again after it."""
    with transaction() as session:
        quota = _quota(session)
        quota.blocked_until = max(quota.blocked_until, at)
        quota.free_at = max(quota.free_at, at)
        quota.ramp_since = quota.blocked_until


def _still_to_send(
    session: Session, batch: Batch, notification: Notification, now: datetime
) -> list[Row[Any]]:
    """The members that may be sent now; the others leave the batch, counted by reason.

    Between slicing and claiming an address can die, a source be muted, a night begin. Daily
    limits were counted when the audience was cut; a correction follows its original anywhere.
    """
    members = unpack(batch.members)
    if batch.is_held:
        batch.is_held = False
        notification.held -= len(members)
        notification.audience += len(members)
    readers = audience_queries.readers(session, members, source_id=notification.source_id)
    occasion = notification.occasion
    verdicts = {reader.id: decide(reader, occasion, now) for reader in readers}
    staying = [reader for reader in readers if verdicts[reader.id].reason is None]
    reasons = Counter(verdict.reason for verdict in verdicts.values() if verdict.reason)
    reasons["left"] = len(members) - len(readers)
    notification.audience -= reasons.total()
    notification.held += reasons.pop("quiet", 0)
    notification.skipped = dict(Counter(notification.skipped) + reasons)
    for until, ids in _held_until(verdicts).items():
        if until < notification.expires_at:
            session.add(batch_of(notification.id, batch.platform, ids, until, is_held=True))
    batch.members = pack(reader.id for reader in staying)
    return staying


def _held_until(verdicts: Mapping[int, Verdict]) -> dict[datetime, list[int]]:
    """The held readers by the end of their quiet hours."""
    held: dict[datetime, list[int]] = {}
    for number, verdict in verdicts.items():
        if verdict.until is not None:
            held.setdefault(verdict.until, []).append(number)
    return held


def _places(session: Session, pace: Pace | None, count: int, now: datetime) -> Places:
    if pace is None or count == 0:
        return Places(now, timedelta(0))
    quota = _quota(session)
    lane = Lane(quota.free_at, quota.ramp_since)
    lane, places = reserve(lane, count, pace.per_minute, pace.ramp, now)
    quota.free_at, quota.ramp_since = lane.free_at, lane.ramp_since
    return places


def _quota(session: Session) -> Quota:
    """The shared row, locked until the commit."""
    found = session.get(Quota, 1, with_for_update=queries.LOCK)
    if found is not None:
        return found
    fresh = {"free_at": EPOCH, "ramp_since": EPOCH, "blocked_until": EPOCH}
    insert_ignore(session, Quota, id=1, **fresh)
    return session.get_one(Quota, 1, with_for_update=queries.LOCK)


def _take(batch: Batch, results: Sequence[Result], unsure: Iterable[int]) -> list[int]:
    """Take the settled out of the batch; an installation erased meanwhile leaves no trace."""
    members = set(unpack(batch.members))
    may_show = {r.message.installation_id for r in results if _may_show(r.outcome)} | {*unsure}
    batch.sent = pack({*unpack(batch.sent), *(may_show & members)})
    left = members - {result.message.installation_id for result in results}
    batch.members = pack(left)
    return sorted(left)


def _may_show(outcome: Outcome) -> bool:
    return outcome.kind in {"accepted", "ambiguous"}


def _count(
    session: Session, notification: Notification, results: Sequence[Result], claim: Claim
) -> None:
    kinds = Counter(result.outcome.kind for result in results)
    metrics.count_outcomes(kinds)
    notification.accepted += kinds["accepted"]
    notification.ambiguous += kinds["ambiguous"]
    retired = _retire(session, notification, results, claim.at)
    notification.retired += retired
    settled = kinds["accepted"] + kinds["ambiguous"] + retired
    notification.failed += len(results) - settled
    if claim.is_timed:
        notification.timings = _timings(notification.timings, results)


def _timings(timings: dict[str, Any], results: Sequence[Result]) -> dict[str, Any]:
    latencies: dict[str, list[float]] = {}
    for result in results:
        if result.outcome.kind == "accepted":
            latencies.setdefault(result.message.platform, []).append(result.latency_s)
    news = {name: timing.added(timings.get(name, {}), all_) for name, all_ in latencies.items()}
    return timings | news


def _retire(
    session: Session, notification: Notification, results: Sequence[Result], since: datetime
) -> int:
    """Stop using addresses that are proven dead; how many were.

    A suspect is proven when others took the same message. So many at once that it cannot be true
    prove nothing.
    """
    proofs = {"gone", "suspect"} if notification.accepted else {"gone"}
    dead = [result for result in results if result.outcome.kind in proofs]
    if not dead:
        return 0
    tried = notification.accepted + notification.failed + notification.retired + len(results)
    notification.dead += len(dead)
    if not is_plausible(notification.dead, tried):
        metrics.count_breaker()
        notification.failure = "too many dead addresses at once; none was retired"
        return 0
    return sum(_retire_one(session, result, since) for result in dead)


def _retire_one(session: Session, result: Result, since: datetime) -> bool:
    """An app that told its address since is alive, whatever the provider said before."""
    row = session.get(Installation, result.message.installation_id, with_for_update=queries.LOCK)
    if row is None or row.address_value != result.message.address:
        return False
    if row.seen_at > since:
        return False
    row.address_retired_at = since
    row.address_retired_for = result.outcome.reason
    return True


def _stop_if_ours(session: Session, notification: Notification, results: Sequence[Result]) -> None:
    outcomes = [result.outcome for result in results]
    reasons = [outcome.reason for outcome in outcomes if outcome.kind == "ours"]
    if reasons:
        notification.failure = reasons[0]
    is_for_all = concerns_everybody(outcomes, notification.accepted, notification.failed)
    if is_for_all and notification.state in LIVE:  # an answer after a recall undoes nothing
        advance(notification, "failed")
        refused = next(outcome.reason for outcome in outcomes if outcome.stops)
        notification.failure = notification.failure or f"the provider refuses addresses: {refused}"
        queries.close_unclaimed(session, notification)
        queries.give_back_days(session, notification.id)


def _leave(
    batch: Batch, notification: Notification, left: Sequence[int], due_at: datetime | None
) -> None:
    """Give the batch back for its next try, or end it."""
    if left and due_at is not None:
        batch.lease_until, batch.due_at = None, due_at
    else:
        lifecycle.end_batch(batch, notification, left)
