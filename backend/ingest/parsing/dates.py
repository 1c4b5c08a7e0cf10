"""Date parsing: a date is taken apart into day, time and zone, each strictly. Pure.

Nothing is guessed from the clock: a date without a day is no date, "2 days ago" is none, and
neither is one with a word that nobody knows. Clamping the future and the absurd is the caller's.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal, get_args

import regex

from backend.ingest.parsing.calendar_days import Day, day_of
from backend.ingest.parsing.calendar_words import AFTERNOON, MORNING, word_key
from backend.ingest.parsing.zones import AMERICAN, OFFSET, WIDEST_OFFSET, NotAZone, zone_of

Confidence = Literal["exact", "zone-assumed", "day", "ambiguous"]
CONFIDENCES: tuple[str, ...] = get_args(Confidence)


@dataclass(frozen=True, slots=True)
class DateHints:
    """Per-source parsing hints: time zone, day or month first, language, zone abbreviations.

    `day_first` is None when nobody said it: then the dates of the document decide.
    """

    zone: tzinfo = UTC
    day_first: bool | None = None
    zones: Mapping[str, float] = field(default_factory=dict)
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Dated:
    """An instant and how sure it is."""

    instant: datetime
    confidence: Confidence


DEFAULT_HINTS = DateHints()
_LONGEST = 100
_UNIX_S = (100_000_000, 10_000_000_000)  # 1973 to 2286

_HALF = (
    r"(?:[ap]\.?\s?m\b\.?|오전|오후|上午|下午|午前|午後|صباحا|مساء|ص|م"
    r"|π\.?μ\.?|μ\.?μ\.?|[öo]\.?[sö]\.?)(?!\p{L})"
)
_clock = regex.compile(
    rf"(?<![\d.,:/+−–-])(?:T|kl\.?\s*)?(?P<before>{_HALF})?\s*(?P<hour>\d{{1,2}})\s*"
    r"(?:[:：시時时點点]|h(?=\s?\d)|Uhr\s*(?=\d))\s*(?P<minute>\d{1,2})\s*[분分]?"
    r"(?:\s*[:：]\s*(?P<second>\d{1,2})(?!\d)|\s*(?P<second_>\d{1,2})[초秒])?(?:[.,](?P<fraction>\d{1,9}))?"
    rf"(?::00(?!:))?\s*(?P<after>{_HALF})?(?:\s*Uhr\b)?(?![\d/])",
    regex.IGNORECASE,
)
_whole_hour = regex.compile(
    rf"(?<![\d.,/+-])(?P<before>오전|오후|上午|下午|午前|午後)?\s*(?P<hour>\d{{1,2}})"
    rf"(?:\s*(?P<after>{_HALF})|\s*(?:시|時|时|點|点)|\s?h\b(?!\w)|\s*Uhr\b)",
    regex.IGNORECASE,
)
_dotted_clock = regex.compile(
    r"(?<=\s)(?:kl\.?\s*|klo\s*|um\s*)?(?P<hour>\d{1,2})\.(?P<minute>\d{2})"
    r"(?:\.(?P<second>\d{2}))?(?:\s*Uhr)?$",
    regex.IGNORECASE,
)
_lone_hour = regex.compile(r"(?<=\b\d{4}) (?P<hour>\d{1,2})$")
# What nearly all feeds write (RFC 822 and RFC 3339): read at once, and as the general way would.
_rfc822 = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(\d\d?) ([A-Z][a-z]{2}) ((?:199|20\d)\d)"
    r" (\d\d):(\d\d):(\d\d) (GMT|[+-]\d{4})",
    re.ASCII,
)
_rfc3339 = re.compile(
    r"((?:199|20\d)\d)-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(Z|[+-]\d\d:\d\d)", re.ASCII
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
# 4/5/2025 3:04:05 PM is what American systems write, and hardly any other; Australians: 5/04/2025.
_american = regex.compile(r"(?!\d/0)\d{1,2}/\d{1,2}/\d{4},? \d{1,2}:\d\d(?::\d\d)? [AP]M\b")
_order_written = regex.compile(r"^\D*(\d{1,2})[-/.](\d{1,2})[-/.]\d{2,4}(?!\d)")
_iso_time = regex.compile(r"(?<=\d{4}-?\d\d-?\d\d)T(\d\d)(\d\d)(\d\d)?(?=\D|$)")
_compact = regex.compile(r"^((?:19|20)\d\d)(\d\d)(\d\d)(?:T?(\d\d)(\d\d)(\d\d)?)?(?=\D|$)")
_joint = regex.compile(r"(?<=\d)T(?=\d)")
_unix = regex.compile(r"^\d{9,13}(?:\.\d+)?$")
_junk = regex.compile(r"[\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]|\sm=[+-][\d.]+$")
_offset = regex.compile(rf"(?:^|(?<=[\d\sA-Za-z:.)]))(?P<zone>{OFFSET})(?=\s|$|\(|[A-Z])")
_comment = regex.compile(r"\(([^()]*)\)|\[[^\[\]]*\]")
_place = regex.compile(r"\b[A-Z][A-Za-z_]+/[A-Za-z_+\-/0-9]+")
_leading = regex.compile(r"(?P<zone>[A-Z]{2,5})(?:,\s*|\s+)(?![+−–-])(?=.*\d)")
_long_trailing = regex.compile(r"(?:(?<=\d)|\s|^)(?P<zone>\p{L}[\p{L}\p{M} '’.-]{3,60}?)\.?$")
_trailing = regex.compile(r"(?:(?<=\d)|\s|^)(?P<zone>[A-Za-z][A-Za-z ]{0,40}?)\.?$")


def parse_date(raw: str | None, hints: DateHints = DEFAULT_HINTS) -> Dated | None:
    """Return the instant a publisher wrote, or None when it is not plainly a date."""
    standard = _standard(raw or "", hints)
    if standard is not None:
        return standard
    text = _tidy((raw or "")[: 2 * _LONGEST])
    if not text or len(text) > _LONGEST:
        return None
    try:
        if _unix.match(text) and not _compact.fullmatch(text):
            return _from_unix(text)
        return _read(text, hints)
    except (NotAZone, ValueError, OverflowError):
        return None


def _standard(raw: str, hints: DateHints) -> Dated | None:
    """Read a date as the standards have it; None when it is another or does not exist."""
    if written := _rfc3339.fullmatch(raw):
        year, month, day, *clock, zone = written.groups()
    elif (written := _rfc822.fullmatch(raw)) and written[2] in _MONTHS and not hints.zones:
        day, name, year, *clock, zone = written.groups()
        month = str(_MONTHS[name])
    else:
        return None
    offset = "+00:00" if zone in {"Z", "GMT"} else f"{zone[:3]}:{zone[-2:]}"
    text = f"{year}-{int(month):02}-{int(day):02}T{':'.join(clock)}{offset}"
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    is_possible = abs(instant.utcoffset() or timedelta()) <= WIDEST_OFFSET
    return Dated(instant.astimezone(UTC), "exact") if is_possible else None


def hints_for(texts: Iterable[str], hints: DateHints) -> DateHints:
    """Return the hints with the order of day and month that a document's other dates prove.

    What an editor said of the source is never overruled.
    """
    if hints.day_first is not None:
        return hints
    orders = {order for text in texts if (order := _proven_order(text))}
    return replace(hints, day_first=orders == {"day"}) if len(orders) == 1 else hints


def _proven_order(text: str) -> str | None:
    """Return `day` or `month`, when the numbers of this date leave no choice."""
    found = _order_written.match(text.strip())
    if found is None or max(first := int(found[1]), second := int(found[2])) <= 12:
        return None
    return "day" if first > 12 else "month" if second > 12 else None


def _tidy(raw: str) -> str:
    """Normalize: ASCII digits, single spaces, no invisible characters."""
    text = _junk.sub("", unicodedata.normalize("NFKC", raw))
    digits = (str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)
    text = " ".join("".join(digits).replace("،", ",").split())
    text = _compact.sub(_spelt_out, text)
    text = _iso_time.sub(lambda t: f"T{t[1]}:{t[2]}" + (f":{t[3]}" if t[3] else ""), text)
    return _joint.sub(" ", text)


def _spelt_out(found: "regex.Match[str]") -> str:
    """Write ISO 8601's basic form in its extended one."""
    year, month, day, hour, minute, second = found.groups()
    time = f"T{hour}:{minute}:{second or '00'}" if hour else ""
    return f"{year}-{month}-{day}{time}"


