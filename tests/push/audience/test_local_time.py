"""An hour of each reader's day is one instant, also where clocks change."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from push.audience.local_time import next_local
from push.store.models import ROUND_THE_CLOCK

ORDINARY = [
    ("Pacific/Apia", "2026-06-01T00:00", "08:00", "2026-06-01T19:00"),
    ("Asia/Kathmandu", "2026-06-01T00:00", "08:00", "2026-06-01T02:15"),
    ("America/Asuncion", "2026-06-01T00:00", "08:00", "2026-06-01T11:00"),
    ("Pacific/Kiritimati", "2026-06-01T00:00", "08:00", "2026-06-01T18:00"),
    ("Etc/GMT+12", "2026-06-01T00:00", "08:00", "2026-06-01T20:00"),
    ("Asia/Kolkata", "2026-06-01T00:00", "08:00", "2026-06-01T02:30"),
    ("Pacific/Marquesas", "2026-06-01T00:00", "08:00", "2026-06-01T17:30"),
    ("Nowhere/Bogus", "2026-06-01T00:00", "08:00", "2026-06-01T08:00"),
    # The moment itself counts; a second later it is tomorrow's.
    ("UTC", "2026-06-01T08:00", "08:00", "2026-06-01T08:00"),
    ("UTC", "2026-06-01T08:00:01", "08:00", "2026-06-02T08:00"),
]
SKIPPED = [
    ("Australia/Lord_Howe", "2026-10-03T12:00", "02:15", "2026-10-03T15:30"),
    ("Africa/Casablanca", "2026-03-21T20:00", "02:30", "2026-03-22T02:00"),
    ("Pacific/Chatham", "2026-09-26T12:00", "03:00", "2026-09-26T14:00"),
    ("Antarctica/Troll", "2026-03-28T20:00", "02:00", "2026-03-29T01:00"),
    ("Atlantic/Azores", "2026-03-28T20:00", "00:30", "2026-03-29T01:00"),
    ("Africa/Cairo", "2026-04-23T20:00", "00:30", "2026-04-23T22:00"),
    ("Asia/Beirut", "2026-03-28T20:00", "00:15", "2026-03-28T22:00"),
    ("America/Havana", "2026-03-08T00:00", "00:30", "2026-03-08T05:00"),
    ("America/Santiago", "2026-09-05T23:00", "00:30", "2026-09-06T04:00"),
    ("America/St_Johns", "2026-03-08T04:00", "02:30", "2026-03-08T05:30"),
    ("Europe/Dublin", "2026-03-28T20:00", "01:30", "2026-03-29T01:00"),
    ("Europe/London", "2026-03-28T20:00", "01:30", "2026-03-29T01:00"),
    ("America/New_York", "2026-03-08T03:00", "02:30", "2026-03-08T07:00"),
    ("Asia/Gaza", "2026-03-27T20:00", "02:30", "2026-03-28T00:00"),
    ("America/Nuuk", "2026-03-28T20:00", "23:30", "2026-03-29T01:00"),
]
TWICE = [
    ("Australia/Lord_Howe", "2026-04-04T12:00", "01:45", "2026-04-04T14:45"),
    ("Pacific/Chatham", "2026-04-04T12:00", "03:00", "2026-04-04T13:15"),
    ("Antarctica/Troll", "2026-10-24T20:00", "02:00", "2026-10-25T00:00"),
    ("Atlantic/Azores", "2026-10-24T20:00", "00:30", "2026-10-25T00:30"),
    ("Africa/Cairo", "2026-10-29T12:00", "23:30", "2026-10-29T20:30"),
    ("America/Havana", "2026-11-01T00:00", "00:30", "2026-11-01T04:30"),
    ("America/Santiago", "2026-04-04T20:00", "23:30", "2026-04-05T02:30"),
    ("America/New_York", "2026-11-01T00:00", "01:30", "2026-11-01T05:30"),
    # Between the two showings the first one is over: it is tomorrow's.
    ("America/New_York", "2026-11-01T06:00", "01:30", "2026-11-02T06:30"),
]


@pytest.mark.parametrize(("zone", "start", "at", "expected"), [*ORDINARY, *SKIPPED, *TWICE])
def test_the_next_time_that_the_clock_shows_it(
    zone: str, start: str, at: str, expected: str
) -> None:
    found = next_local(instant(start), time.fromisoformat(at), zone)

    assert found == instant(expected)


@given(
    zone=st.sampled_from(sorted({case[0] for case in (*ORDINARY, *SKIPPED, *TWICE)})),
    minutes=st.integers(0, 2 * 365 * 24 * 60),
    at=st.times(),
)
def test_every_reader_is_reached_while_the_alert_waits(zone: str, minutes: int, at: time) -> None:
    start = instant("2026-01-01") + timedelta(minutes=minutes)

    assert timedelta(0) <= next_local(start, at, zone) - start <= ROUND_THE_CLOCK


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
