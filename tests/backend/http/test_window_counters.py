"""Rate limit counters of this process: they count within a window and are gone after it."""

import time
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from limits import RateLimitItemPerSecond
from limits.strategies import FixedWindowRateLimiter

from backend.http.window_counters import WindowCounters

LONG_AGO = -10  # a window of such a length, in seconds, is over when it begins


def test_a_window_counts_each_caller_by_itself() -> None:
    counters = WindowCounters()

    counts = [counters.incr(key, 60) for key in ("a", "b", "a", "a")]

    assert counts == [1, 1, 2, 3]
    assert (counters.get("a"), counters.get("b"), counters.get("c")) == (3, 1, 0)
    assert 0 < counters.get_expiry("a") - time.time() <= 60


def test_a_window_that_is_over_counts_from_the_start() -> None:
    counters = WindowCounters()
    counters.incr("a", LONG_AGO)

    assert counters.get("a") == 0
    assert counters.incr("a", 60) == 1


def test_windows_that_are_over_leave_no_caller_in_memory() -> None:
    counters = WindowCounters()
    for number in range(1_000):
        counters.incr(f"gone {number}", LONG_AGO)

    counters.incr("here", 60)

    assert counters.reset() <= 2


@given(st.lists(st.sampled_from("abcd"), max_size=40), st.integers(1, 5))
@settings(max_examples=50)
def test_a_limiter_allows_exactly_its_number_of_calls(callers: list[str], calls: int) -> None:
    limiter = FixedWindowRateLimiter(WindowCounters())
    item = RateLimitItemPerSecond(calls, 3_600)

    allowed = Counter(caller for caller in callers if limiter.hit(item, caller))

    assert allowed == {name: min(count, calls) for name, count in Counter(callers).items()}
    assert all(limiter.test(item, name) == (allowed[name] < calls) for name in allowed)
