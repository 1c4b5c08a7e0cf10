"""Recording: what became of the messages of a batch, in one transaction, fenced by the attempt."""

import logging
import math
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from backend.audience import ownership
from backend.core.db import once_committed, retried, transaction
from backend.tables.audience import Installation
from push.audience import queries as audience_queries
from push.delivery import lifecycle, pauses, suspects
from push.delivery.claimed import ClaimedBatch, Result
from push.delivery.guard import is_outage
from push.delivery.reaping import LEASE, reap
from push.delivery.retries import NextTry
from push.delivery.splitting import split_off
from push.store import day_queries, metrics, queries, timing
from push.store.failure import count_on, explain
from push.store.faults import FAULT_TRIES
from push.store.id_list import pack, unpack
from push.store.models import Batch, Notification
from push.store.scheduling import has_lapsed
from push.store.states import LIVE, READY, advance
from push.store.tries import pack_tries, unpack_tries
from push.transport.outcome import Outcome, back_off, concerns_everybody, is_plausible

log = logging.getLogger(__name__)

NOBODY: Mapping[int, NextTry] = MappingProxyType({})


def record(
    claim: ClaimedBatch,
    results: Sequence[Result],
    *,
    now: datetime,
    unsure: Iterable[int] = (),
    next_tries: Mapping[int, NextTry] = NOBODY,
    due_at: datetime | None = None,
    is_last: bool = True,
    is_try: bool = False,
    counts_only: bool = False,
) -> bool:
    """Record the outcomes of messages; tell whether the rest of the batch may still be sent.

    After the last of them the members without a result wait for their next try, or for `due_at`
    when they were not tried. The `unsure` were sent to without an answer and wait too. It was a
    try of the batch when it failed for our own fault, or for want of a key. A worker whose lease
    ran out and whose batch was claimed again records nothing. With `counts_only` nothing follows
    from the results.
    """
    end = _End(due_at or now, next_tries, is_try) if is_last else None
    may_go_on = _record(claim, results, now, [*unsure], end, counts_only)
    if may_go_on is not None:
        metrics.count_outcomes(Counter(result.outcome.kind for result in results))
    return bool(may_go_on)


def record_one_by_one(claim: ClaimedBatch, results: list[Result], *, now: datetime) -> None:
    """Record each result in a transaction of its own, after a fault with all of them together.

    What cannot be recorded with its consequences is counted at least. Whatever is recorded leaves
    the list.

    Raises:
        Exception: the database takes nothing of this batch, or not the results that are left.
    """
    record(claim, (), now=now, is_last=False, counts_only=True)  # or else 500 would fail in turn
    last_error: Exception | None = None
    for result in tuple(results):
        try:
            _record_or_count(claim, result, now)
        except Exception as error:  # noqa: BLE001 - raised below, when the others are recorded
            last_error = error
            if is_outage(error):
                break
        else:
            results.remove(result)
    if last_error is not None:
        raise last_error


@retried
def count_fault(batch_id: int, *, attempt: int | None, reason: str, now: datetime) -> None:
    """Count a failed attempt of a batch that could not be claimed or composed.

    It waits with back-off; the last attempt is its end. `attempt` is that of our own lease; without
    one a batch that is leased meanwhile is left alone.
    """
    with transaction() as session:
        batch = session.get_one(Batch, batch_id)
        notification = session.get_one(
            Notification, batch.notification_id, with_for_update=queries.LOCK
        )
        session.refresh(batch, with_for_update=queries.LOCK)
        if batch.state != READY or not _is_ours(batch, attempt, now):
            return
        if attempt is None and batch.lease_until is not None:
            reap(session, batch, now)
        batch.attempts += 1
        batch.tries += 1
        if batch.tries >= FAULT_TRIES:
            _give_up(batch, notification, reason)
        else:
            batch.lease_until = None
            batch.due_at = now + back_off(batch.tries, None, random.random())
            batch.waits_since = now


def _record_or_count(claim: ClaimedBatch, result: Result, now: datetime) -> None:
    try:
        record(claim, [result], now=now, is_last=False)
    except Exception as error:
        if is_outage(error):
            raise
        record(claim, [result], now=now, is_last=False, counts_only=True)
        log.warning("a result was only counted", extra={"batch": claim.batch_id})


