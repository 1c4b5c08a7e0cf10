"""Scheduling queries: what is fanned out and sent next, round robin, breaking news first."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from backend.audience import queries as audience_queries
from backend.core.commits import earliest, soonest
from push.store.models import Batch, Notification, Pause
from push.store.states import LIVE, OUTLIVED, READY, WAITING

# Leases and pauses last half as long: one that ends later was set by a clock that was wrong, and
# so was what waits since a time that is so far ahead.
LONGEST_LEASE = timedelta(minutes=1)
# Statements with these parameters are built once: they are executed for every batch.
_NOW: BindParameter[datetime] = bindparam("now")
_FAR: BindParameter[datetime] = bindparam("far")
# `has_lapsed` in SQL; false without a lease.
LAPSED = or_(Batch.lease_until <= _NOW, Batch.lease_until > _FAR)


def times(now: datetime) -> dict[str, datetime]:
    """Return the parameters of `LAPSED`."""
    return {"now": now, "far": now + LONGEST_LEASE}


def is_lane(name: str | InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether a batch is of a lane (`Batch.lane`)."""
    return func.coalesce(func.nullif(Batch.provider, ""), Batch.platform) == name


def has_lapsed(lease_until: datetime, now: datetime) -> bool:
    """Whether a lease is over, or ends further ahead than can be explained."""
    return not now < lease_until <= now + LONGEST_LEASE


def may_go_on(now: datetime) -> ColumnElement[bool]:
    """Whether something of an alert may still be sent, also after it ended.

    Whom quiet hours held past its end is sent it when they change before that.
    """
    outlived = select(Batch.id).where(
        Batch.notification_id == Notification.id,
        Batch.state == OUTLIVED,
        func.length(Batch.members) > 0,
    )
    nobody_was_awake = Notification.failure_reason == "expired_while_held"
    ended_for_others = or_(
        Notification.state == "sent", and_(Notification.state == "failed", nobody_was_awake)
    )
    return or_(
        Notification.state.in_([*LIVE, *WAITING]),
        and_(ended_for_others, Notification.expires_at > now, outlived.exists()),
    )


def is_fan_out_due(session: Session, besides: Collection[int]) -> bool:
    """Whether there is anything to fan out, asked without a write lock."""
    waiting = _to_fan_out(besides)
    return session.scalar(select(Notification.id).where(*waiting).limit(1)) is not None


def depth(session: Session, now: datetime) -> tuple[dict[str, int], datetime | None]:
    """Count batches of live alerts: due, leased and later; say since when the oldest is due."""
    is_leased = Batch.lease_until > now
    is_due = and_(Batch.due_at <= now, or_(Batch.lease_until.is_(None), ~is_leased))
    wait = case((is_leased, "leased"), (is_due, "due"), else_="later")
    rows = session.execute(
        select(wait, func.count(), func.min(Batch.due_at))
        .join(Notification, Notification.id == Batch.notification_id)
        .where(Batch.state == READY, Notification.state.in_(LIVE))
        .group_by(wait)
    )
    found = {name: (count, first) for name, count, first in rows}
    counted = {name: found.get(name, (0, None))[0] for name in ("due", "leased", "later")}
    return counted, found.get("due", (0, None))[1]


def next_due_at(session: Session, now: datetime) -> datetime | None:
    """Return when time alone brings a worker something to do: now while an alert is live."""
    is_live = select(Notification.id).where(Notification.state.in_(LIVE)).limit(1)
    if session.scalar(is_live) is not None:
        return now
    is_waiting = Notification.state.in_(WAITING)
    return earliest(
        soonest(session, Notification.send_at, now, Notification.state == "scheduled"),
        soonest(session, Notification.expires_at, now, is_waiting),
        audience_queries.next_proof_at(session),
    )


def next_to_fan_out(session: Session, after: int, besides: Collection[int]) -> Notification | None:
    """Lock and return the next notification in round robin with audience left (skip locked)."""
    return session.scalars(
        select(Notification)
        .where(*_to_fan_out(besides))
        .order_by(Notification.id <= after, Notification.id)
        .limit(1)
        .with_for_update(skip_locked=True, key_share=True)
    ).first()


def next_to_send(
    session: Session,
    now: datetime,
    after: int,
    besides: Collection[int],
    away: Collection[str] = (),
) -> Notification | None:
    """Lock and return the next notification to send: breaking news first, then round robin.

    Batches of providers that are `away` count for nothing.
    """
    given = {**times(now), "after": after, "besides": besides, "away": away}
    return session.scalars(_NEXT_TO_SEND, given).first()


def next_batch(
    session: Session,
    notification_id: int,
    now: datetime,
    besides: Collection[int],
    away: Collection[str] = (),
) -> Batch | None:
    """Lock and return the batch due longest, under no lease or an expired one (skip locked)."""
    named = {"notification_id": notification_id, "besides": besides, "away": away}
    given = {**times(now), **named}
    return session.scalars(_NEXT_BATCH, given).first()


def _to_fan_out(besides: Collection[int]) -> tuple[ColumnElement[bool], ...]:
    # One that is to wait is `scheduled`: a later time here is that of a clock that was ahead.
    return Notification.state == "planning", Notification.id.not_in(besides)


def _due() -> tuple[ColumnElement[bool], ...]:
    free = or_(Batch.lease_until.is_(None), LAPSED)
    # Nothing but a night keeps a batch that was never tried, and one that was leased was due.
    fresh = and_(Batch.attempts == 0, Batch.is_held.is_(False))
    was_due = or_(
        Batch.due_at <= _NOW, Batch.waits_since > _FAR, fresh, Batch.lease_until.is_not(None)
    )
    pause = select(Pause.platform).where(
        Pause.notification_id == Batch.notification_id,
        is_lane(Pause.platform),
        Pause.until > _NOW,
        Pause.until <= _FAR,
    )
    besides = Batch.id.not_in(bindparam("besides", expanding=True))
    is_there = Batch.provider.not_in(bindparam("away", expanding=True))
    return Batch.state == READY, was_due, free, besides, is_there, ~pause.exists()


_NEXT_TO_SEND = (
    select(Notification)
    .where(
        Notification.state.in_(LIVE),
        Notification.expires_at > _NOW,
        select(Batch.id).where(Batch.notification_id == Notification.id, *_due()).exists(),
    )
    .order_by(
        Notification.urgency != "breaking", Notification.id <= bindparam("after"), Notification.id
    )
    .limit(1)
    .with_for_update(key_share=True)
)
_NEXT_BATCH = (
    select(Batch)
    .where(Batch.notification_id == bindparam("notification_id"), *_due())
    .order_by(Batch.due_at, Batch.id)
    .limit(1)
    .with_for_update(skip_locked=True, key_share=True)
)
