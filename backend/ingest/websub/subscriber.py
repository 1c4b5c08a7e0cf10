"""The WebSub subscriber: compare feeds with subscriptions, ask hubs, record what they said.

What is wanted stands with the feeds: whoever pauses, moves or deletes one need not think of
subscriptions. Any number of processes may run it. A claim writes down what the hub may verify
and when it is asked next, as if it never answered, before anything is sent: a hub that verifies
at once is expected, and what a killed process never recorded is asked again by the schedule. No
database session is open while the network is.
"""

import logging
import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from backend.core import faults
from backend.core.db import db, release, transaction
from backend.core.encryption import TextCipher
from backend.core.faults import Fault
from backend.ingest import schedule
from backend.ingest.queries import locked_feed
from backend.ingest.websub import queries
from backend.ingest.websub.protocol import (
    MOST_UNSUBSCRIBES,
    PATH,
    SPACING,
    TOKEN_BYTES,
    Mode,
    request_form,
    retry_after_failure,
)
from backend.ingest.websub.state import NO_CALLBACK
from backend.outbound import fetch
from backend.outbound.fetch import FetchPolicy
from backend.outbound.redirects import is_same_origin
from backend.outbound.response import FetchError
from backend.tables.websub import WebSubSubscription

log = logging.getLogger(__name__)

