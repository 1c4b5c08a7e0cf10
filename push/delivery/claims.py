"""Claims: the next due batch under a lease, fenced by its attempt, with all that sending needs."""

import random
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from backend.audience.subscription import provider_of
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
    busy: Collection[str] = (),
    full: Collection[str] = (),
) -> ClaimedBatch | None:
    """Claim the next due batch, unless everything is halted or waits for the provider.

    Round robin over the notifications: `after` is the one served last. `besides` are batches
    that the worker holds or leaves alone. The `subject` becomes the batch that was tried. While
    a provider answers nobody a handful of one is claimed, now and then, unless the worker is `busy`
    with it. Of those that are `full` it wants no more. Every transaction here locks the
    notification before its batches.
    """
    with transaction() as session:
        if queries.is_halted(session):
            return None
        shared = {row.provider: row for row in quota.shared(session)}
        away = {*full, *quota.away([*shared.values()], busy, now, _furthest(limit))}
        notification = scheduling.next_to_send(session, now, after, besides, away)
        if notification is None:
            return None
        batch = scheduling.next_batch(session, notification.id, now, besides, away)
        if batch is None:  # another worker was faster
            return None
        if subject is not None:
            subject.id = batch.id
        breaker = quota.breaker_of(shared.get(batch.provider))
        is_silent = breaker.state(now) == "half_open"
        if is_silent and not quota.take_probe(session, batch.provider, now):
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
    original = _original_of(session, notification)
    text = queries.newest_correction(session, original.id) or notification
    is_timed = not batch.is_held
    left, skipped = still_to_send(session, batch, notification, now)
    recipients = _claimed_of(session, batch, left, breaker, now)
    tried = unpack_tries(batch.tried)
    batch.text_id = text.id if text is not notification else 0
    reservation = _reserve(session, None if batch.provider else limit, len(recipients), now)
    session.flush()
    story_id = story_queries.story_of(session, notification.article_id)
    session.expunge_all()
    return ClaimedBatch(
        batch_id=batch.id,
        platform=batch.platform,
        provider=batch.provider,
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


def _claimed_of(
    session: Session, batch: Batch, left: list[Candidate], breaker: Breaker, now: datetime
) -> list[Candidate]:
    """Choose whom this claim sends to: a few where a pause or a silence has to be probed."""
    recipients = _of_provider(session, batch, left)
    if pauses.is_probe(session, batch, now):
        return random.sample(recipients, min(pauses.PROBES, len(recipients)))
    return recipients if breaker.is_closed else _probe(session, batch, recipients)


def _original_of(session: Session, notification: Notification) -> Notification:
    """Return the notification that it corrects or repeats; itself when it does neither."""
    original_id = notification.corrects_id or notification.repeats_id
    return session.get_one(Notification, original_id) if original_id is not None else notification


def _of_provider(session: Session, batch: Batch, recipients: list[Candidate]) -> list[Candidate]:
    """Return the members of the batch's provider; split off those that now have another one."""
    found: dict[str, list[Candidate]] = {batch.provider: []}
    for row in recipients:
        provider = provider_of(row.address_kind, row.address_value)
        found.setdefault(provider, []).append(row)
    for provider, rows in found.items():
        if provider != batch.provider:
            moved = split_off(session, batch, sorted(row.id for row in rows), batch.due_at)
            moved.provider = provider
    return found[batch.provider]


def _probe(session: Session, batch: Batch, recipients: list[Candidate]) -> list[Candidate]:
    """Leave the handful that was tried least in the batch; split off the others, unclaimed."""
    tried = unpack_tries(batch.tried)
    ranked = sorted(recipients, key=lambda row: (tried.get(row.id, FRESH), random.random()))
    rest = sorted(row.id for row in ranked[HANDFUL:])
    if rest:
        split_off(session, batch, rest, batch.due_at)
    return ranked[:HANDFUL]


def _reserve(session: Session, limit: RateLimit | None, count: int, now: datetime) -> Reservation:
    if limit is None or count == 0:
        return Reservation(now, timedelta(0))
    row = quota.locked(session, "")
    state = LimiterState(row.free_at, row.ramp_since)
    state, reservation = reserve(state, count, limit, now, _furthest(limit))
    row.free_at, row.ramp_since = state.free_at, state.ramp_since
    return reservation


def _furthest(limit: RateLimit | None) -> timedelta:
    return timedelta(0) if limit is None else furthest(limit, BATCH_SIZE)