def _from_unix(text: str) -> Dated | None:
    seconds = float(text)
    if seconds >= _UNIX_S[1]:
        seconds /= 1000
    if not _UNIX_S[0] <= seconds < _UNIX_S[1]:
        return None
    return Dated(datetime.fromtimestamp(seconds, UTC), "exact")


def _read(text: str, hints: DateHints) -> Dated | None:
    """Take time and zone out of the text; what is left has to be a day and nothing else."""
    is_american = bool(_american.match(text))
    text, clock = _without_clock(text)
    text, written = _without_zone(text, hints.language, has_clock=clock is not None)
    text = text.strip()
    if clock is None and (
        rest := _dotted_clock.search(text) or (written and _lone_hour.search(text))
    ):
        text, clock = text[: rest.start()], _time_of(rest.groupdict())
    zone, is_zone_sure, is_known = hints.zone, False, False
    if written:
        try:
            zone, is_zone_sure = zone_of(written, hints.zones, hints.language)
            is_known = True
        except NotAZone:
            if clock is None or not written.isupper() or len(written) > 5:
                raise
    is_american = is_american or (is_known and written.upper() in AMERICAN)
    order = hints.day_first if hints.day_first is not None else not is_american
    day = day_of(text, day_first=order, language=hints.language)
    return None if day is None else _dated(day, clock, zone, is_zone_sure=is_zone_sure)


