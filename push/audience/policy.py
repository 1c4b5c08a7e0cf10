"""Notification policy: preferences, mutes, quiet hours and daily limits of a recipient. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from backend.audience.zone import zone_of
from push.audience.languages import lookups, plain, spelling
from push.audience.quiet_hours import QuietHours, quiet_until


class Recipient(Protocol):
    """What the policy asks of an installation, as `push.audience.queries.recipients` gives it."""

    has_address: bool
    is_retired: bool
    is_muted: bool
    time_zone: str
    quiet_start: str | None
    quiet_end: str | None
    breaking_overrides_quiet_hours: bool
    daily_limit: int | None


@dataclass(frozen=True, slots=True)
class Decision:
    """Send now when there is no reason not to; `until` is when a held alert may be sent.

    Reasons are `no_address`, `retired`, `muted`, `quiet`, `over_limit`, `same_story` and `fault`;
    of those who were to be sent it also `unfollowed` and `moved` (its address is another's now).
    """

    reason: str | None = None
    until: datetime | None = None


SEND = Decision()
UNFOLLOWED = Decision("unfollowed")
MOVED = Decision("moved")
FAULT = Decision("fault")  # the policy raised: the row holds what no code of ours writes
# Alerts of one story within this time are one alert for each recipient.
STORY_WINDOW = timedelta(hours=6)
_SILENT = {"correction", "dry_run"}


def decide(recipient: Recipient, message_kind: str, now: datetime) -> Decision:
    """Decide whether a recipient is sent it now, later or not at all; daily limits left aside.

    The kind of a message is its urgency, or `correction` or `dry_run`. Those two
    disturb nobody: the one replaces without a sound what is on the phone, the other is not shown.
    """
    if not recipient.has_address:
        return Decision("no_address")
    if recipient.is_retired:
        return Decision("retired")
    if message_kind in _SILENT:
        return SEND
    if recipient.is_muted:
        return Decision("muted")
    until = _held_until(recipient, message_kind, now)
    return SEND if until is None else Decision("quiet", until)


def is_for(decision: Decision) -> bool:
    """Whether this recipient is sent it, now or later."""
    return decision.reason in {None, "quiet"}


def within_limit(
    decision: Decision, recipient: Recipient, had: Mapping[str, int], now: datetime
) -> Decision:
    """Apply the daily limit to a decision; `had` counts the recipient's alerts by local day."""
    if recipient.daily_limit is None or not is_for(decision):
        return decision
    day = local_day(decision.until or now, recipient.time_zone)
    return Decision("over_limit") if had.get(day, 0) >= recipient.daily_limit else decision


def local_day(now: datetime, zone: str) -> str:
    """The recipient's own calendar day, which a daily limit is for."""
    return now.astimezone(zone_of(zone) or ZoneInfo("UTC")).date().isoformat()


def best_variant(locale: str, variants: Iterable[str]) -> str:
    """The language of the text for this recipient, or empty for the original.

    The whole locale is looked up first, then with one part less each time (RFC 4647, 3.4), each
    of them as it is spelled, then as it is spelled today: `iw` finds a text in `he`.
    """
    known = {spelling(name): name for name in variants}
    known |= {plain(name): name for name in known.values()}
    return next((known[wanted] for wanted in lookups(locale) if wanted in known), "")


def _held_until(recipient: Recipient, urgency: str, now: datetime) -> datetime | None:
    if not recipient.quiet_start or not recipient.quiet_end:
        return None
    if urgency == "breaking" and recipient.breaking_overrides_quiet_hours:
        return None
    edges = recipient.quiet_start, recipient.quiet_end
    quiet = QuietHours(*map(time.fromisoformat, edges))
    return quiet_until(now, quiet, recipient.time_zone)
