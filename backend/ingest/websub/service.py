"""Handles calls of WebSub hubs: verification, denial, push. Owns the transactions."""

import logging
import random
from collections.abc import Callable
from datetime import datetime
from typing import Literal

from backend.core.db import db, release, transaction
from backend.core.encryption import TextCipher
from backend.core.problems import Gone, NotFound
from backend.ingest.queries import locked_feed
from backend.ingest.websub import queries
from backend.ingest.websub.protocol import (
    AFTER_DENIAL,
    LONGEST_CHALLENGE,
    LONGEST_REASON,
    PUSH_SPACING,
    granted_lease,
    is_push_waiting,
    is_signed,
    is_token,
    renew_after,
)
from backend.tables.websub import WebSubSubscription
from backend.text.clean import storable

log = logging.getLogger(__name__)

PushOutcome = Literal["taken", "coalesced", "ignored", "bad-signature"]
NOT_ASKED = "Nothing of this mode and topic was asked for at this address."


def verify(
    token: str,
    *,
    mode: str,
    topic: str,
    challenge: str,
    lease: str | None,
    now: datetime,
    chance: Callable[[], float] = random.random,
) -> None:
    """Confirm that we asked for this; the caller echoes the challenge.

    Raises:
        NotFound: we did not, or not any more.
    """
    is_usable = 0 < len(challenge) <= LONGEST_CHALLENGE
    if not is_usable or not _is_pending(_known(token), mode, topic):
        raise NotFound(NOT_ASKED)
    with transaction() as session:
        found = queries.lock_by_token(session, token)
        if found is None or not _is_pending(found, mode, topic):
            raise NotFound(NOT_ASKED)
        is_turn = not found.is_wanted or not is_active(found, now)
        slug = queries.slug_of(session, found.source_id)
        if mode == "subscribe":
            granted = granted_lease(lease)
            found.pending_mode, found.failures, found.last_error = None, 0, None
            found.verified_at, found.denied_at = now, None
            found.expires_at = now + granted
            found.due_at = now + renew_after(granted, chance())
        else:
            session.delete(found)
    if is_turn:
        log.info("websub verified", extra={"source": slug, "mode": mode})


def deny(token: str, *, topic: str, reason: str, now: datetime) -> None:
    """Record that the hub refuses or ends a subscription; it is asked again a day later.

    Raises:
        NotFound: there is no such subscription.
    """
    known = _known(token)
    if known is None or known.topic_url != topic:
        raise NotFound(NOT_ASKED)
    said = storable(reason)[:LONGEST_REASON].strip()
    with transaction() as session:
        found = queries.lock_by_token(session, token)
        if found is None or (found.denied_at is not None and found.pending_mode is None):
            return  # it said so before
        slug = queries.slug_of(session, found.source_id)
        found.pending_mode = found.verified_at = found.expires_at = None
        found.denied_at, found.due_at = now, now + AFTER_DENIAL if found.is_wanted else now
        found.last_error = f"the hub denied it: {said}" if said else "the hub denied it"
    log.warning("websub denied", extra={"source": slug})


def push(
    token: str, *, body: bytes, signature: str, cipher: TextCipher, now: datetime
) -> PushOutcome:
    """Make the source due at once; the document that was pushed is not read.

    A push that adds nothing to one that waits already is checked and writes nothing.
    """
    found = _known(token)
    if found is None or not found.is_wanted or found.verified_at is None:
        return "ignored"
    secret = cipher.decrypt(found.secret)
    if secret is None or not is_signed(body, signature, secret.text.decode()):
        return "bad-signature"
    feed = queries.feed_of(db.session(), found.source_id)
    if feed is None or feed.paused_at is not None:
        return "ignored"
    if is_push_waiting(feed.pushed_at, feed.last_polled_at):
        return "coalesced"
    release()
    return _noted(token, now)


def check_known(token: str) -> None:
    """Refuse an address that nobody subscribes at, before a body is read for it.

    Raises:
        Gone: a hub that hears it stops sending (WebSub, section 7).
    """
    if _known(token) is None:
        raise Gone("Nobody subscribes at this address.")


def is_active(found: WebSubSubscription, now: datetime) -> bool:
    return found.expires_at is not None and found.expires_at > now


def _known(token: str) -> WebSubSubscription | None:
    return queries.by_token(db.session(), token) if is_token(token) else None


def _is_pending(found: WebSubSubscription | None, mode: str, topic: str) -> bool:
    return found is not None and found.pending_mode == mode and found.topic_url == topic


def _noted(token: str, now: datetime) -> PushOutcome:
    """Record a push. A feed polled now, or backing off, keeps its time: its next poll answers."""
    with transaction() as session:
        found = queries.lock_by_token(session, token)
        feed = locked_feed(session, found.source_id) if found is not None else None
        if found is None or feed is None:
            return "ignored"
        found.last_push_at = feed.pushed_at = now
        if feed.lease_until is None and not feed.failures:
            soonest = (feed.last_polled_at or now) + PUSH_SPACING
            feed.next_poll_at = min(feed.next_poll_at, max(now, soonest))
    return "taken"
