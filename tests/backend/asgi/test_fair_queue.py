"""Networks share the queue before the threads, whoever comes how often."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from backend.asgi.fair_queue import FairQueue

NETWORKS = st.sampled_from("abcd")
ARRIVALS = st.lists(NETWORKS, max_size=60)


def filled(arrivals: list[str], most: int, most_running: int = 99) -> FairQueue[tuple[str, int]]:
    queue: FairQueue[tuple[str, int]] = FairQueue(most, most_running)
    for number, network in enumerate(arrivals):
        queue.put(network, (network, number))
    return queue


def taken(queue: FairQueue[tuple[str, int]]) -> list[tuple[str, int]]:
    found = []
    while (item := queue.take()) is not None:
        found.append(item)
    return found


@given(ARRIVALS, st.integers(1, 20))
def test_nobody_with_a_fair_share_or_less_is_crowded_out(arrivals: list[str], most: int) -> None:
    queue = filled(arrivals, most)
    came, waits = Counter(arrivals), Counter(network for network, _ in taken(queue))
    share = most // max(1, len(came))

    assert waits.total() == min(len(arrivals), most), "one alone may fill it"
    for network, number in came.items():
        assert waits[network] >= min(number, share)


@given(ARRIVALS)
def test_networks_have_turns_and_each_keeps_its_order(arrivals: list[str]) -> None:
    order = taken(filled(arrivals, 99))
    numbers = {name: [number for network, number in order if network == name] for name in arrivals}

    assert sorted(number for _, number in order) == list(range(len(arrivals)))
    assert all(each == sorted(each) for each in numbers.values())
    for at, (network, _) in enumerate(order):
        before = Counter(name for name, _ in order[:at])
        left = Counter(name for name, _ in order[at:])
        assert all(before[network] <= before[name] for name in left), "nobody is served twice first"


@given(ARRIVALS, NETWORKS)
def test_how_many_go_first_is_known_before_one_waits(arrivals: list[str], network: str) -> None:
    queue = filled(arrivals, 99)
    expected = queue.ahead_of(network)
    queue.put(network, (network, -1))

    assert [number for _, number in taken(queue)].index(-1) <= expected


@given(st.lists(st.tuples(st.sampled_from(["put", "go on", "take", "end", "remove"]), NETWORKS)))
def test_nothing_is_lost_or_run_twice_and_none_runs_more_than_it_may(
    steps: list[tuple[str, str]],
) -> None:
    queue: FairQueue[tuple[str, int]] = FairQueue(5, 2)
    waiting, running = dict[tuple[str, int], bool](), Counter[str]()
    for number, (step, network) in enumerate(steps):
        if step in {"put", "go on"}:
            waiting[network, number] = step == "go on"
            left = queue.put(network, (network, number), goes_on=step == "go on")
            assert left is None or waiting.pop(left) is False, "what was let in stays"
        elif step == "take" and (item := queue.take()) is not None:
            del waiting[item]
            running[item[0]] += 1
        elif step == "end" and running[network]:
            running[network] -= 1
            queue.ended(network)
        elif step == "remove" and (mine := [each for each in waiting if each[0] == network]):
            del waiting[mine[0]]
            queue.remove(network, mine[0])
        assert max(running.values(), default=0) <= 2
        assert sum(not goes_on for goes_on in waiting.values()) <= 5
    for network in running.elements():
        queue.ended(network)
    while (item := queue.take()) is not None:
        del waiting[item]
        queue.ended(item[0])
    assert not waiting
