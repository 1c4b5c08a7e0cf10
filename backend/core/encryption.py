"""Short texts that only this installation can read and nobody can forge: AES-GCM under SECRET_KEY.

What is sealed can leave the house, in a link or a database, and come back. Older keys of a
rotated SECRET_KEY still open what they sealed.
"""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Opened:
    """What was sealed, and a name for this one sealing that no other spelling of it shares."""

    text: bytes
    digest: str


class Seal:
    """Seals for one purpose: what was sealed for another one does not open."""

    def __init__(self, secret_keys: Sequence[str], purpose: str) -> None:
        self._ciphers = [AESGCM(_key(secret, purpose)) for secret in secret_keys]

    def seal(self, text: bytes) -> str:
        """The sealed text, safe in a URL."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = nonce + self._ciphers[0].encrypt(nonce, text, None)
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def open(self, token: str) -> Opened | None:
        """What was sealed, or None: damaged, foreign, or sealed under a key that is gone."""
        try:
            sealed = base64.urlsafe_b64decode(token.encode() + b"=" * (-len(token) % 4))
        except (binascii.Error, ValueError):
            return None
        nonce, body = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        for cipher in self._ciphers:
            try:
                text = cipher.decrypt(nonce, body, None)
            except (InvalidTag, ValueError):
                continue
            # Of the bytes: base64 has several spellings of the same ones.
            return Opened(text, hashlib.sha256(sealed).hexdigest())
        return None


def _key(secret: str, purpose: str) -> bytes:
    root = hashlib.sha512(secret.encode()).digest()
    return hashlib.blake2b(purpose.encode(), key=root, digest_size=32).digest()
