"""Candidate: an installation that an alert may be for, as composing and sending need it. Pure."""

from dataclasses import dataclass, fields


@dataclass(slots=True)
class Candidate:
    """A row of `push.audience.queries`, with its columns in this order.

    A class of its own, because each is read some twenty times on its way to the phone, and a
    database row takes ten times as long to tell a column by name.
    """

    id: int
    platform: str
    locale: str
    time_zone: str
    app_version: str | None
    edition: str | None
    is_test: bool
    daily_limit: int | None
    quiet_start: str | None
    quiet_end: str | None
    breaking_overrides_quiet_hours: bool
    wants_badge: bool
    unread: int
    address_kind: str
    address_value: str
    has_address: bool
    is_retired: bool
    is_muted: bool
    reads_others: bool
    loudness: int | None
    is_meant: bool


# Fields that are columns of the installation itself.
OWN = [field.name for field in fields(Candidate)[:15]]
