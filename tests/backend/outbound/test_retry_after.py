"""Retry-After: seconds or a date, whatever a stranger writes, bounded, and never an error."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.outbound.retry_after import retry_after

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("120", timedelta(seconds=120)),
        (" 120 ", timedelta(seconds=120)),
        ("0", timedelta()),
        ("000000000000060", timedelta(seconds=60)),
        ("99999999999999", DAY),
        ("9" * 5_000, DAY),
        ("Mon, 23 Nov 2026 13:00:00 GMT", timedelta(hours=1)),
        ("Mon, 23 Nov 2026 13:00:00", timedelta(hours=1)),
        ("Mon, 23 Nov 2026 11:00:00 GMT", timedelta()),
        ("Mon, 01 Jan 0001 00:00:00 +2359", timedelta()),
        ("Fri, 31 Dec 9999 23:59:59 -2359", DAY),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("٣", None),
        ("Mon, 99 Foo", None),
        ("2026-11-27T00:01:00Z", None),
        ("", None),
        (None, None),
    ],
)
def test_seconds_or_a_date_and_nothing_else(header: str | None, expected: timedelta | None) -> None:
    assert retry_after(header, NOW, longest=DAY) == expected


@given(st.text() | st.from_regex(r"\w{3}, \d{1,2} Dec \d{1,5} \d\d:\d\d:\d\d [+-]\d{4}"))
def test_whatever_it_says_the_wait_is_within_bounds(header: str) -> None:
    found = retry_after(header, NOW, longest=DAY)

    assert found is None or timedelta() <= found <= DAY
