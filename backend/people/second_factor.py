"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes."""

import base64
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

import pyotp

from backend.http.auth import hash_secret

RECOVERY_CODES = 10
STEP_S = 30
# A phone's clock may be so many steps away.
SLACK = 1


def new_secret() -> str:
    return pyotp.random_base32()


def is_secret(text: str) -> bool:
    """Whether a form brought back a secret of our form, and no weaker one."""
    return len(text) == 32 and text.isalnum() and text.isascii() and text.isupper()


def address_of(secret: str, name: str, site: str) -> str:
    """Return the URI that an authenticator app reads from the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=site)


def step_of(secret: str, code: str, last: int | None, now: datetime) -> int | None:
    """Return the time step of a code; None for a wrong one, and for one that was taken before."""
    totp, present = pyotp.TOTP(secret), int(now.timestamp()) // STEP_S
    given = "".join(code.split()).encode()
    for step in range(present - SLACK, present + SLACK + 1):
        is_code = hmac.compare_digest(totp.generate_otp(step).encode(), given)
        if is_code and (last is None or step > last):
            return step
    return None


def new_recovery_codes() -> list[str]:
    """Make recovery codes of 50 bits each, to be typed from paper."""
    texts = (
        base64.b32encode(secrets.token_bytes(7)).decode().lower() for _ in range(RECOVERY_CODES)
    )
    return [f"{text[:5]}-{text[5:10]}" for text in texts]


def hashes_of(codes: Sequence[str]) -> list[str]:
    return [_hash_of(code) for code in codes]


def without_code(hashes: Sequence[str], code: str) -> list[str] | None:
    """Return the hashes that are left without a recovery code; None if it is none of them."""
    spent = _hash_of(code)
    return [each for each in hashes if each != spent] if spent in hashes else None


def _hash_of(code: str) -> str:
    return hash_secret("".join(each for each in code.lower() if each.isalnum()))
