"""Notification policy: preferences, mutes, quiet hours and daily limits of a recipient. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Protocol

from backend.audience.zone import zone_or_utc
from backend.text.languages import lookups, plain, spelling
from push.audience.criteria import Criteria, LocalTime
from push.audience.levels import BELOW
from push.audience.local_time import next_local
from push.audience.quiet_hours import QuietHours, quiet_until
from push.audience.segment import Member, reason_against


class Recipient(Member, Protocol):
    """An installation as the policy asks about it, a row of `push.audience.queries.recipients`.

    The `loudness` is that of the loudest topic that it follows, None where it follows none of them;
    `is_meant` says whether it follows all that it has to, and nothing that it must not.
    """

    loudness: int | None
    is_meant: bool
    has_address: bool
    is_retired: bool
    is_muted: bool
    reads_others: bool
    quiet_start: str | None
    quiet_end: str | None
    breaking_overrides_quiet_hours: bool
    daily_limit: int | None


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision to send now when `reason` is None, else why not; held alerts go at `until`.

    Reasons not to are `no_address`, `retired`, `unfollowed`, `topics`, those of
    `push.audience.segment`, `muted`, `language`, `below_level`, `too_late`, `over_limit`,
    `same_story` and `fault`, and of those who were to be sent it `moved` (its address is another's
    now); to hold it are `quiet` and `local_time`.
    """

    reason: str | None = None
    until: datetime | None = None


SEND = Decision()
MOVED = Decision("moved")
FAULT = Decision("fault")  # the policy raised: the row holds what no code of ours writes
# Alerts of one story within this time are one alert for each recipient.
STORY_WINDOW = timedelta(hours=6)
# The night of readers who chose no quiet hours.
NIGHT = QuietHours(time(23), time(7))


def decide(recipient: Recipient, criteria: Criteria, now: datetime) -> Decision:
    """Decide whether a recipient is sent it now, later or not at all; daily limits left aside."""
    reason = reason_not_to(recipient, criteria)
    if reason is not None:
        return Decision(reason)
    return SEND if criteria.is_unnoticed else _when(recipient, criteria, now)


def reason_not_to(recipient: Recipient, criteria: Criteria) -> str | None:
    """Return the first reason to send it at no time to a recipient; None without one."""
    if recipient.loudness is None:
        return "unfollowed"
    if not recipient.has_address:
        return "no_address"
    if recipient.is_retired:
        return "retired"
    if criteria.is_unnoticed:
        return None
    if not recipient.is_meant:
        return "topics"
    if (reason := reason_against(recipient, criteria.segment)) is not None:
        return reason
    if recipient.is_muted:
        return "muted"
    if recipient.reads_others:
        return "language"
    return "below_level" if recipient.loudness == BELOW else None


def own_hour(local_time: LocalTime, zone: str) -> datetime:
    """Return the instant of that time of day for a recipient in this zone."""
    return next_local(local_time.since, local_time.at, zone)


def is_for(decision: Decision) -> bool:
    """Whether this recipient is sent it, now or later."""
    return decision.reason is None or decision.until is not None


def within_limit(
    decision: Decision, recipient: Recipient, had: Mapping[str, int], now: datetime
) -> Decision:
    """Apply the daily limit to a decision; `had` counts the recipient's alerts by local day."""
    if recipient.daily_limit is None or not is_for(decision):
        return decision
    day = local_day(decision.until or now, recipient.time_zone)
    return Decision("over_limit") if had.get(day, 0) >= recipient.daily_limit else decision


def local_day(now: datetime, zone: str) -> str:
    """Return the recipient's own calendar day, which a daily limit is for."""
    return now.astimezone(zone_or_utc(zone)).date().isoformat()


def best_variant(locale: str, variants: Iterable[str]) -> str:
    """Choose the language of the text for this recipient; empty for the original.

    The whole locale is looked up first, then with one part less each time (RFC 4647, 3.4), each
    of them as it is spelled, then as it is spelled today: `iw` finds a text in `he`.
    """
    known = {spelling(name): name for name in variants}
    known |= {plain(name): name for name in known.values()}
    return next((known[wanted] for wanted in lookups(locale) if wanted in known), "")


class Sleeper(Protocol):
    """The facts by which to tell when an installation's reader sleeps."""

    time_zone: str
    quiet_start: str | None
    quiet_end: str | None


def is_asleep(sleeper: Sleeper, now: datetime) -> bool:
    """Whether the reader's quiet hours are on, or it is night for one who set none."""
    if sleeper.quiet_start and sleeper.quiet_end:
        return is_in_quiet_hours(sleeper, now)
    return quiet_until(now, NIGHT, sleeper.time_zone) is not None


def is_in_quiet_hours(recipient: Sleeper, now: datetime) -> bool:
    """Whether the recipient's quiet hours are on, whatever may break them."""
    return _quiet_until(recipient, now) is not None


def _when(recipient: Recipient, criteria: Criteria, now: datetime) -> Decision:
    """Decide on the time: now, at the hour that the alert names, or when quiet hours then end."""
    hour = now
    if criteria.local_time is not None:
        own = own_hour(criteria.local_time, recipient.time_zone)
        if now >= own + criteria.local_time.lives:
            return Decision("too_late")
        hour = max(now, own)
    until = _held_until(recipient, criteria.kind, hour)
    if until is not None:
        return Decision("quiet", until)
    return SEND if hour == now else Decision("local_time", hour)


def _held_until(recipient: Recipient, urgency: str, now: datetime) -> datetime | None:
    if urgency == "breaking" and recipient.breaking_overrides_quiet_hours:
        return None
    return _quiet_until(recipient, now)


def _quiet_until(recipient: Sleeper, now: datetime) -> datetime | None:
    if not recipient.quiet_start or not recipient.quiet_end:
        return None
    edges = recipient.quiet_start, recipient.quiet_end
    quiet = QuietHours(*map(time.fromisoformat, edges))
    return quiet_until(now, quiet, recipient.time_zone)
