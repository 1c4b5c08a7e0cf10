"""Transactional outbox: an event becomes deliveries in the transaction that caused it."""

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import orjson
from sqlalchemy.orm import Session

from backend.audience.queries import topic_names
from backend.audience.topic import topic_text
from backend.core.db import once_committed
from backend.http.hooks import Event, Hooks
from backend.tables.audience import Installation
from backend.tables.newsroom import Feed
from backend.tables.webhooks import (
    WebhookDelivery,
    WebhookMessage,
    WebhookSequence,
)
from backend.webhooks import queries
from schemas.fields import instant_text
from schemas.webhooks import EVENTS

Data = Mapping[str, Any]

log = logging.getLogger(__name__)

_CACHE = "webhook endpoints"


def init_hooks(hooks: Hooks) -> None:
    hooks.on_event.append(record)
    hooks.on_forget.append(forget)


def record(session: Session, event: Event) -> None:
    """Event hook: fan an event out to the endpoints that subscribe to it."""
    if event.name not in EVENTS:
        return
    endpoints = [each for each in _endpoints(session) if event.name in each.events.split()]
    if endpoints:
        part = _PAYLOADS.get(event.name)
        data = part(session, event.data) if part else event.data
        message = message_of(event, data, next_sequence(session))
        session.add(message)
        session.flush()
        session.add_all(delivery_of(message, endpoint.id) for endpoint in endpoints)
        named = {"webhook_id": message.public_id, "about": event.name}
        once_committed(session, partial(log.info, "webhook recorded", extra=named))


def forget(session: Session, installation_id: int) -> None:
    """Erasure hook: delete all messages about the installation."""
    row = session.get(Installation, installation_id)
    if row is not None:
        queries.drop_subject(session, f"installation:{row.public_id}")


def next_sequence(session: Session) -> int:
    """Return a number for an event, higher than that of every event that was told before."""
    number = WebhookSequence()
    session.add(number)
    session.flush()
    return number.id


def message_of(event: Event, data: Data, sequence: int) -> WebhookMessage:
    """Make the message for an event, in the Standard Webhooks format."""
    document = {
        "type": event.name,
        "timestamp": instant_text(event.now),
        "sequence": sequence,
        "data": data,
    }
    return WebhookMessage(
        public_id=f"msg_{secrets.token_hex(12)}",
        event=event.name,
        subject=event.subject,
        body=orjson.dumps(document).decode(),
        at=event.now,
    )


def delivery_of(message: WebhookMessage, endpoint_id: int) -> WebhookDelivery:
    return WebhookDelivery(
        endpoint_id=endpoint_id,
        message_id=message.id,
        subject=message.subject,
        created_at=message.at,
        due_at=message.at,
    )


def _endpoints(session: Session) -> Sequence[queries.ActiveEndpoint]:
    """Return the active endpoints, cached per transaction: one can record thousands of events."""
    transaction = session.get_transaction()
    known = session.info.get(_CACHE)
    if known is None or known[0] is not transaction:
        known = (transaction, queries.active_endpoints(session))
        session.info[_CACHE] = known
    found: Sequence[queries.ActiveEndpoint] = known[1]
    return found


def _platform(_session: Session, data: Data) -> Data:
    """Return the payload without the claim token that may be among the data."""
    return {"platform": data["platform"]}


def _topic(session: Session, data: Data) -> Data:
    """Return the topic as the API writes it, instead of our number of it."""
    feed = session.get_one(Feed, data["topic_id"])
    return {"topic": topic_text(feed.kind, topic_names(session, [feed])[feed.id])}


# Events whose payload differs from their internal data.
_PAYLOADS: Mapping[str, Callable[[Session, Data], Data]] = {
    "installation.created": _platform,
    "topic.followed": _topic,
}
