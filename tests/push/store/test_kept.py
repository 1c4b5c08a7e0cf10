"""What is kept of a sending: who was sent it, and how long it took, both in little room."""

from hypothesis import given
from hypothesis import strategies as st

from push.store import timing
from push.store.id_list import pack, unpack


@given(st.sets(st.integers(1, 2**62)))
def test_a_set_of_ids_comes_back_in_order(ids: set[int]) -> None:
    assert unpack(pack(ids)) == sorted(ids)


def test_neighbours_take_a_byte_each() -> None:
    """Half of the installations in a row follow the topic."""
    ids = range(1_000_000, 1_001_000, 2)

    assert len(pack(ids)) <= len(ids) + 2


latencies = st.lists(st.floats(0.0005, 4_000), min_size=1, max_size=200)


@given(latencies)
def test_percentiles_are_right_to_a_tenth_and_the_rest_exactly(seconds: list[float]) -> None:
    found = timing.summary(timing.added({}, seconds))

    ordered = sorted(seconds)
    for name, share in (("p50_s", 0.5), ("p90_s", 0.9)):
        exact = ordered[-(-len(ordered) * int(share * 10) // 10) - 1]
        assert exact - 0.001 <= (found[name] or 0) <= exact * 1.1 + 0.002
    assert found["first_accept_s"] == round(ordered[0], 3)
    assert found["last_s"] == round(ordered[-1], 3)
    within = sum(latency <= 120 for latency in seconds) / len(seconds)
    assert found["within_120s"] == round(within, 4)


@given(latencies, latencies)
def test_what_was_recorded_in_parts_is_the_same_as_at_once(
    one: list[float], other: list[float]
) -> None:
    at_once = timing.added({}, one + other)

    assert timing.added(timing.added({}, one), other) == at_once
    assert timing.merged([timing.added({}, one), timing.added({}, other)]) == at_once


def test_nothing_accepted_yet_has_no_figures() -> None:
    assert set(timing.summary({}).values()) == {None}
    assert set(timing.summary(timing.merged([{}, {}])).values()) == {None}
