"""Quota rows: what all workers share of each provider's limit, and of its silence."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.core.db import EPOCH, insert_ignore, transaction
from push.delivery.breaker import CLOSED, Breaker
from push.delivery.rate_limiter import LOOK_AHEAD
from push.store import queries
from push.store.models import Quota
from push.store.scheduling import LONGEST_LEASE

# Time until the next probe, as one whose worker died gives no result.
PROBE_LASTS = timedelta(seconds=30)


def locked(session: Session, provider: str) -> Quota:
    """Return the provider's row, locked until the commit; insert it when it is missing."""
    own = select(Quota).where(Quota.provider == provider).with_for_update(**queries.LOCK)
    own = own.execution_options(populate_existing=True)
    found = session.scalars(own).first()
    if found is not None:
        return found
    fresh = {"free_at": EPOCH, "ramp_since": EPOCH, "blocked_until": EPOCH}
    insert_ignore(session, Quota, provider=provider, **fresh)
    return session.scalars(own).one()


def block_until(provider: str, at: datetime, now: datetime) -> None:
    """Keep every worker from claiming until then, as the provider asked; restart the ramp."""
    with transaction() as session:
        quota = locked(session, provider)
        if not (_is_to_wait(quota, now) and quota.blocked_until >= at):
            quota.blocked_until, quota.blocked_at = at, now
        quota.free_at = max(quota.free_at, at)
        quota.ramp_since = quota.blocked_until


def shared(session: Session) -> Sequence[Quota]:
    """Return the rows without a lock; a provider that nothing was ever sent to has none."""
    return session.scalars(select(Quota)).all()


def away(
    rows: Sequence[Quota], busy: Collection[str], now: datetime, furthest: timedelta
) -> list[str]:
    """Return the providers for which nothing may be claimed now.

    A silent provider is probed while nothing else is in flight to it: not while it is `busy`. Only
    Firebase's slots are reserved ahead, and `furthest` is about them.
    """
    return [
        row.provider
        for row in rows
        if is_blocked(row, now, timedelta(0) if row.provider else furthest)
        or (state := breaker_of(row).state(now)) == "open"
        or (state == "half_open" and row.provider in busy)
    ]


def is_blocked(quota: Quota, now: datetime, furthest: timedelta) -> bool:
    """Whether the provider asked everybody to wait, or the next slots are reserved already.

    What is reserved beyond `furthest` is stale: a clock was wrong.
    """
    return _is_to_wait(quota, now) or LOOK_AHEAD < quota.free_at - now <= furthest


def breaker_of(quota: Quota | None) -> Breaker:
    """Return the breaker as any worker left it: a restart does not close it."""
    if quota is None or quota.silent_since is None:
        return CLOSED
    return Breaker(frozenset(), quota.failures, quota.silent_since, quota.probe_at)


def share(provider: str, breaker: Breaker, now: datetime) -> None:
    """Tell every worker, and those to come, that the breaker is open or closed."""
    with transaction() as session:
        quota = locked(session, provider)
        was_open = quota.silent_since is not None
        if breaker.is_closed:
            quota.silent_since, quota.probe_at, quota.failures = None, None, 0
            quota.well_since = now if was_open else quota.well_since
            return
        quota.silent_since = quota.silent_since or breaker.since
        quota.probe_at = breaker.probe_at
        quota.failures = max(quota.failures, breaker.failures)


def take_probe(session: Session, provider: str, now: datetime) -> bool:
    """Reserve the probe of a half-open breaker; return False when another worker was faster."""
    quota = locked(session, provider)
    if breaker_of(quota).state(now) == "open":
        return False
    quota.probe_at = now + PROBE_LASTS
    return True


def was_silent(session: Session, provider: str, since: datetime) -> bool:
    """Whether the provider has been known to answer nobody at any time since then."""
    quota = session.scalars(select(Quota).where(Quota.provider == provider)).first()
    if quota is None:
        return False
    has_ended = quota.well_since is not None and quota.well_since >= since
    return quota.silent_since is not None or has_ended


def _is_to_wait(quota: Quota, now: datetime) -> bool:
    """Whether the provider asked to, by a clock that was right."""
    was_ahead = quota.blocked_at is not None and quota.blocked_at > now + LONGEST_LEASE
    return quota.blocked_until > now and not was_ahead
