"""Push addresses: which phone one leads to, and which address is a secret. Pure."""

import re
from datetime import timedelta

from backend.audience.subscription import WEBPUSH, phone_of
from backend.core.back_off import exponential_back_off

# 17 bytes as base64, of which the first four bits are 0111.
FID = re.compile(r"[c-f][A-Za-z0-9_-]{21}")
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(minutes=15)


def fid_of(value: str) -> str:
    """Return the id of the phone that an address leads to: its Firebase installation id.

    A registration token is that id, a colon and a secret; in the change from tokens to ids the
    API takes a bare id in place of a token as well. For a browser's subscription, which alone has
    blanks, it is a digest of the endpoint.
    """
    return phone_of(value) if " " in value else value.partition(":")[0]


def is_secret(kind: str, value: str) -> bool:
    """Whether only the phone itself knows this address: a whole token, or all of a subscription.

    Never an id alone. A browser tells its secret `auth` to nobody but us (RFC 8291, 3.2).
    """
    return kind == WEBPUSH or (kind == "token" and not FID.fullmatch(value))


def wait_after(sends: int) -> timedelta:
    """Return the back-off before another nonce to an address that was sent so many."""
    return exponential_back_off(sends, first=FIRST_WAIT, longest=LONGEST_WAIT)