LOOP = "websub"
SECRET_BYTES = 32
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/plain, */*;q=0.5"}
UNVERIFIED = "the hub took the request and has not verified it"
REMOVED = "the subscription was removed meanwhile"


@dataclass(frozen=True, slots=True, kw_only=True)
class HubLease:
    """The right to ask a hub once."""

    id: int
    attempt: int
    slug: str
    mode: Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class HubRequest:
    """The data of one request, copied out of the database."""

    hub_url: str
    policy: FetchPolicy
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HubResult:
    """A hub's answer. `error` is None when it took the request; it verifies by its own request."""

    error: str | None = None
    retry_after: timedelta = timedelta()


@dataclass(slots=True)
class Subscriber:
    """Subscribes feeds. `site` is where hubs reach us; without one there are no subscriptions."""

    site: str | None
    cipher: TextCipher
    policy: FetchPolicy
    clock: Callable[[], datetime]
    chance: Callable[[], float] = field(default=random.random)
    _has_told: bool = False

    def step(self) -> bool:
        """Do one thing that is due; return whether there was any."""
        if self._compare():
            return True
        now = self.clock()
        is_due = queries.has_due(db.session(), now)
        release()
        if not is_due:
            return False
        lease = self._claim(now)
        release()
        if lease is not None:
            ask, write = partial(self._send, lease), partial(self._record, lease)
            faults.attempt(LOOP, ask, write, _failed, source=lease.slug, mode=lease.mode)
        return True

    def _compare(self) -> bool:
        """Make the subscriptions that feeds want, end those that none wants."""
        now = self.clock()
        session: Session = db.session()
        if self.site is None:
            self._tell_once(session)
        over = queries.unwanted(session, self.site)
        missing = queries.feeds_to_subscribe(session, now) if self.site else ()
        release()
        if not over and not missing:
            return False
        with transaction() as session:
            for each in queries.lock_wanted(session, over):
                _end(each, now)
            for source_id in missing:
                self._begin(session, source_id, now)
        release()
        return True

    def _tell_once(self, session: Session) -> None:
        if not self._has_told and queries.names_hub(session):
            self._has_told = True
            log.warning("no websub subscriptions", extra={"reason": NO_CALLBACK})

    def _begin(self, session: Session, source_id: int, now: datetime) -> None:
        """Subscribe under the lock of the feed: another process may have been faster."""
        feed = locked_feed(session, source_id)
        if feed is None or not feed.hub_url or not feed.topic_url or feed.paused_at is not None:
            return
        if self.site is None or queries.wanted(session, [source_id]):
            return
        session.add(
            WebSubSubscription(
                source_id=source_id,
                token=secrets.token_urlsafe(TOKEN_BYTES),
                site=self.site,
                feed_url=feed.feed_url,
                hub_url=feed.hub_url,
                topic_url=feed.topic_url,
                secret=self.cipher.encrypt(secrets.token_urlsafe(SECRET_BYTES).encode()),
                due_at=now,
                created_at=now,
            )
        )

    def _claim(self, now: datetime) -> HubLease | None:
        """Claim what is due longest; None when there is nothing, or it was only to be deleted."""
        with transaction() as session:
            found = queries.lock_due(session, now)
            if found is None:
                return None
            if not found.is_wanted and _has_nothing_to_undo(found, now):
                session.delete(found)
                return None
            mode: Mode = "subscribe" if found.is_wanted else "unsubscribe"
            found.pending_mode = mode
            found.attempt, found.failures = found.attempt + 1, found.failures + 1
            wait = schedule.jittered(retry_after_failure(found.failures), self.chance())
            found.due_at = now + wait
            slug = queries.slug_of(session, found.source_id)
            return HubLease(id=found.id, attempt=found.attempt, slug=slug, mode=mode)

    def _request(self, lease: HubLease) -> HubRequest | None:
        with transaction() as session:
            found = queries.lock_attempt(session, lease.id, lease.attempt)
            if found is None:
                return None
            feed = queries.feed_of(session, found.source_id)
            found.ports = feed.ports if feed is not None else found.ports
            callback = f"{found.site}{PATH}{found.token}"
            secret = self._secret_of(found)
            return HubRequest(
                hub_url=found.hub_url,
                policy=self._policy_for(found),
                body=request_form(
                    lease.mode, topic=found.topic_url, callback=callback, secret=secret
                ),
            )

    def _secret_of(self, found: WebSubSubscription) -> str:
        """Return the secret, or a new one: `SECRET_KEY` may not open the old one any more."""
        opened = self.cipher.decrypt(found.secret)
        if opened is not None:
            return opened.text.decode()
        secret = secrets.token_urlsafe(SECRET_BYTES)
        found.secret = self.cipher.encrypt(secret.encode())
        return secret

    def _policy_for(self, found: WebSubSubscription) -> FetchPolicy:
        """Return a policy for the hub: a stranger wrote its address unless at the feed's origin."""
        ports = self.policy.ports.union(map(int, found.ports.split()))
        own = is_same_origin(found.feed_url, found.hub_url)
        return replace(self.policy, ports=ports, own_address=own)

    def _send(self, lease: HubLease) -> HubResult:
        request = self._request(lease)
        release()
        if request is None:
            return HubResult(error=REMOVED)
        try:
            answer = fetch.post_on(request.hub_url, request.body, FORM, request.policy)
        except FetchError as error:
            return HubResult(error=str(error))
        if 200 <= answer.status < 300:
            return HubResult()
        wait = answer.retry_after(self.clock(), longest=schedule.LONGEST_RETRY_AFTER)
        return HubResult(error=f"the hub answered {answer.status}", retry_after=wait)

    def _record(self, lease: HubLease, result: HubResult) -> None:
        """Record the answer, unless the hub has verified or denied before it came."""
        now = self.clock()
        with transaction() as session:
            found = queries.lock_attempt(session, lease.id, lease.attempt)
            if found is None or found.pending_mode is None:
                return
            error = result.error or (UNVERIFIED if found.failures > 1 else None)
            is_new = error is not None and found.last_error is None
            found.last_error = error
            found.due_at = max(found.due_at, now + result.retry_after)
        if is_new:
            told = {"source": lease.slug, "mode": lease.mode, "error": error}
            log.warning("websub subscription fails", extra=told)


def _end(found: WebSubSubscription, now: datetime) -> None:
    """Mark a subscription as unwanted. One that was just made stays a while: see `SPACING`."""
    found.is_wanted, found.pending_mode = False, None
    found.failures, found.last_error = 0, None
    found.due_at = now if found.verified_at else max(now, found.created_at + SPACING)


def _has_nothing_to_undo(found: WebSubSubscription, now: datetime) -> bool:
    is_held = found.expires_at is not None and found.expires_at > now
    return not is_held or found.failures >= MOST_UNSUBSCRIBES


def _failed(fault: Fault) -> HubResult:
    return HubResult(error=str(fault))
