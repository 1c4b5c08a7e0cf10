"""When a publisher is asked again: often enough for readers, seldom enough for publishers."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.ingest import schedule

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
INTERVALS = st.timedeltas(min_value=timedelta(), max_value=timedelta(days=40))


def test_a_busy_source_is_asked_sooner_and_a_quiet_one_later() -> None:
    busy = schedule.after_success(HOUR, HOUR, 12, overflowed=False)
    quiet = schedule.after_success(HOUR, HOUR, 0, overflowed=False)

    assert busy < HOUR < quiet


def test_a_window_that_overflowed_is_asked_much_sooner() -> None:
    assert schedule.after_success(HOUR, HOUR, 20, overflowed=True) == HOUR / 4


@given(INTERVALS, st.none() | INTERVALS, st.integers(0, 5000), st.booleans())
def test_no_interval_leaves_its_bounds(
    interval: timedelta, since: timedelta | None, new: int, overflowed: bool
) -> None:
    found = schedule.after_success(interval, since, new, overflowed=overflowed)

    assert schedule.SHORTEST <= found <= schedule.LONGEST


@given(INTERVALS, st.integers(1, 500))
def test_failures_are_asked_ever_later_up_to_a_day(interval: timedelta, failures: int) -> None:
    earlier, later = (schedule.after_failure(interval, failures + n) for n in (0, 1))

    assert schedule.SHORTEST <= earlier <= later <= schedule.LONGEST


@given(st.floats(0, 1, exclude_max=True))
def test_jitter_moves_by_a_tenth_at_most(chance: float) -> None:
    assert 0.9 * HOUR <= schedule.jittered(HOUR, chance) <= 1.1 * HOUR


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("public, max-age=600", timedelta(minutes=10)),
        ("max-age=99999999", schedule.LONGEST_HINT),
        ("s-maxage=600", timedelta()),
        ("no-cache", timedelta()),
        (None, timedelta()),
    ],
)
def test_a_cache_header_is_a_bounded_hint(header: str | None, expected: timedelta) -> None:
    assert schedule.cache_hint(header) == expected
