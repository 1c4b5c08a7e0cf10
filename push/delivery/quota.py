"""Quota row: what all workers share of the provider's limit, and of its silence."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from backend.core.db import EPOCH, insert_ignore, transaction
from push.delivery.breaker import CLOSED, Breaker
from push.delivery.rate_limiter import LOOK_AHEAD
from push.store import queries
from push.store.models import Quota
from push.store.scheduling import LONGEST_LEASE

# Of a probe whose worker died nobody hears: so long after it there may be another one.
PROBE_LASTS = timedelta(seconds=30)


def locked(session: Session) -> Quota:
    """The row, locked until the commit."""
    found = session.get(Quota, 1, with_for_update=queries.LOCK)
    if found is not None:
        return found
    fresh = {"free_at": EPOCH, "ramp_since": EPOCH, "blocked_until": EPOCH}
    insert_ignore(session, Quota, id=1, **fresh)
    return session.get_one(Quota, 1, with_for_update=queries.LOCK)


def block_until(at: datetime, now: datetime) -> None:
    """Keep every worker from claiming until then, as the provider asked; the ramp begins again."""
    with transaction() as session:
        quota = locked(session)
        if not (_is_to_wait(quota, now) and quota.blocked_until >= at):
            quota.blocked_until, quota.blocked_at = at, now
        quota.free_at = max(quota.free_at, at)
        quota.ramp_since = quota.blocked_until


def shared(session: Session) -> Quota | None:
    """The row as it is, without a lock; none when nothing was ever sent."""
    return session.get(Quota, 1)


def is_blocked(quota: Quota | None, now: datetime, furthest: timedelta) -> bool:
    """Whether the provider asked everybody to wait, or the next slots are reserved already.

    What is reserved beyond `furthest` is stale: a clock was wrong.
    """
    if quota is None:
        return False
    return _is_to_wait(quota, now) or LOOK_AHEAD < quota.free_at - now <= furthest


def breaker_of(quota: Quota | None) -> Breaker:
    """The breaker as any worker left it: a restart does not close it."""
    if quota is None or quota.silent_since is None:
        return CLOSED
    return Breaker(frozenset(), quota.failures, quota.silent_since, quota.probe_at)


def share(breaker: Breaker, now: datetime) -> None:
    """Tell every worker, and those to come, that the breaker is open or closed."""
    with transaction() as session:
        quota = locked(session)
        was_open = quota.silent_since is not None
        if breaker.is_closed:
            quota.silent_since, quota.probe_at, quota.failures = None, None, 0
            quota.well_since = now if was_open else quota.well_since
            return
        quota.silent_since = quota.silent_since or breaker.since
        quota.probe_at = breaker.probe_at
        quota.failures = max(quota.failures, breaker.failures)


def take_probe(session: Session, now: datetime) -> bool:
    """Reserve the probe of a breaker that is half open; False when another worker was faster."""
    quota = locked(session)
    if breaker_of(quota).state(now) == "open":
        return False
    quota.probe_at = now + PROBE_LASTS
    return True


def was_silent(session: Session, since: datetime) -> bool:
    """Whether the provider has been known to answer nobody at any time since then."""
    quota = shared(session)
    if quota is None:
        return False
    has_ended = quota.well_since is not None and quota.well_since >= since
    return quota.silent_since is not None or has_ended


def _is_to_wait(quota: Quota, now: datetime) -> bool:
    """Whether the provider asked to, by a clock that was right."""
    was_ahead = quota.blocked_at is not None and quota.blocked_at > now + LONGEST_LEASE
    return quota.blocked_until > now and not was_ahead
