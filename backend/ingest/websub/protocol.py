"""WebSub subscriber: requests, leases, back-off, signatures, when a push makes us poll. Pure.

Source: WebSub (W3C Recommendation, 23 January 2018), sections 5 to 8.
"""

import hmac
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlencode, urlsplit

from backend.core.back_off import exponential_back_off
from backend.outbound.known_address import is_local_name, problem_of
from backend.outbound.networks import Network

Mode = Literal["subscribe", "unsubscribe"]

PATH = "/websub/"
# What `secrets.token_urlsafe(32)` makes; nothing else is looked up.
TOKEN_BYTES = 32
_token = re.compile(r"[\w-]{43}", re.ASCII)

WANTED_LEASE = timedelta(days=10)
LONGEST_LEASE = timedelta(days=30)
# A hub that grants less is asked no more often; in between the feed is polled like any other.
SHORTEST_RENEWAL = timedelta(minutes=15)
# Renewed between 70 and 90 % of the lease: not all at once, and with time for some failures.
RENEWED_FROM, RENEWED_SPREAD = 0.7, 0.2

# Also how long a hub has to verify before it is asked again; later it may do so as well.
FIRST_RETRY = timedelta(minutes=5)
LONGEST_RETRY = timedelta(hours=24)
AFTER_DENIAL = timedelta(hours=24)
MOST_UNSUBSCRIBES = 3
# A feed whose hub changes with every poll makes us ask at most so often.
SPACING = timedelta(minutes=10)

# However many pushes come, a feed is polled at most twice a minute for them.
PUSH_SPACING = timedelta(seconds=30)
# So long after a push a poll that found nothing new is repeated: caches of publishers lag behind.
PUSH_OPEN_FOR = timedelta(seconds=60)

# The largest hubs sign with SHA-1 only; as a keyed hash it is not broken (RFC 6194, section 3.3).
ALGORITHMS = frozenset({"sha1", "sha256", "sha384", "sha512"})
LONGEST_CHALLENGE = 2_000
LONGEST_REASON = 300


def callback_site(public_url: str, networks: Iterable[Network]) -> str | None:
    """Return the address of this site when hubs can reach it, else None.

    `networks` are private ones that the operator opened: a hub in there reaches a site in there.
    """
    parts = urlsplit(public_url)
    host = (parts.hostname or "").rstrip(".")
    # A name without a dot is known to one machine or one set of containers.
    if is_local_name(host) or not ("." in host or ":" in host):
        return None
    port = parts.port or (443 if parts.scheme == "https" else 80)
    why = problem_of(public_url, networks=networks, ports={port})
    return public_url if why is None else None


def is_token(text: str) -> bool:
    return bool(_token.fullmatch(text))


def request_form(mode: Mode, *, topic: str, callback: str, secret: str) -> bytes:
    """Encode the body of a request to a hub (section 5.1)."""
    fields = {"hub.mode": mode, "hub.topic": topic, "hub.callback": callback}
    if mode == "subscribe":
        lease_s = str(int(WANTED_LEASE.total_seconds()))
        fields |= {"hub.lease_seconds": lease_s, "hub.secret": secret}
    return urlencode(fields).encode()


def granted_lease(text: str | None) -> timedelta:
    """Return the lease that a hub names when it verifies, bounded; ours when it names none."""
    digits = (text or "").strip()
    if not (digits.isascii() and digits.isdigit()):
        return WANTED_LEASE
    return timedelta(seconds=min(int(digits[:12]), int(LONGEST_LEASE.total_seconds())))


def renew_after(lease: timedelta, chance: float) -> timedelta:
    return max(SHORTEST_RENEWAL, lease * (RENEWED_FROM + RENEWED_SPREAD * chance))


def retry_after_failure(failures: int) -> timedelta:
    """Return the exponential back-off, twice as long with each unverified request."""
    return exponential_back_off(failures, first=FIRST_RETRY, longest=LONGEST_RETRY)


def is_push_waiting(pushed_at: datetime | None, polled_at: datetime | None) -> bool:
    """Whether a push came and no poll has begun since: another push changes nothing."""
    return pushed_at is not None and (polled_at is None or pushed_at > polled_at)


def is_push_open(
    pushed_at: datetime, polled_at: datetime | None, *, has_news: bool, now: datetime
) -> bool:
    """Whether the poll that began at `polled_at` leaves a push to be answered by the next one."""
    if is_push_waiting(pushed_at, polled_at):
        return True
    return not has_news and now - pushed_at < PUSH_OPEN_FOR


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Whether `X-Hub-Signature` is the HMAC of the body (section 7.1), in constant time."""
    name, _, given = signature.strip().partition("=")
    method = name.lower()
    if method not in ALGORITHMS:
        return False
    expected = hmac.new(secret.encode(), body, method).hexdigest()
    return hmac.compare_digest(expected.encode(), given.strip().lower().encode())