class _End(NamedTuple):
    """The state in which a batch is left after its last result."""

    due_at: datetime
    next_tries: Mapping[int, NextTry]
    is_try: bool


@retried
def _record(
    claim: ClaimedBatch,
    results: Sequence[Result],
    now: datetime,
    unsure: Sequence[int],
    end: _End | None,
    counts_only: bool,
) -> bool | None:
    """Record in one transaction; None when the batch has another attempt by now (fencing)."""
    with transaction() as session:
        notification = session.get(
            Notification, claim.notification.id, with_for_update=queries.LOCK
        )
        batch = session.get(Batch, claim.batch_id, with_for_update=queries.LOCK)
        if notification is None or batch is None or batch.attempts != claim.attempt:
            return None
        left = _take(batch, results, unsure)
        _count(notification, results)
        if not counts_only:
            _apply(session, claim, batch, notification, results, now)
        is_live = notification.state in LIVE and now < notification.expires_at
        if end is None:
            batch.lease_until = now + LEASE
        else:
            batch.tries += end.is_try
            _leave(session, batch, notification, left, end if is_live else None, now)
        return is_live and not queries.is_halted(session)


def _is_ours(batch: Batch, attempt: int | None, now: datetime) -> bool:
    if attempt is not None:
        return batch.attempts == attempt
    return batch.lease_until is None or has_lapsed(batch.lease_until, now)


def _give_up(batch: Batch, notification: Notification, reason: str) -> None:
    members = unpack(batch.members)
    if batch.is_held:  # from here on they are of the audience
        batch.is_held = False
        notification.held -= len(members)
        notification.audience += len(members)
    explain(notification, "fault", reason)
    lifecycle.end_batch(batch, notification, members)


def _take(batch: Batch, results: Sequence[Result], unsure: Iterable[int]) -> list[int]:
    """Remove settled members, return the others; one erased meanwhile leaves no trace."""
    members = set(unpack(batch.members))
    may_show = {r.message.installation_id for r in results if _may_show(r.outcome)} | {*unsure}
    batch.sent = pack({*unpack(batch.sent), *(may_show & members)})
    ended = {r.message.installation_id for r in results if r.outcome.kind == "ambiguous"}
    batch.unsure = pack({*unpack(batch.unsure), *(ended & members)})
    left = members - {result.message.installation_id for result in results}
    batch.members = pack(left)
    return sorted(left)


def _may_show(outcome: Outcome) -> bool:
    return outcome.kind in {"accepted", "ambiguous"}


def _count(notification: Notification, results: Sequence[Result]) -> None:
    """Count outcomes; until `_apply` those that are to be retired are counted as failed."""
    kinds = Counter((result.message.platform, _column(result.outcome)) for result in results)
    for (platform, name), count in kinds.items():
        setattr(notification, name, getattr(notification, name) + count)
        count_on(notification, platform, **{name: count})


def _column(outcome: Outcome) -> str:
    return outcome.kind if _may_show(outcome) else "failed"


def _apply(
    session: Session,
    claim: ClaimedBatch,
    batch: Batch,
    notification: Notification,
    results: Sequence[Result],
    now: datetime,
) -> None:
    """Apply consequences of results: pauses, dead addresses, timings, corrections, a stop."""
    accepted = [r.message.installation_id for r in results if r.outcome.kind == "accepted"]
    if accepted:
        pauses.end(session, batch, claim.at)
        suspects.clear(session, accepted)
    retired = _retire(session, notification, results, claim.at)
    suspects.clear(session, [result.message.installation_id for result in retired])
    notification.retired += len(retired)
    notification.failed -= len(retired)
    for platform, count in Counter(result.message.platform for result in retired).items():
        count_on(notification, platform, retired=count, failed=-count)
    if claim.is_timed:
        _measure(session, notification, results)
        notification.timings = _timings(notification.timings, results)
    _count_unread(session, claim, notification, results)
    shown = sorted(r.message.installation_id for r in results if _may_show(r.outcome))
    lifecycle.correct_late(session, notification, batch, shown, now)
    _stop_if_ours(session, notification, results)


