"""Keys by which push services know this server (VAPID, RFC 8292).

A private key is written as base64url of its 32 bytes, its public one as the uncompressed point:
what browsers take as `applicationServerKey`. The library is imported where a key is used: it is
7 MB that a process does without until then, see `backend.core.encryption`.
"""

import secrets
from functools import cache
from typing import TYPE_CHECKING

from backend.core.base64url import from_base64url, to_base64url

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

KEY_BYTES = 32
# How many points the curve P-256 has (FIPS 186-4, D.1.2.3): a private key is a number below it.
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def new_key() -> str:
    number = 1 + secrets.randbelow(_ORDER - 1)
    return to_base64url(number.to_bytes(KEY_BYTES, "big"))


def is_key(text: str) -> bool:
    """Whether it is a private key of the curve P-256, written so."""
    try:
        return bool(_number(text))
    except ValueError:
        return False


def private_key(text: str) -> "ec.EllipticCurvePrivateKey":
    """Read a private key.

    Raises:
        ValueError: it is none of the curve P-256.
    """
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    return ec.derive_private_key(_number(text), ec.SECP256R1())


@cache
def public_key(text: str) -> str:
    """Return the public key of a private one."""
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        PublicFormat,
    )

    point = private_key(text).public_key()
    return to_base64url(point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def is_point(raw: bytes) -> bool:
    """Whether these are an uncompressed point on the curve: anything else encrypts to nobody."""
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    except ValueError:
        return False
    return True


def _number(text: str) -> int:
    raw = from_base64url(text)
    number = int.from_bytes(raw, "big")
    if len(raw) != KEY_BYTES or not 0 < number < _ORDER:
        raise ValueError("not the 32 bytes of a key")
    return number
