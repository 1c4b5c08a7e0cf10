"""Push addresses: the Firebase installation id in a token, and which address is a secret. Pure."""

import re
from datetime import timedelta

# 17 bytes as base64, of which the first four bits are 0111.
FID = re.compile(r"[c-f][A-Za-z0-9_-]{21}")
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(minutes=15)


def fid_of(value: str) -> str:
    """The Firebase installation id that an address names.

    A registration token is that id, a colon and a secret; in the change from tokens to ids the
    API takes a bare id where a token was as well.
    """
    return value.partition(":")[0]


def is_secret(kind: str, value: str) -> bool:
    """Whether only the phone itself knows this address: a whole token, never an id alone."""
    return kind == "token" and not FID.fullmatch(value)


def wait_after(sends: int) -> timedelta:
    """The pause before another nonce to an address that was sent so many (back-off)."""
    return min(FIRST_WAIT * int(2 ** min(max(sends - 1, 0), 16)), LONGEST_WAIT)
