"""Rotation of signing secrets: each old one signs to its own end. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

OLD_SECRET_LIVES = timedelta(hours=24)
# Each one is a signature in a header whose length receivers bound.
MOST_OLD_SECRETS = 9

# As it is kept: the sealed secret, and until when it signs, in ISO 8601.
Kept = dict[str, str]


def living(old: Sequence[Kept], now: datetime) -> list[Kept]:
    """Return the old secrets that still sign, newest first."""
    return [each for each in old if _end(each) > now]


def retired(secret: str, old: Sequence[Kept], now: datetime) -> list[Kept]:
    """Return the old secrets that sign once this one is replaced."""
    return [{"secret": secret, "until": (now + OLD_SECRET_LIVES).isoformat()}, *living(old, now)]


def full_until(old: Sequence[Kept], now: datetime) -> datetime | None:
    """Return when the next rotation will cut no old secret short; None when that is now."""
    kept = living(old, now)
    return _end(kept[-1]) if len(kept) >= MOST_OLD_SECRETS else None


def _end(kept: Kept) -> datetime:
    return datetime.fromisoformat(kept["until"])
