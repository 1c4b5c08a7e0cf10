"""Date parsing: a strict, ordered list of formats, each with a confidence. Pure.

Nothing is guessed from the clock: a date without a day is no date, and "2 days ago" is none.
Clamping the future and the absurd is the caller's business.
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Literal

import regex

from backend.ingest.calendar_words import AFTERNOON, MONTHS, MORNING, ZONES

Confidence = Literal["exact", "zone-assumed", "day", "ambiguous"]


@dataclass(frozen=True, slots=True)
class DateHints:
    """Per-source parsing hints: time zone, day or month first, zone abbreviations."""

    zone: tzinfo = UTC
    day_first: bool = True
    zones: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dated:
    """An instant and how sure it is."""

    instant: datetime
    confidence: Confidence


class _NotADate(Exception):
    """The text has the form but not the sense, such as the 31st of February."""


DEFAULT_HINTS = DateHints()
_WIDEST_OFFSET = timedelta(hours=14)
# Before the web there was no feed: an older year is a computer's zero.
_FIRST_YEAR = 1990
_UNIX_S = (100_000_000, 10_000_000_000)  # 1973 to 2286

_HALF = r"(?i:[ap]\.?m\b\.?|오전|오후|上午|下午|午前|午後|صباحا|مساء|ص|م)"
_TIME = (
    rf"(?:[T\s,]*(?P<before>{_HALF})?\s*(?P<hour>\d{{1,2}})[:시時时h]\s*(?P<minute>\d{{1,2}})[분分]?"
    r"(?:[:\s]\s*(?P<second>\d{1,2})(?:[.,](?P<fraction>\d{1,9}))?[초秒]?)?"
    rf"\s*(?P<after>{_HALF})?)?"
)
_ZONE = (
    r"(?:\s*\(?(?P<zone>[A-Za-z]{1,5}|(?:GMT|UTC)?\s*[+\-−]\d{1,2}:?\d{0,2})\)?(?:\s+\([^)]*\))?)?"
)
_WEEKDAY = r"(?:[^\W\d_]+\.?,?\s+)?"


def _form(date: str) -> "regex.Pattern[str]":
    return regex.compile(rf"^{date}{_TIME}{_ZONE}\s*$")


_year_first = _form(r"(?P<year>\d{4})(?P<sep>[-/.])(?P<month>\d{1,2})(?P=sep)(?P<day>\d{1,2})")
_compact = _form(r"(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)(?=T|$)")
_east_asian = _form(
    r"(?P<year>\d{4})\s*[년年]\s*(?P<month>\d{1,2})\s*[월月]\s*(?P<day>\d{1,2})\s*[일日](?:\s*\([^)]*\))?"
)
_numbers = _form(r"(?P<first>\d{1,2})(?P<sep>[-/.])(?P<second_>\d{1,2})(?P=sep)(?P<year>\d{4})")
_day_month = _form(
    rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|º|\.)?[\s-]+(?:de\s+)?(?P<name>[^\W\d_]+\.?)"
    r"[\s,-]+(?:de\s+)?(?P<year>\d{4}|\d{2})(?!\d|:)"
)
_month_day = _form(
    rf"{_WEEKDAY}(?P<name>[^\W\d_]+\.?)\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})"
)
_asctime = regex.compile(
    r"^[A-Za-z]{3,9}\s+(?P<name>[A-Za-z]{3,9})\s+(?P<day>\d{1,2})\s+(?P<hour>\d{1,2}):(?P<minute>\d\d)"
    r":(?P<second>\d\d)\s+(?:(?P<zone>[A-Za-z]{1,5})\s+)?(?P<year>\d{4})$"
)
_unix = regex.compile(r"^\d{9,13}(?:\.\d+)?$")
_offset = regex.compile(r"^(?:GMT|UTC)?\s*(?P<sign>[+\-−])(?P<hours>\d{1,2}):?(?P<minutes>\d\d)?$")
_junk = regex.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def parse_date(raw: str | None, hints: DateHints = DEFAULT_HINTS) -> Dated | None:
    """The instant a publisher wrote, or None when it is not plainly a date."""
    text = _tidy(raw or "")
    if not text or len(text) > 100:
        return None
    try:
        if _unix.match(text):
            return _from_unix(text)
        return _from_forms(text, hints)
    except (_NotADate, ValueError, OverflowError):
        return None


def _tidy(raw: str) -> str:
    """Normalize: ASCII digits, single spaces, no bidirectional control characters."""
    text = _junk.sub("", unicodedata.normalize("NFKC", raw))
    digits = (str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)
    return " ".join("".join(digits).replace("،", ",").split())


def _from_unix(text: str) -> Dated | None:
    seconds = float(text)
    if seconds >= _UNIX_S[1]:
        seconds /= 1000
    if not _UNIX_S[0] <= seconds < _UNIX_S[1]:
        return None
    return Dated(datetime.fromtimestamp(seconds, UTC), "exact")


def _from_forms(text: str, hints: DateHints) -> Dated | None:
    for pattern, day_of in _FORMS:
        found = pattern.match(text)
        if found is not None:
            groups = found.groupdict()
            year, month, day, is_sure = day_of(groups, hints)
            if year < _FIRST_YEAR:
                raise _NotADate
            return _dated(datetime(year, month, day), groups, hints, is_sure=is_sure)  # noqa: DTZ001
    return None


def _dated(
    midnight: datetime, groups: Mapping[str, str | None], hints: DateHints, *, is_sure: bool
) -> Dated:
    zone, is_zone_sure = _zone_of(groups.get("zone"), hints)
    clock = _time_of(groups)
    instant = (midnight + (clock or timedelta())).replace(tzinfo=zone).astimezone(UTC)
    if not is_sure:
        return Dated(instant, "ambiguous")
    if clock is None:
        return Dated(instant, "day")
    return Dated(instant, "exact" if is_zone_sure else "zone-assumed")


def _time_of(groups: Mapping[str, str | None]) -> timedelta | None:
    """The time of day; 24:00 is the next midnight and a leap second the next second."""
    if not groups.get("hour"):
        return None
    hour, minute = int(groups["hour"] or 0), int(groups["minute"] or 0)
    second = int(groups.get("second") or 0)
    hour = _on_24_hours(hour, (groups.get("before") or groups.get("after") or "").strip())
    if hour > 24 or minute > 59 or second > 60 or (hour == 24 and (minute or second)):
        raise _NotADate
    fraction = int(((groups.get("fraction") or "0") + "000000")[:6])
    return timedelta(hours=hour, minutes=minute, seconds=second, microseconds=fraction)


def _on_24_hours(hour: int, half: str) -> int:
    if not half:
        return hour
    word = half.casefold().replace(".", "")
    if not 1 <= hour <= 12 or word not in MORNING | AFTERNOON:
        raise _NotADate
    return hour % 12 + (12 if word in AFTERNOON else 0)


def _zone_of(written: str | None, hints: DateHints) -> tuple[tzinfo, bool]:
    """The zone and whether it is certain; an offset no place on earth has is no date at all."""
    if not written:
        return hints.zone, False
    found = _offset.match(written.strip())
    if found is None:
        return _named_zone(written.strip().upper(), hints)
    offset = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"] or 0))
    if offset > _WIDEST_OFFSET or int(found["minutes"] or 0) > 59:
        raise _NotADate
    return timezone(offset if found["sign"] == "+" else -offset), True


def _named_zone(name: str, hints: DateHints) -> tuple[tzinfo, bool]:
    if name in hints.zones:
        return timezone(timedelta(hours=hints.zones[name])), True
    if name not in ZONES:
        return hints.zone, False
    hours, is_unique = ZONES[name]
    return timezone(timedelta(hours=hours)), is_unique


_Day = tuple[int, int, int, bool]
_Groups = Mapping[str, str | None]


def _plain_day(groups: _Groups, _hints: DateHints) -> _Day:
    return int(groups["year"] or 0), int(groups["month"] or 0), int(groups["day"] or 0), True


def _named_day(groups: _Groups, _hints: DateHints) -> _Day:
    month = MONTHS.get((groups["name"] or "").casefold().rstrip("."))
    if month is None:
        raise _NotADate
    year = int(groups["year"] or 0)
    if year < 100:  # RFC 2822, section 4.3
        year += 2000 if year < 50 else 1900
    return year, month, int(groups["day"] or 0), True


def _numbered_day(groups: _Groups, hints: DateHints) -> _Day:
    """28-04-2025 can only be read one way; 04-05-2025 is read the source's way and marked."""
    first, second = int(groups["first"] or 0), int(groups["second_"] or 0)
    year = int(groups["year"] or 0)
    if first > 12 or second > 12:
        day, month = (first, second) if first > 12 else (second, first)
        return year, month, day, True
    day, month = (first, second) if hints.day_first else (second, first)
    return year, month, day, first == second


_FORMS: tuple[tuple["regex.Pattern[str]", Callable[[_Groups, DateHints], _Day]], ...] = (
    (_year_first, _plain_day),
    (_compact, _plain_day),
    (_day_month, _named_day),
    (_numbers, _numbered_day),
    (_east_asian, _plain_day),
    (_month_day, _named_day),
    (_asctime, _named_day),
)
