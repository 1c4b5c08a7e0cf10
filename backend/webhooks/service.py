"""Manage endpoints, rotate secrets, test and replay. Each verb is one transaction."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from backend.audit.recording import record
from backend.audit.values import host_of
from backend.core.db import transaction
from backend.core.encryption import TextCipher
from backend.core.locks import lock_name
from backend.core.problems import Conflict, NotFound
from backend.http.auth import current_actor
from backend.http.hooks import Event
from backend.tables.webhooks import WebhookDelivery, WebhookEndpoint
from backend.webhooks import queries
from backend.webhooks.deliverer import Deliverer
from backend.webhooks.outbox import delivery_of, message_of, next_sequence
from backend.webhooks.secret_rotation import MOST_OLD_SECRETS, full_until, retired
from schemas.fields import instant_text
from schemas.webhooks import TEST

MOST_ENDPOINTS = 50
BY_EDITOR = "paused by an editor"


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A new signing secret: shown once, stored encrypted."""

    public_id: str
    secret: str


def create(cipher: TextCipher, draft: Mapping[str, Any], *, now: datetime) -> NewSecret:
    secret = _new_secret()
    with transaction() as session:
        lock_name(session, "webhooks")  # or those who count at the same instant all find room
        if len(queries.endpoints(session)) >= MOST_ENDPOINTS:
            raise Conflict(f"There are {MOST_ENDPOINTS} webhooks already. Remove one.")
        endpoint = WebhookEndpoint(
            public_id=f"wh_{secrets.token_hex(8)}",
            url=draft["url"],
            events=" ".join(draft["events"]),
            description=draft["description"],
            secret=cipher.encrypt(secret.encode()),
            created_at=now,
        )
        session.add(endpoint)
        _record(session, "created", endpoint, now, after=_settings(endpoint))
        return NewSecret(endpoint.public_id, secret)


def change(public_id: str, fields: Mapping[str, Any], *, now: datetime) -> None:
    """Change the given fields; a paused endpoint is told nothing of what happens meanwhile."""
    with transaction() as session:
        endpoint = _known(session, public_id, locked=True)
        before = _settings(endpoint)
        endpoint.url = fields.get("url", endpoint.url)
        endpoint.description = fields.get("description", endpoint.description)
        if "events" in fields:
            endpoint.events = " ".join(fields["events"])
        if fields.get("paused") is True and endpoint.paused_at is None:
            endpoint.paused_at, endpoint.pause_reason = now, BY_EDITOR
        if fields.get("paused") is False:
            endpoint.paused_at = endpoint.pause_reason = endpoint.resting_until = None
            endpoint.failures = 0
        _record(session, "changed", endpoint, now, before=before, after=_settings(endpoint))


def remove(public_id: str, *, now: datetime) -> None:
    """Remove the endpoint with everything on its way to it; repeating it changes nothing."""
    with transaction() as session:
        endpoint = queries.endpoint_by_id(session, public_id, locked=True)
        if endpoint is not None:
            _record(session, "removed", endpoint, now, before=_settings(endpoint))
            session.delete(endpoint)


def renew_secret(cipher: TextCipher, public_id: str, *, now: datetime) -> NewSecret:
    """Make a new secret; for a day the old one signs too, however many old ones there are.

    Raises:
        Conflict: it was renewed so often today that the signatures fill their header.
    """
    secret = _new_secret()
    with transaction() as session:
        endpoint = _known(session, public_id, locked=True)
        full = full_until(endpoint.old_secrets, now)
        if full is not None:
            raise Conflict(f"{MOST_OLD_SECRETS} old secrets sign to {instant_text(full)} or later.")
        endpoint.old_secrets = retired(endpoint.secret, endpoint.old_secrets, now)
        endpoint.secret = cipher.encrypt(secret.encode())
        _record(session, "secret_renewed", endpoint, now)
    return NewSecret(public_id, secret)


def test(deliverer: Deliverer, public_id: str, *, now: datetime) -> int:
    """Send a test message now; return the id of its delivery, which says how it went."""
    with transaction() as session:
        endpoint = _known(session, public_id)
        name = secrets.token_hex(8)
        event = Event(name=TEST, subject=f"test:{name}", data={}, now=now)
        sequence = next_sequence(session)
        message = message_of(event, {"message": "This webhook works."}, sequence)
        session.add(message)
        session.flush()
        delivery = delivery_of(message, endpoint.id)
        session.add(delivery)
        session.flush()
        lease = deliverer.leased(delivery, now)
        _record(session, "tested", endpoint, now)
    deliverer.deliver(lease)
    return lease.delivery_id


def replay(public_id: str, delivery_id: int, *, now: datetime) -> int:
    """Send a message again, under its own id; return the id of the new delivery."""
    with transaction() as session:
        endpoint = _known(session, public_id)
        found = queries.delivery(session, endpoint.id, delivery_id)
        if found is None:
            raise NotFound("There is no such delivery.")
        _record(session, "replayed", endpoint, now, after={"delivery": str(delivery_id)})
        return _again(session, found, now).id


def replay_failed(public_id: str, since: datetime, *, now: datetime) -> int:
    """Send again what could not be delivered since; return how many there were."""
    with transaction() as session:
        endpoint = _known(session, public_id)
        failed = queries.failed_since(session, endpoint.id, since)
        for delivery in failed:
            _again(session, delivery, now)
            delivery.state = "replayed"
        told = {"since": since, "deliveries": len(failed)}
        _record(session, "replayed", endpoint, now, after=told)
        return len(failed)


def _again(session: Session, old: WebhookDelivery, now: datetime) -> WebhookDelivery:
    delivery = WebhookDelivery(
        endpoint_id=old.endpoint_id,
        message_id=old.message_id,
        subject=old.subject,
        created_at=now,
        due_at=now,
    )
    session.add(delivery)
    session.flush()
    return delivery


def _settings(endpoint: WebhookEndpoint) -> dict[str, object]:
    names = ("events", "description", "paused_at", "pause_reason")
    return {"host": host_of(endpoint.url), **{name: getattr(endpoint, name) for name in names}}


def _record(
    session: Session,
    act: str,
    endpoint: WebhookEndpoint,
    now: datetime,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    subject = f"webhook:{endpoint.public_id}"
    record(session, current_actor(), f"webhook.{act}", subject, before=before, after=after, now=now)


def _known(session: Session, public_id: str, *, locked: bool = False) -> WebhookEndpoint:
    endpoint = queries.endpoint_by_id(session, public_id, locked=locked)
    if endpoint is None:
        raise NotFound("There is no such webhook.")
    return endpoint


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
