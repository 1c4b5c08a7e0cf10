"""The first start of an empty database, and the second one."""

from collections.abc import Callable

import pytest

from tests.flows.running import Running

pytestmark = [pytest.mark.slow, pytest.mark.any_engine]


def test_the_first_start_brings_the_demo_and_the_second_one_leaves_it(
    start_anew: Callable[..., Running],
) -> None:
    first = start_anew()
    assert first.wait_for("/readyz", 200), first.log.read_text()
    shown = newest(first)
    assert "/console/setup/" in first.log.read_text(), "the way into the console"
    first.stop()
    second = start_anew()
    assert second.wait_for("/readyz", 200), second.log.read_text()

    assert shown
    assert newest(second) == shown


def test_a_database_without_demo_stays_empty(start_anew: Callable[..., Running]) -> None:
    running = start_anew(DEMO="0")
    assert running.wait_for("/readyz", 200), running.log.read_text()

    assert running.call("GET", "/v1/sources").json == {"sources": []}


def newest(running: Running) -> list[str]:
    """The ids of one publisher's newest articles."""
    answer = running.call("GET", "/v1/sources/meridian-wire/articles").json
    return [article["id"] for article in answer["articles"]]
