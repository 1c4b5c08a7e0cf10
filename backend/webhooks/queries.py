"""Queries for endpoints, messages and deliveries."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, delete, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from backend.core.commits import earliest, soonest
from backend.core.driver_read import DriverRead
from backend.tables.webhooks import (
    WebhookDelivery,
    WebhookEndpoint,
    WebhookMessage,
    WebhookSequence,
)


class ActiveEndpoint(NamedTuple):
    """An endpoint that is not paused, and the names of its events with blanks between them."""

    id: int
    events: str


def active_endpoints(session: Session) -> Sequence[ActiveEndpoint]:
    return _ACTIVE.all(session, {})


_ACTIVE = DriverRead(
    select(WebhookEndpoint.id, WebhookEndpoint.events)
    .where(WebhookEndpoint.paused_at.is_(None))
    .order_by(WebhookEndpoint.id),
    ActiveEndpoint._make,
)


def endpoints(session: Session) -> Sequence[WebhookEndpoint]:
    return session.scalars(select(WebhookEndpoint).order_by(WebhookEndpoint.id)).all()


def endpoints_after(session: Session, after: int | None, limit: int) -> Sequence[WebhookEndpoint]:
    """Return a page of endpoints, in the order in which they were made."""
    some = select(WebhookEndpoint).where(WebhookEndpoint.id > (after or 0))
    return session.scalars(some.order_by(WebhookEndpoint.id).limit(limit)).all()


def endpoint_by_id(
    session: Session, public_id: str, *, locked: bool = False
) -> WebhookEndpoint | None:
    statement = select(WebhookEndpoint).where(WebhookEndpoint.public_id == public_id)
    if locked:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalars(statement).first()


def pending_count(session: Session, endpoint_id: int) -> int:
    return session.execute(
        select(func.count()).where(
            WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.state == "pending"
        )
    ).scalar_one()


def deliveries(
    session: Session, endpoint_id: int, *, before: int | None, limit: int, state: str | None = None
) -> Sequence[WebhookDelivery]:
    """Return a page of an endpoint's deliveries, the newest first."""
    statement = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint_id)
    if state is not None:
        statement = statement.where(WebhookDelivery.state == state)
    if before is not None:
        statement = statement.where(WebhookDelivery.id < before)
    return session.scalars(
        statement.options(
            selectinload(WebhookDelivery.message), selectinload(WebhookDelivery.attempts)
        )
        .order_by(WebhookDelivery.id.desc())
        .limit(limit)
    ).all()


def delivery(session: Session, endpoint_id: int, delivery_id: int) -> WebhookDelivery | None:
    return session.scalars(
        select(WebhookDelivery).where(
            WebhookDelivery.id == delivery_id, WebhookDelivery.endpoint_id == endpoint_id
        )
    ).first()


def failed_since(session: Session, endpoint_id: int, since: datetime) -> Sequence[WebhookDelivery]:
    """Return the failed deliveries that were made since, in the order in which they were made."""
    return session.scalars(
        select(WebhookDelivery)
        .where(
            WebhookDelivery.endpoint_id == endpoint_id,
            WebhookDelivery.state == "failed",
            WebhookDelivery.created_at >= since,
        )
        .order_by(WebhookDelivery.id)
    ).all()


def waiting(session: Session) -> tuple[int, datetime | None]:
    """Return how many deliveries to active endpoints are pending, and when the oldest was made."""
    statement = (
        select(func.count(), func.min(WebhookDelivery.created_at))
        .join(WebhookDelivery.endpoint)
        .where(WebhookDelivery.state == "pending", WebhookEndpoint.paused_at.is_(None))
    )
    count, oldest = session.execute(statement).one()
    return count, oldest


def has_due(session: Session, now: datetime) -> bool:
    return session.execute(_due(now).limit(1)).first() is not None


def next_due_at(session: Session, now: datetime) -> datetime | None:
    """Return the earliest time to come at which a delivery becomes due, None without one."""
    is_pending = WebhookDelivery.state == "pending"
    return earliest(
        soonest(session, WebhookDelivery.due_at, now, is_pending),
        soonest(session, WebhookDelivery.lease_until, now, is_pending),
        soonest(session, WebhookEndpoint.resting_until, now),
    )


def due_delivery(session: Session, now: datetime) -> WebhookDelivery | None:
    """Lock and return the delivery that is due longest (SKIP LOCKED)."""
    return session.scalars(
        _due(now).limit(1).with_for_update(of=WebhookDelivery, skip_locked=True)
    ).first()


def leased_delivery(session: Session, delivery_id: int, tries: int) -> WebhookDelivery | None:
    """Return the delivery with its endpoint and message; None when another try was made of it."""
    return session.scalars(
        select(WebhookDelivery)
        .where(WebhookDelivery.id == delivery_id, WebhookDelivery.tries == tries)
        .options(joinedload(WebhookDelivery.endpoint), joinedload(WebhookDelivery.message))
    ).first()


def lock_leased_delivery(session: Session, delivery_id: int, tries: int) -> WebhookDelivery | None:
    """Lock the delivery if this try still holds the lease (tries are the fencing token)."""
    return session.scalars(
        select(WebhookDelivery)
        .where(WebhookDelivery.id == delivery_id, WebhookDelivery.tries == tries)
        .with_for_update(of=WebhookDelivery)
    ).first()


def is_pending() -> ColumnElement[bool]:
    """Whether a message waits for a delivery."""
    return exists().where(
        WebhookDelivery.message_id == WebhookMessage.id, WebhookDelivery.state == "pending"
    )


def drop_subject(session: Session, subject: str) -> None:
    """Delete all messages about a subject; deliveries and attempts cascade."""
    session.execute(delete(WebhookMessage).where(WebhookMessage.subject == subject))


def drop_old_sequences(session: Session) -> None:
    """Delete all numbers but the newest, which a copy to another database goes on from."""
    newest = select(func.max(WebhookSequence.id)).scalar_subquery()
    session.execute(delete(WebhookSequence).where(WebhookSequence.id < newest))


def _due(now: datetime) -> Select[WebhookDelivery]:
    """Select deliveries that may be sent now; of a subject none behind an earlier pending one."""
    earlier = aliased(WebhookDelivery)
    is_behind = exists().where(
        earlier.endpoint_id == WebhookDelivery.endpoint_id,
        earlier.subject == WebhookDelivery.subject,
        earlier.state == "pending",
        earlier.id < WebhookDelivery.id,
    )
    return (
        select(WebhookDelivery)
        .join(WebhookDelivery.endpoint)
        .where(
            WebhookDelivery.state == "pending",
            WebhookDelivery.due_at <= now,
            or_(WebhookDelivery.lease_until.is_(None), WebhookDelivery.lease_until <= now),
            WebhookEndpoint.paused_at.is_(None),
            or_(WebhookEndpoint.resting_until.is_(None), WebhookEndpoint.resting_until <= now),
            ~is_behind,
        )
        .order_by(WebhookDelivery.due_at, WebhookDelivery.id)
    )
