"""Authenticated encryption (AES-GCM) of short texts, under keys derived from SECRET_KEY.

The ciphertext can go into a link or a database and come back. Key rotation: older keys of
SECRET_KEY still decrypt.
"""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from backend.core.base64url import to_base64url

_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Decrypted:
    """The plaintext, and a digest of the ciphertext whatever base64 encoding it came in."""

    text: bytes
    digest: str


class TextCipher:
    """A cipher for one purpose: it does not decrypt the tokens of another one."""

    def __init__(self, secret_keys: Sequence[str], purpose: str) -> None:
        self._ciphers = [AESGCM(_key(secret, purpose)) for secret in secret_keys]

    def encrypt(self, text: bytes) -> str:
        """The ciphertext in base64, safe in a URL."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        ciphertext = nonce + self._ciphers[0].encrypt(nonce, text, None)
        return to_base64url(ciphertext)

    def decrypt(self, token: str) -> Decrypted | None:
        """The plaintext, or None: damaged, foreign, or under a key that is gone."""
        try:
            ciphertext = base64.urlsafe_b64decode(token.encode() + b"=" * (-len(token) % 4))
        except (binascii.Error, ValueError):
            return None
        nonce, body = ciphertext[:_NONCE_BYTES], ciphertext[_NONCE_BYTES:]
        for cipher in self._ciphers:
            try:
                text = cipher.decrypt(nonce, body, None)
            except (InvalidTag, ValueError):
                continue
            # Of the bytes: base64 has several encodings of the same ones.
            return Decrypted(text, hashlib.sha256(ciphertext).hexdigest())
        return None


def _key(secret: str, purpose: str) -> bytes:
    root = hashlib.sha512(secret.encode()).digest()
    return hashlib.blake2b(purpose.encode(), key=root, digest_size=32).digest()
