"""Many who watch one alert cost one read a second."""

from collections.abc import Set

import pytest

from backend.http.stream_access import Holder
from push.editorial.watched import MOST, Reading, Watched

ANN, BOB = Holder("session", "1"), Holder("key", "tw_ab")


class Alert:
    """Counts how often it is read, and says so."""

    def __init__(self) -> None:
        self.reads = 0
        self.viewers: Set[Holder] = frozenset()

    def __call__(self, viewers: Set[Holder]) -> Reading:
        self.reads += 1
        self.viewers = viewers
        return Reading({"accepted": self.reads // 2}, False, viewers - {BOB})


@pytest.fixture
def now() -> list[float]:
    return [100.0]


@pytest.fixture
def watched(now: list[float]) -> Watched:
    return Watched(1.0, lambda: now[0])


def test_fifty_viewers_read_once_a_second(watched: Watched, now: list[float]) -> None:
    alert = Alert()

    for tenth in range(30):
        now[0] = 100 + tenth / 10
        for _ in range(50):
            watched.snapshot("harbour", alert)

    assert alert.reads == 3


def test_the_same_document_has_the_same_id_and_another_one_has_another(
    watched: Watched, now: list[float]
) -> None:
    alert, ids = Alert(), []
    for second in range(4):
        now[0] = 100 + second
        ids.append(watched.snapshot("harbour", alert).id)

    assert ids[1] == ids[2]
    assert len(set(ids)) == 3


def test_alerts_do_not_mix_and_only_some_are_remembered(watched: Watched) -> None:
    alerts = [Alert() for _ in range(MOST + 1)]
    for number, alert in enumerate(alerts):
        watched.snapshot(str(number), alert)
    for number, alert in enumerate(alerts[1:], 1):
        watched.snapshot(str(number), alert)
    watched.snapshot("0", alerts[0])

    assert [alert.reads for alert in alerts] == [2] + [1] * MOST


def test_each_reading_asks_for_all_who_watch_and_says_who_still_may(
    watched: Watched, now: list[float]
) -> None:
    alert = Alert()
    with watched.viewer("harbour", ANN):
        with watched.viewer("harbour", BOB), watched.viewer("harbour", BOB):
            found = watched.snapshot("harbour", alert)
            assert alert.viewers == {ANN, BOB}
            assert found.let_in == {ANN}
        now[0] += 1
        watched.snapshot("harbour", alert)
        assert alert.viewers == {ANN}


def test_whoever_comes_later_looks_again_when_the_others_do(
    watched: Watched, now: list[float]
) -> None:
    found = watched.snapshot("harbour", Alert())
    now[0] += 0.75

    assert watched.pause_s(found) == 0.25
