"""Deliveries are tried for three days, at first soon and then seldom."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.webhooks.schedule import LONGEST_BACK_OFF, TRY_FOR, back_off_until, retry_at

MADE = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
AT_ONCE = timedelta()


@pytest.mark.parametrize(
    ("tries", "seconds"), [(1, 5), (2, 30), (3, 120), (9, 21_600), (10, 21_600), (500, 21_600)]
)
def test_pauses_grow_to_six_hours(tries: int, seconds: int) -> None:
    assert retry_at(MADE, tries, MADE, chance=0, asked=AT_ONCE) == MADE + timedelta(seconds=seconds)


def test_chance_spreads_retries_by_a_fifth_at_most() -> None:
    latest = retry_at(MADE, 3, MADE, chance=0.999, asked=AT_ONCE)

    assert latest is not None
    assert timedelta(seconds=143) < latest - MADE < timedelta(seconds=144)


def test_an_endpoint_may_ask_for_more_time() -> None:
    hour = timedelta(hours=1)

    assert retry_at(MADE, 1, MADE, chance=0, asked=hour) == MADE + hour


def test_tries_end_after_three_days() -> None:
    now, tries = MADE, 0
    while (again := retry_at(MADE, tries + 1, now, chance=0.5, asked=AT_ONCE)) is not None:
        assert again > now
        now, tries = again, tries + 1

    assert timedelta(days=2.7) < now - MADE <= TRY_FOR
    assert 15 < tries < 25


def test_an_endpoint_that_fails_rests_longer_each_time_and_not_for_ever() -> None:
    rests = [back_off_until(failures, MADE) - MADE for failures in (1, 2, 3, 100, 10_000)]

    assert rests[0] == timedelta(seconds=5)
    assert rests == sorted(rests)
    assert rests[-1] == LONGEST_BACK_OFF
