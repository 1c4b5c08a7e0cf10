"""The day in a date without its time: numbers, names of months and weekdays. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import regex

from backend.ingest.parsing.calendar_words import FILLERS, CalendarWords, calendar_words, word_key

# Before the web there was no feed: an older year is a computer's zero.
FIRST_YEAR = 1990
_LAST_YEAR = 2999

_token = regex.compile(r"\d+|[\p{L}\p{M}](?:[\p{L}\p{M}.'’·׳]|-(?=\p{L}))*|[^\s\d\p{L}]+")
_east_asian = regex.compile(
    r"(?P<era>令和|平成|昭和|民國|民国)?\s*(?P<year>\d{1,4}|元)\s*[年년]\s*(?P<month>\d{1,2})\s*[月월]\s*"
    r"(?P<day>\d{1,2})\s*[日일]?"
)
_dotted = regex.compile(r"(\d{4})\.\s*(\d{1,2})\.\s*(\d{1,2})\.?")
_named_by_number = regex.compile(r"\b(?:tháng|thg)\.?\s*(\d{1,2})\b", regex.IGNORECASE)
_parenthesis = regex.compile(r"\([^)]*\)")
_numbers = regex.compile(r"^\D*?(\d{1,4})\s*([-/. ])\s*(\d{1,2})\s*\2\s*(\d{1,4})\.?$")
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "民國": 1911, "民国": 1911}
_BUDDHIST_YEARS = 543
_KNOWN_WORDS = {"january", "february", "march", "april", "june", "july", "august", "september",
                "october", "november", "december"}  # fmt: skip
_ENGLISH = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
        start=1,
    )
}
_ENGLISH_DAYS = {
    name: number for number, name in enumerate(["mon", "tue", "wed", "thu", "fri", "sat", "sun"])
}


@dataclass(frozen=True, slots=True)
class Day:
    """A day, and whether its text can only mean this one."""

    year: int
    month: int
    day: int
    is_sure: bool = True


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of a date: the month they name and the weekday, if any."""

    month: int | None
    is_sure: bool
    weekdays: frozenset[int]


def day_of(text: str, *, day_first: bool, language: str | None) -> Day | None:
    """Return the day, when the text names one and nothing else; else None."""
    text = _in_numbers(text.replace("\x1f", " "))
    tokens = _token.findall(text)
    numbers = [token for token in tokens if token.isdecimal()]
    words = _words([token for token in tokens if token[0].isalpha()], language)
    if words is None or len(numbers) > 3:
        return None
    if words.month is not None:
        return _with_named_month(words, numbers, is_thai=bool(regex.search(r"\p{Thai}", text)))
    found = _numbers.match(" ".join(_without_words(tokens)))
    return found and _from_numbers(found.groups(), words.weekdays, day_first, language)


def _in_numbers(text: str) -> str:
    """Write East Asian dates, and months that are named by number, as plain numbers."""
    found = _east_asian.search(text)
    if found:
        start = _ERAS.get(found["era"] or "", 0)
        year = 1 if found["year"] == "元" else int(found["year"])
        rest = _parenthesis.sub("", text[found.end() :])
        return f"{text[: found.start()]} {start + year:04d}-{found['month']}-{found['day']} {rest}"
    text = _dotted.sub(r"\1-\2-\3 ", _parenthesis.sub(" ", text))
    return _named_by_number.sub(_month_name, text)


def _month_name(found: "regex.Match[str]") -> str:
    """Write Vietnamese "tháng 6" as the name of a month, which says which number is which."""
    names = [name for name, number in _ENGLISH.items() if number == int(found[1])]
    return f" {names[0]} " if names else found[0]


def _without_words(tokens: Sequence[str]) -> list[str]:
    plain = [token for token in tokens if not token[0].isalpha()]
    while plain and not plain[0].isdecimal():
        plain = plain[1:]
    while plain and not plain[-1].isdecimal():
        plain = plain[:-1]
    return [part.strip() for part in plain if part != ","]


def _words(tokens: Sequence[str], language: str | None) -> _Words | None:
    """Return the month and weekday that words name; None when one of them means nothing.

    A word that may be both, such as the French "mar.", is the weekday when another is the month.
    """
    readings = _readings(tokens)
    if readings is None:
        return None
    months = [each for each in readings if each[0]]
    if len(months) > 1:
        months = [each for each in months if not each[1]] or months[-1:]
    if len(months) > 1 and len({frozenset(each[0]) for each in months}) > 1:
        return None
    weekdays = [each[1] for each in readings if each[1] and each not in months]
    found = months[0][0] if months else {}
    best = _preferred(found, language)
    is_sure = len(found) <= 1 or (language or "") in found.get(best or 0, frozenset())
    return _Words(best, is_sure, weekdays[0] if weekdays else frozenset())


_Reading = tuple[Mapping[int, frozenset[str]], frozenset[int]]


