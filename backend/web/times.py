"""Relative times: the age of a story in words, its date after a week. Pure."""

from datetime import UTC, datetime, timedelta

FRESH_DAYS = 7


def age_shown(at: datetime, now: datetime) -> str:
    """ "just now", "5 minutes ago", "2 days ago"; the day as 28-04-2025 after a week."""
    age = now - at
    if age.days > FRESH_DAYS:
        day = at.astimezone(UTC)
        return f"{day.day:02}-{day.month:02}-{day.year:04}"
    for name, unit in _UNITS:
        count = age // unit
        if count >= 1:
            return f"{count} {name}{'s' if count > 1 else ''} ago"
    return "just now"


def machine_readable(at: datetime) -> str:
    """The instant as an attribute of `<time>`: RFC 3339 in UTC, whole seconds."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


_UNITS = (
    ("day", timedelta(days=1)),
    ("hour", timedelta(hours=1)),
    ("minute", timedelta(minutes=1)),
)
