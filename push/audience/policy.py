"""Who hears what, and when. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from backend.audience.zone import zone_of
from push.audience.quiet_hours import QuietHours, quiet_until


class Reader(Protocol):
    """What the policy asks of an installation, as `push.store.queries.readers` gives it."""

    has_address: bool
    is_retired: bool
    is_muted: bool
    time_zone: str
    quiet_start: str | None
    quiet_end: str | None
    breaking_overrides_quiet_hours: bool
    daily_limit: int | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Send now when there is no reason not to; `until` is when a held alert may be sent.

    Reasons are `no_address`, `retired`, `muted`, `quiet`, `over_limit` and `same_story`.
    """

    reason: str | None = None
    until: datetime | None = None


SEND = Verdict()
# Alerts of one story within this time are one alert for each reader.
STORY_WINDOW = timedelta(hours=6)
_SILENT = {"correction", "dry_run"}


def decide(reader: Reader, occasion: str, now: datetime) -> Verdict:
    """Whether this reader hears of it now, later or not at all; daily limits left aside.

    The occasion is the urgency, or `correction` or `dry_run`. Those two disturb nobody: the one
    replaces without a sound what lies on the phone, the other is never shown.
    """
    if not reader.has_address:
        return Verdict("no_address")
    if reader.is_retired:
        return Verdict("retired")
    if occasion in _SILENT:
        return SEND
    if reader.is_muted:
        return Verdict("muted")
    until = _held_until(reader, occasion, now)
    return SEND if until is None else Verdict("quiet", until)


def is_for(verdict: Verdict) -> bool:
    """Whether this reader is sent it, now or later."""
    return verdict.reason in {None, "quiet"}


def within_limit(
    verdict: Verdict, reader: Reader, had: Mapping[str, int], now: datetime
) -> Verdict:
    """The same verdict, unless the reader's day has had its alerts; `had` counts them by day."""
    if reader.daily_limit is None or not is_for(verdict):
        return verdict
    day = local_day(verdict.until or now, reader.time_zone)
    return Verdict("over_limit") if had.get(day, 0) >= reader.daily_limit else verdict


def local_day(now: datetime, zone: str) -> str:
    """The reader's own calendar day, which a daily limit is for."""
    return now.astimezone(zone_of(zone) or ZoneInfo("UTC")).date().isoformat()


def best_variant(locale: str, variants: Iterable[str]) -> str:
    """The language of the text for this reader, or empty for the original.

    The whole locale is looked up first, then with one part less each time (RFC 4647, 3.4).
    """
    known = {name.replace("_", "-").lower(): name for name in variants}
    parts = locale.replace("_", "-").lower().split("-")
    tries = ("-".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((known[wanted] for wanted in tries if wanted in known), "")


def _held_until(reader: Reader, urgency: str, now: datetime) -> datetime | None:
    if not reader.quiet_start or not reader.quiet_end:
        return None
    if urgency == "breaking" and reader.breaking_overrides_quiet_hours:
        return None
    quiet = QuietHours(time.fromisoformat(reader.quiet_start), time.fromisoformat(reader.quiet_end))
    return quiet_until(now, quiet, reader.time_zone)
