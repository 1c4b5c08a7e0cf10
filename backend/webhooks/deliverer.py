"""The webhook deliverer: claim a delivery under a lease, sign, send, record.

No database session is open while the network is. A claim sets the next try as if this one
failed: what is never recorded (a killed process, a database that went away) is retried by the
same schedule and ends with it.
"""

import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session
from standardwebhooks import Webhook

from backend.core import faults
from backend.core.db import db, once_committed, release, transaction
from backend.core.encryption import TextCipher
from backend.core.faults import Fault
from backend.core.metrics import count_lost_lease
from backend.outbound import fetch
from backend.outbound.fetch import FetchPolicy
from backend.outbound.response import FetchError
from backend.tables.webhooks import WebhookAttempt, WebhookDelivery
from backend.webhooks import queries
from backend.webhooks.schedule import LONGEST_ASKED, back_off_until, retry_at
from backend.webhooks.secret_rotation import living
from schemas.webhooks import TEST

log = logging.getLogger(__name__)

LOOP = "webhooks"
LEASE = timedelta(minutes=2)
DEADLINE_S = 15.0
ANSWER_BYTES = 65_536
GONE = "the endpoint says it is gone (410)"
REMOVED = "the webhook was removed meanwhile"
UNSIGNED = "SECRET_KEY changed: make a new secret"
UNRECORDED = "not recorded: the process ended, or the database was away"


