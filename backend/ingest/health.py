"""Health of a polled feed: which word it gets and why, and when others are told of it. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

Health = Literal[
    "failing", "suspicious", "stale", "overflowing", "waiting", "paused", "well", "not polled"
]
Notice = Literal["failing", "recovered"]

# A feed that gave nothing new for this many of its own intervals is called stale.
STALE_INTERVALS = 6
STALE_AT_LEAST = timedelta(days=2)
OVERFLOW_SHOWN_FOR = timedelta(days=2)
# From this share of its entries on, what is wrong with them is wrong with the feed.
MOST = 0.9

# Broken ones first, then those that somebody should look at.
WORDS: tuple[Health, ...] = get_args(Health)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFacts:
    """Facts that health is judged by. `entries`, `refused` and `undated` are of the last document
    that was read; None when none was. `is_gone`: paused, because its publisher gave it up.
    """

    created_at: datetime
    interval: timedelta
    pause_reason: str | None = None
    is_paused: bool = False
    is_gone: bool = False
    failures: int = 0
    last_error: str | None = None
    last_success_at: datetime | None = None
    last_new_at: datetime | None = None
    last_overflow_at: datetime | None = None
    entries: int | None = None
    refused: int = 0
    undated: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """A word for programs, a reason for people, and whether somebody has to act."""

    health: Health
    reason: str | None = None
    is_trouble: bool = False

    @property
    def rank(self) -> int:
        """The place in a list that begins with the broken ones."""
        return 0 if self.is_trouble and self.health == "paused" else WORDS.index(self.health)


NOT_POLLED = Verdict("not polled")


def judged(facts: FeedFacts, now: datetime) -> Verdict:
    """Judge a feed by the first of the rules that applies, the gravest ones first."""
    if facts.is_paused:
        return Verdict("paused", facts.pause_reason, facts.is_gone)
    if facts.failures:
        return Verdict("failing", facts.last_error, is_trouble=True)
    if facts.last_success_at is None:
        return Verdict("waiting", facts.last_error or "it was not fetched yet")
    if odd := _oddity(facts):
        return Verdict("suspicious", odd, is_trouble=True)
    quiet = now - (facts.last_new_at or facts.created_at)
    if quiet > max(STALE_AT_LEAST, STALE_INTERVALS * facts.interval):
        return Verdict("stale", f"nothing new for {quiet.days} days", is_trouble=True)
    if facts.last_overflow_at and now - facts.last_overflow_at <= OVERFLOW_SHOWN_FOR:
        return Verdict("overflowing", "all entries of a poll were new: some may have been missed")
    return Verdict("well")


def _oddity(facts: FeedFacts) -> str | None:
    """Say what is suspicious about a feed that can be fetched and read; None when nothing is."""
    if facts.entries is None:
        return None
    if not facts.entries:
        return "the feed is empty"
    for count, what in (
        (facts.refused, "were refused"),
        (facts.undated, "have no date that can be read"),
    ):
        if count >= MOST * facts.entries:
            return f"{count} of {facts.entries} entries {what}"
    return None


@dataclass(frozen=True, slots=True)
class AlarmState:
    """Times since when others know that a feed is broken, and since when that is no longer true.

    While nobody was told, `turned_at` is since when it is broken.
    """

    alarmed_at: datetime | None = None
    turned_at: datetime | None = None


def next_alarm(
    state: AlarmState, *, is_trouble: bool, now: datetime, after: timedelta
) -> tuple[AlarmState, Notice | None]:
    """Debounce: others are told of trouble, and of its end, when it has lasted for `after`."""
    if is_trouble == (state.alarmed_at is not None):
        return AlarmState(state.alarmed_at), None
    turned_at = state.turned_at or now
    if now - turned_at < after:
        return AlarmState(state.alarmed_at, turned_at), None
    return (AlarmState(now), "failing") if is_trouble else (AlarmState(), "recovered")
