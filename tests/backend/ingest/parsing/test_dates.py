"""Dates: what a publisher plainly wrote is read, what is not plain is none."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date
from hypothesis import given
from hypothesis import strategies as st

from backend.ingest.parsing import calendar_words
from backend.ingest.parsing.dates import DateHints, hints_for, parse_date

SEOUL = DateHints(zone=ZoneInfo("Asia/Seoul"))
AMERICAN = DateHints(day_first=False)

TABLE = [
    ("Thu, 12 Jun 2025 09:18:00 +0000", "2025-06-12T09:18:00", "exact"),
    ("Thu, 12 Jun 2025 09:18:00 GMT", "2025-06-12T09:18:00", "exact"),
    ("12 Jun 2025 09:18 +0530", "2025-06-12T03:48:00", "exact"),
    ("Thu, 12 Jun 2025 14:48:00 IST", "2025-06-12T09:18:00", "zone-assumed"),
    ("Thu, 12 Jun 2025 18:18:00 KST", "2025-06-12T09:18:00", "exact"),
    ("Thu, 12 Jun 25 09:18:00 EST", "2025-06-12T14:18:00", "exact"),
    ("Thursday, 12-Jun-99 09:18:00 GMT", "1999-06-12T09:18:00", "exact"),
    ("Thu Jun 12 09:18:00 2025", "2025-06-12T09:18:00", "zone-assumed"),
    ("Thu Jun 12 09:18:00 UTC 2025", "2025-06-12T09:18:00", "exact"),
    ("Thu, 12 Jun 2025 09:18:00 +0000 (UTC)", "2025-06-12T09:18:00", "exact"),
    ("2025-06-12T09:18:00Z", "2025-06-12T09:18:00", "exact"),
    ("2025-06-12T09:18:00.123456789+09:00", "2025-06-12T00:18:00.123456", "exact"),
    ("2025-06-12 09:18:00", "2025-06-12T09:18:00", "zone-assumed"),
    ("2025-06-12 09:18", "2025-06-12T09:18:00", "zone-assumed"),
    ("2025/06/12 09:18:00", "2025-06-12T09:18:00", "zone-assumed"),
    ("2025.06.12", "2025-06-12T00:00:00", "day"),
    ("2025-06-12", "2025-06-12T00:00:00", "day"),
    ("20250612T09:18:00Z", "2025-06-12T09:18:00", "exact"),
    ("12-06-2025", "2025-06-12T00:00:00", "ambiguous"),
    ("28-04-2025", "2025-04-28T00:00:00", "day"),
    ("04/28/2025 10:00", "2025-04-28T10:00:00", "zone-assumed"),
    ("05/05/2025", "2025-05-05T00:00:00", "day"),
    ("04-05-2025", "2025-05-04T00:00:00", "ambiguous"),
    ("12.06.2025 09:18", "2025-06-12T09:18:00", "ambiguous"),
    ("June 12, 2025 9:18 AM", "2025-06-12T09:18:00", "zone-assumed"),
    ("Jun 12, 2025, 12:05 p.m.", "2025-06-12T12:05:00", "zone-assumed"),
    ("12 June 2025 12:05 am", "2025-06-12T00:05:00", "zone-assumed"),
    ("12 juin 2025 09:18", "2025-06-12T09:18:00", "zone-assumed"),
    ("jeu., 12 févr. 2025 09:18:00 +0100", "2025-02-12T08:18:00", "exact"),
    ("12 de junio de 2025", "2025-06-12T00:00:00", "day"),
    ("12. März 2025", "2025-03-12T00:00:00", "day"),
    ("12 июня 2025 09:18", "2025-06-12T09:18:00", "zone-assumed"),
    ("12 يونيو 2025", "2025-06-12T00:00:00", "day"),
    ("١٢ يونيو ٢٠٢٥", "2025-06-12T00:00:00", "day"),
    ("الخميس، 12 حزيران 2025", "2025-06-12T00:00:00", "day"),
    ("2025년 6월 12일", "2025-06-12T00:00:00", "day"),
    ("2025년 6월 12일 오후 3시 20분", "2025-06-12T15:20:00", "zone-assumed"),
    ("2025年6月12日 15:20", "2025-06-12T15:20:00", "zone-assumed"),
    ("1749719880", "2025-06-12T09:18:00", "exact"),
    ("1749719880000", "2025-06-12T09:18:00", "exact"),
    ("Thu, 12 Jun 2025 24:00:00 GMT", "2025-06-13T00:00:00", "exact"),
    ("2025-06-30T23:59:60Z", "2025-07-01T00:00:00", "exact"),
    ("Fri, 01 Jan 2099 00:00:00 GMT", "2099-01-01T00:00:00", "exact"),
    ("Thu, 12 Jun 2025 09:18:00 XYZ", "2025-06-12T09:18:00", "zone-assumed"),
    ("Thu,12 Jun 2025 09:18:00 GMT", "2025-06-12T09:18:00", "exact"),
    ("Thursday, June 12, 2025 - 09:18", "2025-06-12T09:18:00", "zone-assumed"),
    ("Thu, 06/12/2025 - 09:18", "2025-06-12T09:18:00", "zone-assumed"),
    ("2025-06-12 18:18:00 +0900 KST", "2025-06-12T09:18:00", "exact"),
    ("Thu, 12 Jun 2025 02:18:00 America/Los_Angeles", "2025-06-12T09:18:00", "exact"),
    ("Thu Jun 12 2025 11:18:00 GMT+0200 (Central European Summer Time)", "2025-06-12T09:18:00",
     "exact"),
    ("Thu, 12 Jun 2025 05:18:00 ET", "2025-06-12T09:18:00", "exact"),
    ("Thu, 12 Jun 2025 11:18:00 Central European Summer Time", "2025-06-12T09:18:00", "exact"),
    ("Thu, 12 Jun 2025 18:18:00 GMT+09:00 (KST)", "2025-06-12T09:18:00", "exact"),
    ("12 Jan 2025 01:18 Pacific Time", "2025-01-12T09:18:00", "exact"),
    ("Thu, 12 Jun 2025 09:18:00 -700", "2025-06-12T16:18:00", "exact"),
    ("Thu, 12 Jun 2025 09:18:00 --0700", "2025-06-12T16:18:00", "exact"),
    ("20250612091800", "2025-06-12T09:18:00", "zone-assumed"),
    ("2025. 06. 12. 09:18", "2025-06-12T09:18:00", "zone-assumed"),
    ("June 12, 2025 at 09:18 AM", "2025-06-12T09:18:00", "zone-assumed"),
    ("28.06.25", "2025-06-28T00:00:00", "day"),
    ("25-06-12", "2012-06-25T00:00:00", "ambiguous"),
    ("12 июн 2025", "2025-06-12T00:00:00", "day"),
    ("12 черв. 2025 р.", "2025-06-12T00:00:00", "day"),
    ("12 cze 2025", "2025-06-12T00:00:00", "day"),
    ("12 Haz 2025 Perşembe", "2025-06-12T00:00:00", "day"),
    ("12. čvn 2025", "2025-06-12T00:00:00", "day"),
    ("12 Ιουν 2025", "2025-06-12T00:00:00", "day"),
    ("12. kesäkuuta 2025", "2025-06-12T00:00:00", "day"),
    ("12 มิ.ย. 2568", "2025-06-12T00:00:00", "day"),
    ("12 जून 2025", "2025-06-12T00:00:00", "day"),
    ("ngày 12 tháng 6 năm 2025", "2025-06-12T00:00:00", "day"),
    ("12.6.2025 klo 9.18", "2025-06-12T09:18:00", "ambiguous"),
    ("mar. 11 mars 2025 09:18", "2025-03-11T09:18:00", "zone-assumed"),
    ("令和7年6月12日", "2025-06-12T00:00:00", "day"),
    ("5:18 AM ET, Thu June 12, 2025", "2025-06-12T09:18:00", "exact"),
    ("16:18 (GMT+7) 12 Jun 2025", "2025-06-12T09:18:00", "exact"),
    ("Thu, 12 Jun 2025 09:18:00 GMT +0000", "2025-06-12T09:18:00", "exact"),
    ("Do., 12. Juni 2025, 11:18 Uhr MESZ", "2025-06-12T09:18:00", "exact"),
    ("Thu, 12 Jun 2025 10:18:00 British Summer Time", "2025-06-12T09:18:00", "exact"),
    ("Thu, 12 Jun 2025 18:18:00 Korea Standard Time", "2025-06-12T09:18:00", "exact"),
    ("12 Jan 2025 10:18:00 W. Europe Standard Time", "2025-01-12T09:18:00", "exact"),
    ("พฤหัสบดี, 12 มิถุนายน 2568 09:18", "2025-06-12T09:18:00", "zone-assumed"),
    ("6/12/2025 9:18:00 PM", "2025-06-12T21:18:00", "ambiguous"),
    ("12/06/2025, 9:18 PM", "2025-12-06T21:18:00", "ambiguous"),
    ("5/06/2025 9:18:00 PM", "2025-06-05T21:18:00", "ambiguous"),
    ("25/6/2 09:18", "2025-06-02T09:18:00", "ambiguous"),
    ("2025-06-12T09:18:00+9:00", "2025-06-12T00:18:00", "exact"),
    ("12 juin 2025 à 9 h 18", "2025-06-12T09:18:00", "zone-assumed"),
    ("12 czerwca 2025, godz. 09:18", "2025-06-12T09:18:00", "zone-assumed"),
    ("  Thu,  12 Jun 2025\n09:18:00 GMT ", "2025-06-12T09:18:00", "exact"),
]  # fmt: skip

NONE = [
    "", None, "2 days ago", "yesterday", "today", "soon", "2025", "June 2025", "09:18",
    "Thu, 12 Jun 2025 09:18:00 +2500", "2025-02-31", "31-02-2025", "2025-13-01", "13/13/2025",
    "2025-06-12T25:00:00Z", "2025-06-12T09:61:00Z", "2025-06-12T24:30:00Z", "12345", "99",
    "12 foo 2025", "13:00 pm 2025", "x" * 200, "2025-06-12T13:00 PM", "0000-00-00 00:00:00",
    "0001-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT",
    "Mon, 01 Jan 0001 00:00:00 +0000", "xx 12 Jun 2025", "Thu, 12 Jun 09:18:00 GMT",
]  # fmt: skip


@pytest.mark.parametrize(("raw", "instant", "confidence"), TABLE)
def test_a_plain_date_is_read_with_how_sure_it_is(raw: str, instant: str, confidence: str) -> None:
    dated = parse_date(raw)

    assert dated is not None
    assert dated.instant == datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert dated.confidence == confidence


@pytest.mark.parametrize("raw", NONE)
def test_what_is_not_plainly_a_date_is_none(raw: str | None) -> None:
    assert parse_date(raw) is None


def test_a_source_says_how_its_own_dates_are_read() -> None:
    china = DateHints(zones={"CST": 8})
    cases = [
        ("04-05-2025", AMERICAN, datetime(2025, 4, 5, tzinfo=UTC)),
        ("2025-06-12 09:18", SEOUL, datetime(2025, 6, 12, 0, 18, tzinfo=UTC)),
        ("2025년 6월 12일", SEOUL, datetime(2025, 6, 11, 15, tzinfo=UTC)),
        ("Thu, 12 Jun 2025 09:18:00 CST", china, datetime(2025, 6, 12, 1, 18, tzinfo=UTC)),
        ("Thu, 12 Jun 2025 09:18:00 +0000", SEOUL, datetime(2025, 6, 12, 9, 18, tzinfo=UTC)),
    ]

    for raw, hints, instant in cases:
        dated = parse_date(raw, hints)
        assert dated is not None
        assert dated.instant == instant, raw


@pytest.mark.parametrize(
    ("language", "raw"),
    [
        ("fr", "12 janvier 2025 10:18 heure normale d’Europe centrale"),
        ("fr-FR", "12 janvier 2025 10:18 heure normale d'Europe centrale"),
        ("de", "12. Januar 2025 10:18 Mitteleuropäische Normalzeit"),
        ("ko", "2025년 1월 12일 18:18 대한민국 표준시"),
        ("ja", "2025年1月12日 18:18 日本標準時"),
    ],
)
def test_a_zone_is_read_by_its_long_name_in_the_language_of_the_source(
    language: str, raw: str
) -> None:
    dated = parse_date(raw, DateHints(language=language))

    assert dated is not None
    assert (dated.instant, dated.confidence) == (datetime(2025, 1, 12, 9, 18, tzinfo=UTC), "exact")


@pytest.mark.slow
def test_the_table_of_months_and_weekdays_is_that_of_the_cldr() -> None:
    """In a process of its own: what Babel was asked before changes the data that it keeps."""
    code = "import sys; from tools.calendar_words import table; sys.stdout.write(table())"
    command = [sys.executable, "-X", "utf8", "-c", code]
    made = subprocess.run(command, capture_output=True, check=True, encoding="utf-8")

    assert calendar_words.TABLE.read_text("utf-8") == made.stdout


def test_the_other_dates_of_a_document_decide_the_order_of_day_and_month() -> None:
    american = hints_for(["04/28/2025", "04/05/2025"], DateHints())
    told = hints_for(["04/28/2025"], DateHints(day_first=True))

    assert american.day_first is False
    assert told.day_first is True
    assert hints_for(["04/28/2025", "28/04/2025"], DateHints()).day_first is None


@pytest.mark.parametrize(
    "language",
    [
        "de",
        "fr",
        "pl",
        "cs",
        "uk",
        "tr",
        "el",
        "fi",
        "hi",
        "th",
        "ar",
        "ko",
        "ja",
        "zh",
        "he",
        "hu",
        "nb",
        "et",
        "hr",
        "bn",
    ],
)
def test_the_months_of_every_language_are_read(language: str) -> None:
    hints = DateHints(language=language)

    for month in range(1, 13):
        for form in ("long", "medium"):
            text = format_date(date(2025, month, 13), form, locale=language)
            dated = parse_date(text, hints)
            assert dated is not None, text
            assert dated.instant.date() == date(2025, month, 13), text


MOMENTS = st.datetimes(
    min_value=datetime.fromisoformat("1991-01-01"), max_value=datetime.fromisoformat("2200-01-01")
).map(lambda moment: moment.replace(microsecond=0))
OFFSETS = st.integers(min_value=-12 * 4, max_value=14 * 4).map(
    lambda quarters: timezone(timedelta(minutes=15 * quarters))
)


@given(MOMENTS, OFFSETS)
def test_what_the_standards_write_is_read_back_exactly(moment: datetime, zone: timezone) -> None:
    instant = moment.replace(tzinfo=zone)

    for raw in (format_datetime(instant), instant.isoformat(), instant.isoformat(" ")):
        dated = parse_date(raw)
        assert dated is not None
        assert dated.instant == instant, raw
        assert dated.confidence == "exact"


@given(st.text(max_size=60))
def test_any_text_is_a_date_or_none(raw: str) -> None:
    dated = parse_date(raw)

    assert dated is None or dated.instant.tzinfo is UTC
