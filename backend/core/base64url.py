"""Base64 for addresses, without its padding (base64url, RFC 4648, 5). Pure."""

import base64
import binascii


def to_base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Return the bytes of base64url, padded or not (RFC 7515, appendix C).

    Raises:
        ValueError: it is none.
    """
    bare = text.rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error