def _dated(day: Day, clock: timedelta | None, zone: tzinfo, *, is_zone_sure: bool) -> Dated:
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001
    instant = (midnight + (clock or timedelta())).replace(tzinfo=zone).astimezone(UTC)
    if not day.is_sure:
        return Dated(instant, "ambiguous")
    if clock is None:
        return Dated(instant, "day")
    return Dated(instant, "exact" if is_zone_sure else "zone-assumed")


def _without_clock(text: str) -> tuple[str, timedelta | None]:
    """Take out the time of day and return both; of two times the one that is not midnight."""
    found = list(_clock.finditer(text)) or list(_whole_hour.finditer(text))[:1]
    if not found:
        return text, None
    times = [_time_of(each.groupdict()) for each in found]
    for each in reversed(found):
        mark = "\x1f" if each is found[-1] else ""
        text = f"{text[: each.start()]} {mark}{text[each.end() :]}"
    if len(set(times) - {timedelta()}) > 1:
        raise ValueError("two different times")
    return text, max(times)


def _without_zone(text: str, language: str | None, *, has_clock: bool) -> tuple[str, str]:
    """Take out the zone, which stands behind the time or at the end, and return both."""
    head, _, tail = text.partition("\x1f") if has_clock else (text, "", "")
    comment = _comment.search(tail)
    tail = _comment.sub(" ", tail).strip(" :.,")
    place = _place.search(tail)
    if place:
        return f"{head} {tail[: place.start()]}{tail[place.end() :]}", place.group()
    leading = _leading.match(tail)
    if leading and _is_known_zone(leading["zone"], None):
        return f"{head} {tail[leading.end() :]}", leading["zone"]
    offset = _offset.search(tail) if has_clock else _offset.search(text, pos=min(8, len(text)))
    if offset:
        rest = (tail if has_clock else text)[: offset.start()]
        after = (tail if has_clock else text)[offset.end() :].strip()
        is_name = not after or after.isalpha()
        rest = regex.sub(r"\b[A-Z]{2,5}\s*$", "", rest) if has_clock else rest
        return f"{head if has_clock else ''} {rest} {'' if is_name else after}", offset["zone"]
    if tail in {"00", "0000"}:
        return head, "UTC"
    told = comment[1] or "" if comment else ""
    return _without_named_zone(head, tail, told, language, has_clock=has_clock)


def _without_named_zone(
    head: str, tail: str, comment: str, language: str | None, *, has_clock: bool
) -> tuple[str, str]:
    if regex.fullmatch(OFFSET, comment):
        return f"{head} {tail}", comment
    year = regex.search(r"\b\d{4}$", tail)
    if has_clock and year and (name := tail[: year.start()].strip()):
        is_zone = name.isascii() and name.isupper() and len(name) <= 5
        return (f"{head} {year.group()}", name) if is_zone else (f"{head} {tail}", "")
    part = tail if has_clock else head
    found = _trailing.search(part)
    if found and _is_zone_name(found["zone"], has_clock=has_clock):
        rest = part[: found.start()]
        return (f"{head} {rest}" if has_clock else rest), found["zone"]
    found = _long_trailing.search(tail) if has_clock else None
    if found and _is_known_zone(found["zone"], language):
        return f"{head} {tail[: found.start()]}", found["zone"]
    return f"{head} {tail}", comment if comment and not tail else ""


def _is_zone_name(name: str, *, has_clock: bool) -> bool:
    """Whether the last word names a zone; one nobody knows may only follow a time."""
    if has_clock and name.isupper() and len(name) <= 5:
        return True
    return _is_known_zone(name, None) and (has_clock or name.isupper())


def _is_known_zone(name: str, language: str | None) -> bool:
    try:
        zone_of(name, {}, language)
    except NotAZone:
        return False
    return True


def _time_of(groups: Mapping[str, str | None]) -> timedelta:
    """Return the time of day; 24:00 is the next midnight and a leap second the next second."""
    hour, minute = int(groups["hour"] or 0), int(groups.get("minute") or 0)
    second = int(groups.get("second") or groups.get("second_") or 0)
    hour = _on_24_hours(hour, groups.get("before") or groups.get("after") or "")
    if hour > 24 or minute > 59 or second > 60 or (hour == 24 and (minute or second)):
        raise ValueError("no time of day")
    fraction = int(((groups.get("fraction") or "0") + "000000")[:6])
    return timedelta(hours=hour, minutes=minute, seconds=second, microseconds=fraction)


def _on_24_hours(hour: int, half: str) -> int:
    word = word_key(half).replace(" ", "")
    if not word:
        return hour
    if hour > 12 or word not in MORNING | AFTERNOON:
        raise ValueError("no half of the day")
    return hour % 12 + (12 if word in AFTERNOON else 0)
