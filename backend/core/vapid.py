"""Keys by which push services know this server (VAPID, RFC 8292).

A private key is written as base64url of its 32 bytes, its public one as the uncompressed point:
what browsers take as `applicationServerKey`.
"""

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from backend.core.base64url import from_base64url, to_base64url

_CURVE = ec.SECP256R1()
KEY_BYTES = 32


def new_key() -> str:
    number = ec.generate_private_key(_CURVE).private_numbers().private_value
    return to_base64url(number.to_bytes(KEY_BYTES, "big"))


def private_key(text: str) -> ec.EllipticCurvePrivateKey:
    """The key that is written so.

    Raises:
        ValueError: it is none of the curve P-256.
    """
    raw = from_base64url(text)
    if len(raw) != KEY_BYTES:
        raise ValueError("not 32 bytes")
    return ec.derive_private_key(int.from_bytes(raw, "big"), _CURVE)


def public_key(text: str) -> str:
    """The public key of a private one."""
    point = private_key(text).public_key()
    return to_base64url(point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def is_point(raw: bytes) -> bool:
    """Whether these are an uncompressed point on the curve: anything else encrypts to nobody."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, raw)
    except ValueError:
        return False
    return True
