"""The rate limiter is shared by all workers, and the provider's quota is never exceeded."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.db import EPOCH
from push.delivery.rate_limiter import (
    IDLE_AFTER,
    LATE,
    SHARE,
    LimiterState,
    RateLimit,
    Reservation,
    furthest,
    reserve,
)
from tests.conftest import START

QUOTA = 600_000
NO_RAMP = RateLimit(QUOTA, timedelta(0))
IDLE = LimiterState(EPOCH, EPOCH)
FAR = timedelta.max


def leaving(reservation: Iterable[tuple[Reservation, int, datetime]]) -> list[float]:
    """When each message leaves, in seconds after the start; none before it was asked for."""
    return sorted(
        (max(found.start + found.interval * number, asked) - START).total_seconds()
        for found, count, asked in reservation
        for number in range(count)
    )


def test_without_a_ramp_the_first_message_leaves_at_once_and_the_others_evenly() -> None:
    _, reservation = reserve(IDLE, 500, NO_RAMP, START, FAR)

    assert (reservation.due(START - timedelta(microseconds=1)), reservation.due(START)) == (0, 1)
    assert reservation.due(START + reservation.interval * 10) == 11
    assert reservation.interval == timedelta(minutes=1) / (QUOTA * SHARE)


@given(st.lists(st.tuples(st.integers(1, 500), st.floats(0, 3)), min_size=2, max_size=60))
def test_whoever_asks_and_whenever_no_time_holds_more_than_its_share(
    asked: list[tuple[int, float]],
) -> None:
    """Each reservation is a worker's, on whatever machine; the pause is until the next one."""
    state, now, given_out = IDLE, START, []
    for count, pause in asked:
        state, reservation = reserve(state, count, RateLimit(6_000, timedelta(seconds=5)), now, FAR)
        given_out.append((reservation, count, now))
        now += timedelta(seconds=pause)

    times = leaving(given_out)
    for seconds in (1, 10):
        most = int(100 * SHARE * (seconds + LATE.total_seconds())) + 1
        pairs = zip(times, times[most:], strict=False)
        assert all(later - sooner >= seconds for sooner, later in pairs)


def test_a_worker_that_comes_a_moment_late_loses_no_slot() -> None:
    state, first = reserve(IDLE, 500, NO_RAMP, START, FAR)
    _, soon = reserve(state, 500, NO_RAMP, state.free_at + LATE, FAR)
    _, late = reserve(state, 500, NO_RAMP, state.free_at + LATE * 2, FAR)

    assert soon.start == first.last(500)
    assert late.start == state.free_at + LATE * 2


@pytest.mark.parametrize(
    ("passed_s", "share"), [(0, 0.1), (1, 0.1), (5, 0.5), (9, 0.9), (10, 1.0), (60, 1.0)]
)
def test_the_ramp_grows_from_a_tenth_to_the_whole(passed_s: float, share: float) -> None:
    now = START + timedelta(seconds=passed_s)
    _, reservation = reserve(
        LimiterState(now, START), 500, RateLimit(QUOTA, timedelta(seconds=10)), now, FAR
    )

    rate = timedelta(minutes=1) / reservation.interval
    assert rate == pytest.approx(QUOTA * SHARE * share, rel=0.01)


@pytest.mark.parametrize(
    ("idle", "begins_again"), [(IDLE_AFTER / 2, False), (IDLE_AFTER * 2, True)]
)
def test_only_a_long_pause_begins_the_ramp_again(idle: timedelta, begins_again: bool) -> None:
    now = START + idle
    state, _ = reserve(
        LimiterState(START, EPOCH), 1, RateLimit(QUOTA, timedelta(seconds=10)), now, FAR
    )

    assert (state.ramp_since == now) is begins_again


@given(st.integers(1, 100_000), st.integers(1, 500), st.timedeltas(timedelta(0), timedelta(days=1)))
def test_what_a_wrong_clock_reserved_keeps_nobody_waiting(
    per_minute: int, count: int, lead: timedelta
) -> None:
    limit = RateLimit(per_minute, timedelta(seconds=10))
    ahead = furthest(limit, 500)
    state = LimiterState(START + ahead + lead + timedelta(seconds=1), START + lead)

    after, reservation = reserve(state, count, limit, START, ahead)

    assert reservation.start == START
    assert after.free_at <= START + ahead