def _readings(tokens: Sequence[str]) -> list[_Reading] | None:
    """Return what each word may be, None when one is unknown; up to three are tried as one name."""
    found: list[_Reading] = []
    at = 0
    while at < len(tokens):
        for width in (3, 2, 1):
            key = word_key(" ".join(tokens[at : at + width]))
            reading = _reading(key) if at + width <= len(tokens) else None
            if reading is not None:
                break
        if reading is None:
            return None
        found.append(reading)
        at += width
    return found


def _reading(key: str) -> _Reading | None:
    """Read a word as month and weekday; the common English ones without the whole table."""
    if key in _ENGLISH or key in _KNOWN_WORDS:
        month, spoken = _ENGLISH[key[:3]], frozenset({"en"})
        if key not in {"mar", "jun", "jul"}:
            return {month: spoken}, frozenset()
        return {month: spoken}, calendar_words().weekdays.get(key, frozenset())
    if key in _ENGLISH_DAYS and key not in {"mon", "sun"}:
        return {}, frozenset({_ENGLISH_DAYS[key]})
    words = calendar_words()
    key = _bare(key, words)
    months, weekdays = words.months.get(key, {}), words.weekdays.get(key, frozenset())
    if key in _ENGLISH_DAYS:
        months, weekdays = {}, frozenset({_ENGLISH_DAYS[key]})
    if months or weekdays:
        return months, weekdays
    return ({}, frozenset()) if not key or key in FILLERS else None


def _bare(key: str, words: CalendarWords) -> str:
    """Strip from a name what its language writes onto it, Hebrew's "in" and Thai's "the"; and add
    what it may leave out, Thai's "day".
    """
    if key.startswith("ב") and key not in words.months and key[1:] in words.months:
        return key[1:]
    key = key.removesuffix("ที่")
    return f"วัน{key}" if f"วัน{key}" in words.weekdays else key


def _preferred(months: Mapping[int, frozenset[str]], language: str | None) -> int | None:
    """Choose the month in the source's language, else in most languages."""
    spoken = (language or "").partition("-")[0].lower()
    own = [number for number, languages in months.items() if spoken in languages]
    if own:
        return own[0]
    return max(months, key=lambda number: len(months[number]), default=None)


def _with_named_month(words: _Words, numbers: Sequence[str], *, is_thai: bool) -> Day | None:
    """Read a day and a year beside a month's name, in either order."""
    if len(numbers) != 2 or words.month is None:
        return None
    first, second = numbers
    if len(first) == 4 or (int(first) > 31 and len(first) == 2):
        first, second = second, first
    year = _year(second, _BUDDHIST_YEARS if is_thai else 0)
    if year is None or len(first) > 2:
        return None
    return Day(year, words.month, int(first), words.is_sure)


def _from_numbers(
    groups: Sequence[str], weekdays: frozenset[int], day_first: bool, language: str | None
) -> Day | None:
    """Read three numbers. 28-04-2025 can only be read one way; of 04-05-2025 a weekday decides,
    else the order.
    """
    one, mark, two, three = groups
    if len(one) == 4:
        year = _year(one, _BUDDHIST_YEARS if language == "th" else 0)
        return None if year is None else Day(year, int(two), int(three))
    is_year_first = (
        int(one) > 31
        or len(three) == 1
        or ((language or "")[:2] in {"ja", "ko", "zh"} and len(three) == 2)
    )
    if is_year_first and len(one) == 2:
        year = _year(one, 0)
        return None if year is None else Day(year, int(two), int(three), int(one) > 31)
    year = _year(three, _BUDDHIST_YEARS if language == "th" else 0)
    if year is None or len(one) > 2:
        return None
    day = _in_order(year, int(one), int(two), weekdays, day_first)
    # 24-12-13 may begin with its year, too.
    is_open = len(three) == 2 and mark in "-/" and int(three) <= 31 and int(two) <= 12
    return replace(day, is_sure=day.is_sure and not is_open) if day else None


def _in_order(
    year: int, first: int, second: int, weekdays: frozenset[int], day_first: bool
) -> Day | None:
    options = [
        (day, month)
        for day, month in dict.fromkeys([(first, second), (second, first)])
        if 1 <= month <= 12
    ]
    agreeing = [each for each in options if _weekday(year, each[1], each[0]) in weekdays]
    if len(agreeing) == 1:
        options = agreeing
    if not options:
        return None
    day, month = options[0] if day_first or len(options) == 1 else options[-1]
    return Day(year, month, day, is_sure=len(options) == 1)


def _weekday(year: int, month: int, day: int) -> int | None:
    try:
        return date(year, month, day).weekday()
    except ValueError:
        return None


def _year(digits: str, ahead: int) -> int | None:
    """Return a year of four digits that feeds can have, or of two (RFC 2822, section 4.3)."""
    year = int(digits)
    if len(digits) == 2:
        return year + (2000 if year < 50 else 1900)
    if ahead and year > 2400:
        year -= ahead
    return year if len(digits) == 4 and FIRST_YEAR <= year <= _LAST_YEAR else None
