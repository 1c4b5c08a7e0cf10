"""The header Retry-After of a provider, a receiver or a publisher (RFC 9110, 10.2.3). Pure."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST_DIGITS = 9


def retry_after(header: str | None, now: datetime, *, longest: timedelta) -> timedelta | None:
    """Return the pause that the server asks for, in seconds or by a date, at most `longest`.

    A header that is neither counts as none: strangers write it, and it must never raise.
    """
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        seconds = text.lstrip("0")
        is_long = len(seconds) > LONGEST_DIGITS
        return longest if is_long else min(timedelta(seconds=int(seconds or 0)), longest)
    until = _until(text, now)
    return None if until is None else min(max(until, timedelta()), longest)


def _until(text: str, now: datetime) -> timedelta | None:
    try:
        at = parsedate_to_datetime(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
