"""The breaker for the provider: any history of answers and silence, and the bits of an address."""

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from push.delivery.breaker import (
    CLOSED,
    ENOUGH,
    FIRST_WAIT,
    LONGEST_WAIT,
    Breaker,
    missed,
    probe_failed,
    wait_after,
)
from push.delivery.retries import Moment, next_try, smaller
from push.store.tries import FRESH, Tries, pack_tries, unpack_tries
from push.transport.outcome import Outcome
from tests.conftest import START

jitters = st.floats(0, 1)
events = st.lists(st.tuples(st.sampled_from(["answer", "silence", "wait"]), jitters), max_size=60)
tries = st.builds(Tries, st.integers(0, 3), st.integers(0, 7), st.sampled_from([0, 1, 2, 4, 8]))
WELL, OUTAGE, ALONE = Moment(True, False), Moment(False, True), Moment(False, False)


@given(events)
def test_any_history_keeps_what_the_breaker_promises(history: list[tuple[str, float]]) -> None:
    """It probes in a second to a minute, and any answer closes it."""
    breaker, now = CLOSED, START
    for number, (event, jitter) in enumerate(history):
        before = breaker.state(now)
        if event == "wait":
            now += timedelta(seconds=1) + LONGEST_WAIT * jitter
            continue
        if event == "answer":
            breaker = CLOSED
            assert breaker.state(now) == "closed"
        elif before == "half_open":
            breaker = probe_failed(breaker, now, jitter)
            assert breaker.state(now) == "open"
        else:
            breaker = missed(breaker, {number}, now, jitter)
        if breaker.probe_at is not None and before != "open":
            assert FIRST_WAIT <= breaker.probe_at - now <= LONGEST_WAIT
        assert len(breaker.silent) < ENOUGH
        assert breaker.state(now + LONGEST_WAIT) != "open"


@given(st.integers(1, 30), jitters)
def test_the_wait_grows_to_a_minute(failures: int, jitter: float) -> None:
    assert FIRST_WAIT <= wait_after(failures, jitter) <= LONGEST_WAIT
    assert wait_after(failures, 1.0) == min(FIRST_WAIT * 2**failures, LONGEST_WAIT)


def test_one_address_in_a_row_opens_nothing() -> None:
    breaker = CLOSED
    for _ in range(50):
        breaker = missed(breaker, {7}, START, 0.5)

    assert breaker.state(START) == "closed"


def test_a_clock_that_was_set_back_keeps_it_open_for_no_longer_than_a_minute() -> None:
    breaker = missed(CLOSED, {1, 2, 3}, START, 1.0)

    assert breaker.state(START) == "open"
    assert breaker.state(START - timedelta(hours=2)) == "half_open"


@given(st.dictionaries(st.integers(1, 2**40), tries, max_size=50))
def test_the_tries_of_addresses_survive_their_packing(known: dict[int, Tries]) -> None:
    expected = {number: each for number, each in known.items() if each != FRESH}

    assert unpack_tries(pack_tries(known)) == expected


def test_whoever_is_not_retried_costs_no_byte() -> None:
    assert pack_tries(dict.fromkeys(range(500), FRESH)) == b""


lost = st.builds(lambda among: Outcome("ambiguous", "no answer", among=among), st.integers(1, 100))
later = st.builds(lambda: Outcome("later", "provider"))


@given(tries, lost | later, st.booleans(), jitters)
def test_nobody_is_counted_for_an_outage_or_for_a_connection(
    known: Tries, outcome: Outcome, is_outage: bool, jitter: float
) -> None:
    following = next_try(known, outcome, Moment(not is_outage, is_outage), jitter)

    if is_outage or outcome.among > 1 or outcome.kind == "later":
        assert following is not None
        assert following.tries.lost == known.lost
        assert following.wait >= timedelta(0)


@pytest.mark.parametrize(("moment", "sends"), [(WELL, 2), (OUTAGE, 40), (ALONE, 40)])
def test_an_answer_that_is_lost_alone_has_one_repeat_while_others_are_answered(
    moment: Moment, sends: int
) -> None:
    known, sent = FRESH, 0
    outcome = Outcome("ambiguous", "no answer")
    for _ in range(40):
        sent += 1
        following = next_try(known, outcome, moment, random.random())
        if following is None:
            break
        known = following.tries

    assert sent == sends


def test_those_who_were_on_a_connection_that_broke_come_back_in_half_as_many() -> None:
    crowds, crowd = [], 0
    for among in (62, 8, 4, 2, 1):
        crowd = smaller(crowd, among)
        crowds.append(crowd)

    assert crowds == [8, 4, 2, 1, 1]


def test_a_breaker_that_is_open_counts_its_probes_alone() -> None:
    breaker: Breaker = missed(CLOSED, {1, 2, 3}, START, 0.5)

    assert missed(breaker, range(10, 20), START, 0.5) == breaker
    assert probe_failed(breaker, START, 0.5).failures == breaker.failures + 1
