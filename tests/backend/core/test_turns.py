"""Threads that look for work in turn: one at a time, and as many as there is work for at once."""

from concurrent.futures import ThreadPoolExecutor
from queue import Queue
from threading import Barrier

from backend.core.turns import Turn

THREADS = 3


def test_the_next_thread_looks_as_soon_as_the_one_before_has_found_something() -> None:
    turn, together = Turn(), Barrier(THREADS)

    def work() -> None:
        turn.take()
        turn.pass_on()
        together.wait(30)

    with ThreadPoolExecutor(THREADS) as threads:
        for done in [threads.submit(work) for _ in range(THREADS)]:
            done.result()


def test_a_thread_that_found_nothing_keeps_the_turn_and_nobody_else_looks() -> None:
    turn, looked = Turn(), Queue[str]()

    def look(name: str) -> None:
        turn.take()
        looked.put(name)

    with ThreadPoolExecutor(1) as other:
        look("first")
        look("first")
        waiting = other.submit(look, "other")
        looked.put("rest")
        turn.pass_on()
        waiting.result()

    assert [looked.get() for _ in range(4)] == ["first", "first", "rest", "other"]


def test_who_passed_the_turn_on_takes_nobody_elses_away() -> None:
    turn = Turn()
    with ThreadPoolExecutor(1) as other:
        turn.take()
        turn.pass_on()
        other.submit(turn.take).result()
        turn.pass_on()
        waiting = other.submit(turn.pass_on)
        turn.take()
        waiting.result()
