"""Claims: the next due batch under a lease, fenced by its attempt, with all that sending needs."""

import random
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from backend.core.db import retried, transaction
from push.audience import story_queries
from push.audience.candidate import Candidate
from push.audience.fan_out import BATCH_SIZE
from push.delivery import pauses, quota
from push.delivery.breaker import HANDFUL, Breaker
from push.delivery.claimed import ClaimedBatch
from push.delivery.rate_limiter import (
    LimiterState,
    RateLimit,
    Reservation,
    furthest,
    reserve,
)
from push.delivery.reaping import LEASE, judge_doubtful, reap
from push.delivery.recheck import still_to_send
from push.delivery.splitting import groups_of, split_off
from push.store import metrics, queries, scheduling
from push.store.faults import Subject
from push.store.models import Batch, Notification
from push.store.tries import FRESH, unpack_tries


@retried
def claim_next(
    limit: RateLimit | None,
    *,
    now: datetime,
    after: int = 0,
    besides: Collection[int] = (),
    subject: Subject | None = None,
    may_probe: bool = True,
) -> ClaimedBatch | None:
    """Claim the next due batch, unless everything is halted or waits for the provider.

    Round robin over the notifications: `after` is the one served last. `besides` are batches
    that the worker holds or leaves alone. The `subject` becomes the batch that was tried. While
    the provider answers nobody a handful of one is claimed, now and then (`may_probe`). Every
    transaction here locks the notification before its batches.
    """
    with transaction() as session:
        shared = quota.shared(session)
        if queries.is_halted(session) or quota.is_blocked(shared, now, _furthest(limit)):
            return None
        breaker = quota.breaker_of(shared)
        state = breaker.state(now)
        if state == "open" or (state == "half_open" and not may_probe):
            return None
        notification = scheduling.next_to_send(session, now, after, besides)
        if notification is None:
            return None
        batch = scheduling.next_batch(session, notification.id, now, besides)
        if batch is None:  # another worker was faster
            return None
        if subject is not None:
            subject.id = batch.id
        if state == "half_open" and not quota.take_probe(session, now):
            return None
        claim = _claim(session, batch, notification, limit, now, breaker)
    metrics.count_skipped(claim.skipped)
    return claim


def _claim(
    session: Session,
    batch: Batch,
    notification: Notification,
    limit: RateLimit | None,
    now: datetime,
    breaker: Breaker,
) -> ClaimedBatch:
    if batch.lease_until is not None:
        reap(session, batch, now)
    else:
        judge_doubtful(session, batch, notification)
    batch.lease_until = now + LEASE
    batch.attempts += 1
    original = notification
    original_id = notification.corrects_id or notification.repeats_id
    if original_id is not None:
        original = session.get_one(Notification, original_id)
    text = queries.newest_correction(session, original.id) or notification
    is_timed = not batch.is_held
    recipients, skipped = still_to_send(session, batch, notification, now)
    if pauses.is_probe(session, batch, now):
        recipients = random.sample(recipients, min(pauses.PROBES, len(recipients)))
    elif not breaker.is_closed:
        recipients = _probe(session, batch, recipients, HANDFUL)
    tried = unpack_tries(batch.tried)
    batch.text_id = text.id if text is not notification else 0
    reservation = _reserve(session, limit, len(recipients), now)
    session.flush()
    story_id = story_queries.story_of(session, notification.article_id)
    session.expunge_all()
    return ClaimedBatch(
        batch_id=batch.id,
        platform=batch.platform,
        attempt=batch.attempts,
        tries=batch.tries,
        is_timed=is_timed,
        recipients=tuple(recipients),
        skipped=skipped,
        tried=tried,
        groups=groups_of(batch.id, tried, is_probe=not breaker.is_closed, members=recipients),
        breaker=breaker,
        notification=notification,
        text=text,
        story_id=story_id,
        original_id=original.public_id,
        reservation=reservation,
        at=now,
    )


def _probe(
    session: Session, batch: Batch, recipients: list[Candidate], handful: int
) -> list[Candidate]:
    """Leave a handful in the batch, of those who were tried least; the others stay unclaimed."""
    tried = unpack_tries(batch.tried)
    ranked = sorted(recipients, key=lambda row: (tried.get(row.id, FRESH), random.random()))
    rest = sorted(row.id for row in ranked[handful:])
    if rest:
        split_off(session, batch, rest, batch.due_at)
    return ranked[:handful]


def _reserve(session: Session, limit: RateLimit | None, count: int, now: datetime) -> Reservation:
    if limit is None or count == 0:
        return Reservation(now, timedelta(0))
    row = quota.locked(session)
    state = LimiterState(row.free_at, row.ramp_since)
    state, reservation = reserve(state, count, limit, now, _furthest(limit))
    row.free_at, row.ramp_since = state.free_at, state.ramp_since
    return reservation


def _furthest(limit: RateLimit | None) -> timedelta:
    return timedelta(0) if limit is None else furthest(limit, BATCH_SIZE)