def _count_unread(
    session: Session, claim: ClaimedBatch, notification: Notification, results: Sequence[Result]
) -> None:
    """Add one unread alert for those who accepted it and whose app asks for the number."""
    wanting = {recipient.id for recipient in claim.recipients if recipient.wants_badge}
    accepted = {r.message.installation_id for r in results if r.outcome.kind == "accepted"}
    if notification.counts_as_unread and wanting & accepted:
        audience_queries.count_unread(session, sorted(wanting & accepted))


def _measure(session: Session, notification: Notification, results: Sequence[Result]) -> None:
    accepted = [r.latency_s for r in results if r.outcome.kind == "accepted"]
    if not accepted:
        return
    once_committed(session, partial(metrics.count_timed, accepted))
    if not notification.timings:
        once_committed(session, partial(metrics.observe_first_accept, min(accepted)))


def _timings(timings: dict[str, Any], results: Sequence[Result]) -> dict[str, Any]:
    latencies: dict[str, list[float]] = {}
    for result in results:
        if result.outcome.kind == "accepted":
            latencies.setdefault(result.message.platform, []).append(result.latency_s)
    news = {name: timing.added(timings.get(name, {}), all_) for name, all_ in latencies.items()}
    return timings | news


def _retire(
    session: Session, notification: Notification, results: Sequence[Result], since: datetime
) -> list[Result]:
    """Retire addresses that are proven dead; return their results.

    A suspect is proven dead when others took the same message. More at once than can be true prove
    nothing, unless they were gone on other days as well.
    """
    proofs = {"gone", "suspect"} if notification.accepted else {"gone"}
    dead = [result for result in results if result.outcome.kind in proofs]
    if not dead:
        return []
    settled = notification.accepted + notification.failed + notification.retired
    tried = settled + notification.ambiguous
    notification.dead += len(dead)
    if not is_plausible(notification.dead, tried):
        metrics.count_breaker()
        explain(notification, "too_many_dead")
        dead = suspects.note(session, dead, since) if notification.accepted else []
    return [result for result in dead if _retire_one(session, result, since)]


def _retire_one(session: Session, result: Result, since: datetime) -> bool:
    """Retire one address, unless the app registered it again since."""
    row = session.get(Installation, result.message.installation_id, with_for_update=queries.LOCK)
    if row is None or row.address_value != result.message.address:
        return False
    if row.seen_at > since:
        return False
    ownership.retire(session, row, result.outcome.reason, now=since)
    return True


def _stop_if_ours(session: Session, notification: Notification, results: Sequence[Result]) -> None:
    outcomes = [result.outcome for result in results]
    reasons = [outcome.reason for outcome in outcomes if outcome.kind == "ours"]
    if reasons:
        explain(notification, "refused", reasons[0])
    is_for_all = concerns_everybody(outcomes, notification.accepted, notification.failed)
    if is_for_all and notification.state in LIVE:  # an answer after a recall undoes nothing
        advance(notification, "failed")
        refused = next(outcome.reason for outcome in outcomes if outcome.stops)
        if not reasons:
            explain(notification, "refused", f"the provider refuses addresses: {refused}")
        queries.close_unclaimed(session, notification)
        day_queries.give_back_days(session, notification.id)


def _leave(
    session: Session,
    batch: Batch,
    notification: Notification,
    left: Sequence[int],
    end: _End | None,
    now: datetime,
) -> None:
    """Give the batch back for its next try, in parts that are due together, or end it."""
    if not left or end is None:
        lifecycle.end_batch(batch, notification, left)
        return
    tries = {number: end.next_tries[number] for number in left if number in end.next_tries}
    known = unpack_tries(batch.tried)
    tried = {number: known[number] for number in left if number in known}
    batch.tried = pack_tries(
        tried | {number: following.tries for number, following in tries.items()}
    )
    if tries:
        notification.trouble = next(iter(tries.values())).trouble
    parts: dict[datetime, list[int]] = {}
    for number in left:
        due_at = now + _rounded_up(tries[number].wait) if number in tries else end.due_at
        parts.setdefault(due_at, []).append(number)
    batch.waits_since = now
    batch.lease_until, batch.due_at = None, max(parts, key=lambda due_at: len(parts[due_at]))
    for due_at, ids in parts.items():
        if due_at != batch.due_at:
            split_off(session, batch, ids, due_at)


def _rounded_up(wait: timedelta) -> timedelta:
    """Round up to whole seconds: few parts, and none of them early."""
    return timedelta(seconds=math.ceil(wait.total_seconds()))
