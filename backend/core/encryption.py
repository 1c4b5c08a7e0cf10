"""Authenticated encryption (AES-GCM) of short texts, under keys derived from SECRET_KEY.

The ciphertext can go into a link or a database and come back. Key rotation: older keys of
SECRET_KEY still decrypt, and `renewed` encrypts anew under the first one.
"""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from backend.core.base64url import to_base64url

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Decrypted:
    """The plaintext, and a digest of the ciphertext whatever base64 encoding it came in.

    `is_current` when the first key opened it.
    """

    text: bytes
    digest: str
    is_current: bool


class TextCipher:
    """A cipher for one purpose: it does not decrypt the tokens of another one."""

    def __init__(self, secret_keys: Sequence[str], purpose: str) -> None:
        self._keys = [_key(secret, purpose) for secret in secret_keys]

    @cached_property
    def _ciphers(self) -> "list[AESGCM]":
        # An OpenSSL of its own: 7 MB that a process does without until it has a secret to keep.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        return [AESGCM(key) for key in self._keys]

    def encrypt(self, text: bytes) -> str:
        """Return the ciphertext in base64, safe in a URL."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        ciphertext = nonce + self._ciphers[0].encrypt(nonce, text, None)
        return to_base64url(ciphertext)

    def decrypt(self, token: str) -> Decrypted | None:
        """Return the plaintext; None if damaged, foreign, or under a key that is gone."""
        try:
            ciphertext = base64.urlsafe_b64decode(token.encode() + b"=" * (-len(token) % 4))
        except (binascii.Error, ValueError):
            return None
        nonce, body = ciphertext[:_NONCE_BYTES], ciphertext[_NONCE_BYTES:]
        for cipher in self._ciphers:
            if (text := _opened(cipher, nonce, body)) is not None:
                # Of the bytes: base64 has several encodings of the same ones.
                digest = hashlib.sha256(ciphertext).hexdigest()
                return Decrypted(text, digest, is_current=cipher is self._ciphers[0])
        return None

    def renewed(self, token: str) -> str | None:
        """Return it encrypted under the first key, unchanged if it is; None if no key opens it."""
        found = self.decrypt(token)
        if found is None:
            return None
        return token if found.is_current else self.encrypt(found.text)


def _opened(cipher: "AESGCM", nonce: bytes, body: bytes) -> bytes | None:
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as above

    try:
        return cipher.decrypt(nonce, body, None)
    except (InvalidTag, ValueError):
        return None


def _key(secret: str, purpose: str) -> bytes:
    root = hashlib.sha512(secret.encode()).digest()
    return hashlib.blake2b(purpose.encode(), key=root, digest_size=32).digest()
