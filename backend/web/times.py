"""How a page tells time: ages in words, days after a week, the exact instant, what is over. Pure.

A page is kept for seconds; in one that stays open `site.js` moves the ages on, in the same words.
Both take them from the Unicode CLDR.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from babel.dates import format_date, format_timedelta

from backend.text.catalogue import counted, translated
from backend.text.direction import Direction, direction_of
from backend.text.page_languages import SOURCE

FRESH_DAYS = 7
# English whatever the locale of the process is, and cheaper than a formatter of all languages.
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_UNITS = (
    ("day", timedelta(days=1)),
    ("hour", timedelta(hours=1)),
    ("minute", timedelta(minutes=1)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """The time a page was made, how its edition tells time, and the language of the page.

    `in_digits` writes 28-04-2025.
    """

    made_at: datetime
    zone: tzinfo = UTC
    in_digits: bool = False
    breaking_for: timedelta = timedelta(hours=6)
    language: str = SOURCE

    def text(self, message: str, **values: object) -> str:
        return translated(self.language, message, **values)

    @property
    def direction(self) -> Direction:
        return direction_of(self.language)

    def counted(self, singular: str, plural: str, number: int) -> str:
        return counted(self.language, singular, plural, number)

    def age(self, at: datetime) -> str:
        """ "just now", "5 minutes ago", "in 2 days"; the day when it is more than a week away."""
        passed = abs(self.made_at - at)
        if not self.is_fresh(at):
            return self._day(at.astimezone(self.zone))
        for name, unit in _UNITS:
            count = passed // unit
            if count >= 1:
                return self._distance(count, name, unit, is_past=at < self.made_at)
        return self.text("just now")

    def is_fresh(self, at: datetime) -> bool:
        return abs(self.made_at - at).days <= FRESH_DAYS

    def exact(self, at: datetime) -> str:
        """The day, the time and its zone: "Monday 28 April 2025, 10:30 KST"."""
        local = at.astimezone(self.zone)
        zone, offset = local.strftime("%Z"), local.strftime("%z")
        name = zone if zone.isalpha() else f"UTC{offset[:3]}:{offset[3:5]}"
        return f"{self._full_day(local)}, {local:%H:%M} {name}"

    def breaks_until(self, published_at: datetime) -> datetime | None:
        """Return until when news of then is called breaking; None when that is over."""
        end = published_at + self.breaking_for
        return end if self.made_at < end else None

    def _distance(self, count: int, name: str, unit: timedelta, *, is_past: bool) -> str:
        if self.language == SOURCE:
            words = f"{count} {name}{'s' if count > 1 else ''}"
            return f"{words} ago" if is_past else f"in {words}"
        # Seven days are not a week: `threshold` is what the next larger unit has to reach.
        return format_timedelta(
            -count * unit if is_past else count * unit,
            threshold=min(count, 2),
            add_direction=True,
            locale=self.language,
        )

    def _day(self, local: datetime) -> str:
        if self.in_digits:
            return f"{local:%d-%m}-{local.year:04}"
        is_ours = self.language == SOURCE
        return _in_words(local) if is_ours else format_date(local, "long", self.language)

    def _full_day(self, local: datetime) -> str:
        if self.language == SOURCE:
            return f"{_DAYS[local.weekday()]} {_in_words(local)}"
        return format_date(local, "full", self.language)


def _in_words(day: datetime) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
