"""A browser that the stand-in is itself, so that its messages can be read (RFC 8291)."""

import base64
import secrets
from collections.abc import Mapping
from typing import Any

import http_ece
import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class OwnBrowser:
    """A push subscription with its keys."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = secrets.token_bytes(16)

    def subscription(self, endpoint: str) -> dict[str, Any]:
        """Return the subscription as `PushSubscription.toJSON` gives it."""
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": _base64url(point), "auth": _base64url(self._auth)}
        return {"endpoint": endpoint, "expirationTime": None, "keys": keys}

    def read(self, body: bytes) -> Mapping[str, Any] | None:
        """Decrypt a message; return None for one that was encrypted for other keys."""
        try:
            plain = http_ece.decrypt(
                body, private_key=self._key, auth_secret=self._auth, version="aes128gcm"
            )
            read: Mapping[str, Any] = orjson.loads(plain)
        except (http_ece.ECEException, InvalidTag, ValueError):
            return None
        return read


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
