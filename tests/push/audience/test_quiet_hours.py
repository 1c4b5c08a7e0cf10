"""Quiet hours mean what the reader's own clock shows, whatever clocks do that night."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.audience.zone import zone_of
from push.audience.quiet_hours import QuietHours, quiet_until

NIGHT = QuietHours(time(22), time(7))
TO_HALF_PAST = QuietHours(time(22), time(2, 30))
FROM_HALF_PAST = QuietHours(time(2, 30), time(6))


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "hours", "zone", "until"),
    [
        # An ordinary night and an ordinary day, in a zone east and one west of Greenwich.
        ("2026-01-15 21:30", NIGHT, "Europe/Berlin", "2026-01-16 06:00"),
        ("2026-01-15 20:59", NIGHT, "Europe/Berlin", None),
        ("2026-01-15 21:00", NIGHT, "Europe/Berlin", "2026-01-16 06:00"),
        ("2026-01-16 06:00", NIGHT, "Europe/Berlin", None),
        ("2026-01-16 05:59", NIGHT, "Europe/Berlin", "2026-01-16 06:00"),
        ("2026-01-16 08:00", NIGHT, "America/Los_Angeles", "2026-01-16 15:00"),
        ("2026-01-15 20:00", NIGHT, "Asia/Kathmandu", "2026-01-16 01:15"),
        # A window within one day, and one that touches midnight from either side.
        ("2026-01-15 12:30", QuietHours(time(12), time(14)), "UTC", "2026-01-15 14:00"),
        ("2026-01-15 14:00", QuietHours(time(12), time(14)), "UTC", None),
        ("2026-01-15 23:59", QuietHours(time(22), time(0)), "UTC", "2026-01-16 00:00"),
        ("2026-01-16 00:00", QuietHours(time(22), time(0)), "UTC", None),
        ("2026-01-16 00:00", QuietHours(time(0), time(6)), "UTC", "2026-01-16 06:00"),
        # A window without a length is none.
        ("2026-01-15 12:00", QuietHours(time(12), time(12)), "UTC", None),
        ("2026-01-15 18:00", QuietHours(time(12), time(12)), "UTC", None),
        # Berlin, 29 March 2026: the clock jumps from 02:00 to 03:00 at 01:00 UTC.
        ("2026-03-29 00:30", NIGHT, "Europe/Berlin", "2026-03-29 05:00"),
        ("2026-03-29 00:30", TO_HALF_PAST, "Europe/Berlin", "2026-03-29 01:00"),
        ("2026-03-29 00:59", TO_HALF_PAST, "Europe/Berlin", "2026-03-29 01:00"),
        ("2026-03-29 01:00", TO_HALF_PAST, "Europe/Berlin", None),
        ("2026-03-29 00:59", FROM_HALF_PAST, "Europe/Berlin", None),
        ("2026-03-29 01:15", FROM_HALF_PAST, "Europe/Berlin", "2026-03-29 04:00"),
        ("2026-03-29 01:00", QuietHours(time(2, 10), time(2, 40)), "Europe/Berlin", None),
        # Berlin, 25 October 2026: it falls back from 03:00 to 02:00 at 01:00 UTC.
        ("2026-10-25 00:10", TO_HALF_PAST, "Europe/Berlin", "2026-10-25 01:30"),
        ("2026-10-25 00:45", TO_HALF_PAST, "Europe/Berlin", "2026-10-25 01:30"),
        ("2026-10-25 01:29", TO_HALF_PAST, "Europe/Berlin", "2026-10-25 01:30"),
        ("2026-10-25 01:30", TO_HALF_PAST, "Europe/Berlin", None),
        ("2026-10-25 00:29", FROM_HALF_PAST, "Europe/Berlin", None),
        ("2026-10-25 00:30", FROM_HALF_PAST, "Europe/Berlin", "2026-10-25 05:00"),
        ("2026-10-25 01:05", FROM_HALF_PAST, "Europe/Berlin", "2026-10-25 05:00"),
        # Lord Howe moves by half an hour: 02:00 to 02:30 on 4 October 2026.
        ("2026-10-03 15:29", QuietHours(time(22), time(2, 15)), "Australia/Lord_Howe",
         "2026-10-03 15:30"),
        ("2026-10-03 15:30", QuietHours(time(22), time(2, 15)), "Australia/Lord_Howe", None),
        # Beirut jumps at midnight itself: 29 March 2026 begins at 01:00.
        ("2026-03-28 21:59", QuietHours(time(22), time(0, 30)), "Asia/Beirut", "2026-03-28 22:00"),
        ("2026-03-28 22:00", QuietHours(time(22), time(0, 30)), "Asia/Beirut", None),
        # Samoa had no 30 December 2011: the night of the 29th ends on the 31st.
        ("2011-12-30 09:00", NIGHT, "Pacific/Apia", "2011-12-30 10:00"),
        ("2011-12-30 10:00", NIGHT, "Pacific/Apia", "2011-12-30 17:00"),
        # What is no zone counts as UTC.
        ("2026-01-15 23:00", NIGHT, "Mars/Olympus", "2026-01-16 07:00"),
        ("2026-01-15 23:00", NIGHT, "../etc/passwd", "2026-01-16 07:00"),
        ("2026-01-15 23:00", NIGHT, "Europe", "2026-01-16 07:00"),
        ("2026-01-15 23:00", NIGHT, "localtime", "2026-01-16 07:00"),
        ("2026-01-15 23:00", NIGHT, "", "2026-01-16 07:00"),
    ],
)  # fmt: skip
def test_the_window_ends_when_the_reader_s_clock_says(
    now: str, hours: QuietHours, zone: str, until: str | None
) -> None:
    assert quiet_until(instant(now), hours, zone) == (instant(until) if until else None)


clocks = st.times(max_value=time(23, 59)).map(lambda t: t.replace(second=0, microsecond=0))
zones = st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Beirut"])
moments = st.integers(0, 3 * 365 * 24 * 60).map(
    lambda m: instant("2025-01-01") + timedelta(minutes=m)
)


@given(now=moments, start=clocks, end=clocks, zone=zones)
def test_without_a_change_of_clocks_the_window_is_what_the_clock_shows(
    now: datetime, start: time, end: time, zone: str
) -> None:
    tz = zone_of(zone)
    day = timedelta(days=1)
    offsets = {(now + step).astimezone(tz).utcoffset() for step in (-2 * day, -day, day, 2 * day)}
    until = quiet_until(now, QuietHours(start, end), zone)
    shown = now.astimezone(tz).time()
    inside = start <= shown < end if start < end else shown >= start or shown < end

    if len(offsets) == 1:
        assert (until is not None) is (inside and start != end)


@given(now=moments, start=clocks, end=clocks, zone=zones)
def test_after_the_window_nobody_is_held_any_more(
    now: datetime, start: time, end: time, zone: str
) -> None:
    until = quiet_until(now, QuietHours(start, end), zone)
    if until is not None:
        assert timedelta(0) < until - now <= timedelta(hours=25)
        assert quiet_until(until, QuietHours(start, end), zone) is None