@dataclass(frozen=True, slots=True)
class DeliveryLease:
    """The right to make one try at a delivery, until the lease ends or another try is made."""

    delivery_id: int
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRequest:
    """The data of one request, copied out of the database."""

    url: str
    message_id: str
    body: str
    secrets: Sequence[str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryResult:
    """The result of one attempt. `error` is None when the endpoint accepted the message."""

    status: int | None = None
    error: str | None = None
    duration_ms: int = 0
    retry_after: timedelta = timedelta()

    @property
    def is_taken(self) -> bool:
        return self.error is None


@dataclass(frozen=True, slots=True)
class Deliverer:
    """Sends webhook deliveries; any number of threads, processes and machines may run one.

    `on_claim` is called before each one is sent.
    """

    cipher: TextCipher
    policy: FetchPolicy
    clock: Callable[[], datetime]
    chance: Callable[[], float] = random.random
    on_claim: Callable[[], None] = lambda: None

    def step(self) -> bool:
        """Deliver what is due longest; return whether there was anything."""
        lease = self._claim()
        if lease is None:
            return False
        self.on_claim()
        self.deliver(lease)
        return True

    def deliver(self, lease: DeliveryLease) -> None:
        """Send a leased delivery and record the attempt."""
        names = {"delivery": lease.delivery_id}
        ask, write = partial(self._send, lease), partial(self._record, lease)
        faults.attempt(LOOP, ask, write, _failed, unrecorded=_unrecorded, **names)

    def _claim(self) -> DeliveryLease | None:
        """Lease a due delivery. A read first: mostly nothing is due, a write would lock SQLite."""
        now = self.clock()
        is_due = queries.has_due(db.session(), now)
        release()
        if not is_due:
            return None
        with transaction() as session:
            delivery = queries.due_delivery(session, now)
            if delivery is None:
                return None
            if delivery.lease_until is not None:
                self._note_unrecorded(session, delivery, now)
            return self.leased(delivery, now) if delivery.state == "pending" else None

    def leased(self, delivery: WebhookDelivery, now: datetime) -> DeliveryLease:
        """Start a try: under a lease, and due again as if it had failed already."""
        delivery.tries += 1
        delivery.lease_until = now + LEASE
        delivery.due_at = self._retry_at(delivery, now) or delivery.lease_until
        return DeliveryLease(delivery.id, delivery.tries)

    def _note_unrecorded(self, session: Session, delivery: WebhookDelivery, now: datetime) -> None:
        """Record the previous try, whose lease expired, as a failed attempt."""
        once_committed(session, partial(count_lost_lease, "webhooks"))
        session.add(_attempt(delivery, DeliveryResult(error=UNRECORDED), now))
        if delivery.message.event == TEST or self._retry_at(delivery, now) is None:
            delivery.state, delivery.lease_until = "failed", None

    def _send(self, lease: DeliveryLease) -> DeliveryResult:
        request = self._request(lease)
        if request is None:
            return DeliveryResult(error=REMOVED)
        if not request.secrets:
            return DeliveryResult(error=UNSIGNED)
        started = time.perf_counter()
        try:
            headers = signed(request, self.clock())
            answer = fetch.post(request.url, request.body.encode(), headers, self.policy)
        except FetchError as error:
            return DeliveryResult(error=str(error), duration_ms=_since(started))
        is_taken = 200 <= answer.status < 300
        return DeliveryResult(
            status=answer.status,
            error=None if is_taken else f"the endpoint answered {answer.status}",
            duration_ms=_since(started),
            retry_after=answer.retry_after(self.clock(), longest=LONGEST_ASKED),
        )

    def _request(self, lease: DeliveryLease) -> DeliveryRequest | None:
        release()
        delivery = queries.leased_delivery(db.session(), lease.delivery_id, lease.tries)
        request = self._copied(delivery) if delivery is not None else None
        release()
        return request

    def _copied(self, delivery: WebhookDelivery) -> DeliveryRequest:
        endpoint, message, now = delivery.endpoint, delivery.message, self.clock()
        old = [each["secret"] for each in living(endpoint.old_secrets, now)]
        encrypted = [endpoint.secret, *old]
        decrypted = [self.cipher.decrypt(text) for text in encrypted]
        return DeliveryRequest(
            url=endpoint.url,
            message_id=message.public_id,
            body=message.body,
            secrets=[found.text.decode() for found in decrypted if found is not None],
        )

    def _record(self, lease: DeliveryLease, result: DeliveryResult) -> None:
        now = self.clock()
        with transaction() as session:
            delivery = queries.lock_leased_delivery(session, lease.delivery_id, lease.tries)
            if delivery is None:  # its endpoint was removed, or the lease ran out
                return
            session.add(_attempt(delivery, result, now))
            once_committed(session, partial(_log, delivery.message.public_id, lease, result))
            delivery.lease_until = None
            if result.is_taken:
                delivery.state = "delivered"
                delivery.endpoint.failures, delivery.endpoint.resting_until = 0, None
            else:
                self._note_failure(delivery, result, now)

    def _note_failure(
        self, delivery: WebhookDelivery, result: DeliveryResult, now: datetime
    ) -> None:
        if delivery.message.event == TEST:  # whoever asked for it is told at once
            delivery.state = "failed"
            return
        endpoint = delivery.endpoint
        endpoint.failures += 1
        endpoint.resting_until = back_off_until(endpoint.failures, now)
        if result.status == 410:
            endpoint.paused_at, endpoint.pause_reason = now, GONE
        again = self._retry_at(delivery, now, asked=result.retry_after)
        if again is None:
            delivery.state = "failed"
        else:
            delivery.due_at = again

    def _retry_at(
        self, delivery: WebhookDelivery, now: datetime, *, asked: timedelta = timedelta()
    ) -> datetime | None:
        chance = self.chance()
        return retry_at(delivery.created_at, delivery.tries, now, chance=chance, asked=asked)


def _failed(fault: Fault) -> DeliveryResult:
    return DeliveryResult(error=str(fault))


def _unrecorded(result: DeliveryResult, fault: Fault) -> DeliveryResult:
    """Return the result to record after a fault; what the endpoint took must not be sent again."""
    return DeliveryResult(status=result.status) if result.is_taken else _failed(fault)


def signed(request: DeliveryRequest, now: datetime) -> dict[str, str]:
    """Make the headers of Standard Webhooks; one signature for each secret that is valid."""
    signatures = [
        Webhook(secret).sign(msg_id=request.message_id, timestamp=now, data=request.body)
        for secret in request.secrets
    ]
    return {
        "Content-Type": "application/json",
        "webhook-id": request.message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _attempt(delivery: WebhookDelivery, result: DeliveryResult, now: datetime) -> WebhookAttempt:
    return WebhookAttempt(
        delivery_id=delivery.id,
        at=now,
        status=result.status,
        error=result.error,
        duration_ms=result.duration_ms,
    )


def _since(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)


def _log(message_id: str, lease: DeliveryLease, result: DeliveryResult) -> None:
    """Log a try, without the address and what the receiver said: both may hold what is secret."""
    level = logging.INFO if result.is_taken else logging.WARNING
    event = "webhook delivered" if result.is_taken else "webhook not taken"
    named = {"webhook_id": message_id, "tries": lease.tries, "status": result.status}
    log.log(level, event, extra=named | {"duration_ms": result.duration_ms})
