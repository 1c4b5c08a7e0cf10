"""One delivery: claim, sign, send, record. No database session is open while the network is."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from standardwebhooks import Webhook

from backend.core.db import db, release, transaction
from backend.core.encryption import TextCipher
from backend.outbound import fetch
from backend.outbound.answer import FetchError
from backend.outbound.fetch import FetchPolicy
from backend.outbound.retry_after import retry_after
from backend.tables.webhooks import WebhookAttempt, WebhookDelivery
from backend.webhooks import queries
from backend.webhooks.outbox import TEST
from backend.webhooks.schedule import LONGEST_ASKED, rest_until, retry_at

LEASE = timedelta(minutes=2)
DEADLINE_S = 15.0
ANSWER_BYTES = 65_536
GONE = "the endpoint says it is gone (410)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one request needs, copied out of the database."""

    delivery_id: int
    tries: int
    url: str
    message_id: str
    body: str
    secrets: Sequence[str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a request. `error` is empty when the endpoint took the message."""

    status: int | None
    error: str | None
    duration_ms: int
    retry_after: timedelta = timedelta()

    @property
    def is_taken(self) -> bool:
        return self.error is None


@dataclass(frozen=True, slots=True)
class Deliverer:
    """Any number of threads, processes and machines may run one."""

    cipher: TextCipher
    policy: FetchPolicy
    clock: Callable[[], datetime]
    chance: Callable[[], float] = random.random

    def step(self) -> bool:
        """Deliver what has waited longest; whether there was anything."""
        claim = self._claim()
        if claim is None:
            return False
        self.deliver(claim)
        return True

    def deliver(self, claim: Claim) -> None:
        """Send a claimed delivery and write down what came of it."""
        release()
        result = self._send(claim)
        self._record(claim, result)

    def claim_of(self, delivery: WebhookDelivery, now: datetime) -> Claim:
        endpoint, message = delivery.endpoint, delivery.message
        encrypted = [endpoint.secret]
        if endpoint.old_secret and endpoint.old_secret_until and endpoint.old_secret_until > now:
            encrypted.append(endpoint.old_secret)
        decrypted = [self.cipher.decrypt(text) for text in encrypted]
        return Claim(
            delivery_id=delivery.id,
            tries=delivery.tries,
            url=endpoint.url,
            message_id=message.public_id,
            body=message.body,
            secrets=[found.text.decode() for found in decrypted if found is not None],
        )

    def _claim(self) -> Claim | None:
        """Asked with a read first: most seconds nothing is due, and a write would lock SQLite."""
        now = self.clock()
        is_due = queries.has_due(db.session(), now)
        release()
        if not is_due:
            return None
        with transaction() as session:
            delivery = queries.claim_due(session, now=now, lease_until=now + LEASE)
            return self.claim_of(delivery, now) if delivery is not None else None

    def _send(self, claim: Claim) -> Result:
        if not claim.secrets:
            return Result(status=None, error="SECRET_KEY changed: make a new secret", duration_ms=0)
        started = time.perf_counter()
        try:
            headers = signed(claim, self.clock())
            answer = fetch.post(claim.url, claim.body.encode(), headers, self.policy)
        except FetchError as error:
            return Result(status=None, error=str(error), duration_ms=_since(started))
        is_taken = 200 <= answer.status < 300
        asked = answer.headers.get("retry-after") if answer.status in {429, 503} else None
        return Result(
            status=answer.status,
            error=None if is_taken else f"the endpoint answered {answer.status}",
            duration_ms=_since(started),
            retry_after=retry_after(asked, self.clock(), longest=LONGEST_ASKED) or timedelta(),
        )

    def _record(self, claim: Claim, result: Result) -> None:
        now = self.clock()
        with transaction() as session:
            delivery = queries.held(session, claim.delivery_id, claim.tries)
            if delivery is None:  # its endpoint was removed, or the lease ran out
                return
            session.add(_attempt(delivery, result, now))
            delivery.lease_until = None
            if result.is_taken:
                delivery.state = "delivered"
                delivery.endpoint.failures, delivery.endpoint.resting_until = 0, None
            else:
                self._note_failure(delivery, result, now)
        release()

    def _note_failure(self, delivery: WebhookDelivery, result: Result, now: datetime) -> None:
        if delivery.message.event == TEST:  # whoever asked for it is told at once
            delivery.state = "failed"
            return
        endpoint = delivery.endpoint
        endpoint.failures += 1
        endpoint.resting_until = rest_until(endpoint.failures, now)
        if result.status == 410:
            endpoint.paused_at, endpoint.pause_reason = now, GONE
        again = retry_at(
            delivery.created_at,
            delivery.tries,
            now,
            chance=self.chance(),
            asked=result.retry_after,
        )
        if again is None:
            delivery.state = "failed"
        else:
            delivery.due_at = again


def signed(claim: Claim, now: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks; one signature for each secret that is valid."""
    signatures = [
        Webhook(secret).sign(msg_id=claim.message_id, timestamp=now, data=claim.body)
        for secret in claim.secrets
    ]
    return {
        "Content-Type": "application/json",
        "webhook-id": claim.message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _attempt(delivery: WebhookDelivery, result: Result, now: datetime) -> WebhookAttempt:
    return WebhookAttempt(
        delivery_id=delivery.id,
        at=now,
        status=result.status,
        error=result.error,
        duration_ms=result.duration_ms,
    )


def _since(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)
