"""Criteria of an alert: whom it is for, how loud it is, and when each of them is sent it. Pure."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from push.audience.segment import EVERYBODY, Segment

# They disturb nobody: the one replaces without a sound what is on the phone, the other is not
# shown. So they go to whom they are for, whatever that reader's preferences are.
_UNNOTICED = {"correction", "dry_run"}


@dataclass(frozen=True, slots=True)
class Topics:
    """The feeds whose followers an alert is for: of any of these, of all of those, of none."""

    any_of: tuple[int, ...] = ()
    all_of: tuple[int, ...] = ()
    none_of: tuple[int, ...] = ()

    @property
    def named(self) -> tuple[int, ...]:
        """The feeds through which an alert reaches a follower: `any_of` and `all_of`."""
        return self.any_of + self.all_of


@dataclass(frozen=True, slots=True)
class LocalTime:
    """A time of day in each recipient's zone, from a moment on; late by less than it `lives`."""

    at: time
    since: datetime
    lives: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """The kind is the urgency of an alert, or `correction` or `dry_run`.

    The `languages` are of the feeds that its article is in, none where it is about no article.
    """

    kind: str
    level: str
    topics: Topics = Topics()
    segment: Segment = EVERYBODY
    source_id: int | None = None
    languages: tuple[str, ...] = ()
    local_time: LocalTime | None = None

    @property
    def is_unnoticed(self) -> bool:
        return self.kind in _UNNOTICED
