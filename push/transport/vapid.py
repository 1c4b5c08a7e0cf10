"""Tokens by which push services know this server (VAPID, RFC 8292), one for each of them."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import jwt
from cachetools import LRUCache
from cryptography.hazmat.primitives.asymmetric import ec

from backend.audience.subscription import Subscription, key_id_of
from backend.core.vapid import private_key, public_key

# RFC 8292, 2: a day at most. Renewed at half of it, so that a clock may be wrong by hours.
LIFE = timedelta(hours=12)
RENEWED_AFTER = LIFE / 2
# Most kept tokens, one a host: Microsoft has dozens, and strangers may invent host names.
MOST_KEPT = 1_000


class UnknownKeyError(Exception):
    """The subscription was made for a key that is none of ours any more."""


class _Key(NamedTuple):
    public: str
    private: ec.EllipticCurvePrivateKey


class _Kept(NamedTuple):
    header: str
    made_at: datetime


class VapidTokens:
    """Tokens signed with the key that a subscription was made for, and kept."""

    def __init__(self, keys: Sequence[str], subject: str, now: Callable[[], datetime]) -> None:
        made = [_Key(public_key(text), private_key(text)) for text in keys]
        self._keys = {key_id_of(key.public): key for key in made}
        self._subject, self._now = subject, now
        self._kept: LRUCache[tuple[str, str], _Kept] = LRUCache(MOST_KEPT)

    def authorization(self, subscription: Subscription) -> str:
        """Return the value of the header `Authorization`.

        Raises:
            UnknownKeyError: we cannot sign for this subscription.
        """
        name, now = (subscription.origin, subscription.key_id), self._now()
        kept = self._kept.get(name)
        if kept is None or not timedelta(0) <= now - kept.made_at < RENEWED_AFTER:
            kept = self._kept[name] = _Kept(self._signed(subscription, now), now)
        return kept.header

    def _signed(self, subscription: Subscription, now: datetime) -> str:
        key = self._keys.get(subscription.key_id)
        if key is None:
            raise UnknownKeyError
        claims = {"aud": subscription.origin, "exp": now + LIFE, "sub": self._subject}
        return f"vapid t={jwt.encode(claims, key.private, 'ES256')}, k={key.public}"
