"""Passwords: what one has to be, and its Argon2id hash."""

from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from backend.core.problems import Invalid

SHORTEST, LONGEST = 12, 200
# OWASP's smallest: 19 MiB and about 20 ms a log-in, so that a burst of them fits beside readers.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Hash of no password: an unknown name takes as long as a known one. Made once for all processes.
NOBODYS: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$9/mQYhoTKAsSFD9fxFl5qQ"
    "$h9R8fmvfjBDazM0R6axKwn5omfOZH6Pc3QweKYqqBgU"
)


def hash_password(password: str, name: str) -> str:
    """Hash a password that can be used.

    Raises:
        Invalid: it is too short or too long, or the name itself.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid.field("password", f"Take {SHORTEST} to {LONGEST} characters.")
    if password.casefold().strip() == name.casefold():
        raise Invalid.field("password", "Take another one than your name.")
    return _HASHER.hash(password)


def is_password(password: str, kept: str | None) -> bool:
    """Whether it is the password; takes the same time where none is kept."""
    try:
        matches = _HASHER.verify(kept or NOBODYS, password[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return False
    return matches and kept is not None
