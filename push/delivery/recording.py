"""Recording: what became of the messages of a batch, in one transaction, fenced by the attempt."""

import logging
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from backend.core.db import retried, transaction
from backend.tables.audience import Installation
from push.delivery import lifecycle, pauses
from push.delivery.claimed import ClaimedBatch, Result
from push.delivery.claims import LEASE, reap
from push.delivery.guard import is_outage
from push.store import metrics, queries, timing
from push.store.faults import FAULT_TRIES
from push.store.id_list import pack, unpack
from push.store.models import Batch, Notification
from push.store.states import LIVE, READY, advance
from push.transport.outcome import Outcome, back_off, concerns_everybody, is_plausible

log = logging.getLogger(__name__)


def record(
    claim: ClaimedBatch,
    results: Sequence[Result],
    *,
    now: datetime,
    unsure: Iterable[int] = (),
    due_at: datetime | None = None,
    is_last: bool = True,
    is_try: bool = True,
    counts_only: bool = False,
) -> bool:
    """Record what became of messages; whether the rest of the batch may still be sent.

    After the last of them the members without a result wait for `due_at`, or are given up. The
    `unsure` were sent to without an answer and wait too. It was a try when some of them wait for
    their own sake, and not for all the others. A worker whose lease ran out and whose batch was
    claimed again records nothing. With `counts_only` nothing follows from the results.
    """
    end = _End(due_at, is_try) if is_last else None
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
            reap(batch, notification)
        batch.attempts += 1
        batch.tries += 1
        if batch.tries >= FAULT_TRIES:
            _give_up(batch, notification, reason)
        else:
            batch.lease_until = None
            batch.due_at = now + back_off(batch.tries, None, random.random())


def _record_or_count(claim: ClaimedBatch, result: Result, now: datetime) -> None:
    try:
        record(claim, [result], now=now, is_last=False)
    except Exception as error:
        if is_outage(error):
            raise
        record(claim, [result], now=now, is_last=False, counts_only=True)
        log.warning("a result was only counted", extra={"batch": claim.batch_id})


class _End(NamedTuple):
    """How a batch is left after its last result."""

    due_at: datetime | None
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
            _leave(batch, notification, left, end.due_at if is_live else None)
        return is_live and not queries.is_halted(session)


def _is_ours(batch: Batch, attempt: int | None, now: datetime) -> bool:
    if attempt is not None:
        return batch.attempts == attempt
    return batch.lease_until is None or batch.lease_until <= now


def _give_up(batch: Batch, notification: Notification, reason: str) -> None:
    members = unpack(batch.members)
    if batch.is_held:  # from here on they are of the audience
        batch.is_held = False
        notification.held -= len(members)
        notification.audience += len(members)
    notification.failure = reason
    lifecycle.end_batch(batch, notification, members)


def _take(batch: Batch, results: Sequence[Result], unsure: Iterable[int]) -> list[int]:
    """Remove settled members from the batch; an installation erased meanwhile leaves no trace."""
    members = set(unpack(batch.members))
    may_show = {r.message.installation_id for r in results if _may_show(r.outcome)} | {*unsure}
    batch.sent = pack({*unpack(batch.sent), *(may_show & members)})
    left = members - {result.message.installation_id for result in results}
    batch.members = pack(left)
    return sorted(left)


def _may_show(outcome: Outcome) -> bool:
    return outcome.kind in {"accepted", "ambiguous"}


def _count(notification: Notification, results: Sequence[Result]) -> None:
    """Count outcomes; who is retired is counted as failed until `_apply`."""
    kinds = Counter(result.outcome.kind for result in results)
    notification.accepted += kinds["accepted"]
    notification.ambiguous += kinds["ambiguous"]
    notification.failed += len(results) - kinds["accepted"] - kinds["ambiguous"]


def _apply(
    session: Session,
    claim: ClaimedBatch,
    batch: Batch,
    notification: Notification,
    results: Sequence[Result],
    now: datetime,
) -> None:
    """Apply consequences of results: pauses, dead addresses, timings, corrections, a stop."""
    if any(result.outcome.kind == "accepted" for result in results):
        pauses.end(session, batch, claim.at)
    retired = _retire(session, notification, results, claim.at)
    notification.retired += retired
    notification.failed -= retired
    if claim.is_timed:
        notification.timings = _timings(notification.timings, results)
    shown = sorted(r.message.installation_id for r in results if _may_show(r.outcome))
    lifecycle.correct_late(session, notification, batch, shown, now)
    _stop_if_ours(session, notification, results)


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
    """Retire addresses that are proven dead; how many were.

    A suspect is proven when others took the same message. So many at once that it cannot be true
    prove nothing.
    """
    proofs = {"gone", "suspect"} if notification.accepted else {"gone"}
    dead = [result for result in results if result.outcome.kind in proofs]
    if not dead:
        return 0
    before = notification.accepted + notification.failed + notification.retired
    tried = before + sum(result.outcome.kind in {"accepted", "ambiguous"} for result in results)
    notification.dead += len(dead)
    if not is_plausible(notification.dead, tried):
        metrics.count_breaker()
        notification.failure = "too many dead addresses at once; none was retired"
        return 0
    return sum(_retire_one(session, result, since) for result in dead)


def _retire_one(session: Session, result: Result, since: datetime) -> bool:
    """Retire one address, unless the app registered it again since."""
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
