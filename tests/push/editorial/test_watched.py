"""Many who watch one alert cost one read a second."""

from typing import Any

import pytest

from push.editorial.watched import MOST, Watched


class Alert:
    """Counts how often it is read, and says so."""

    def __init__(self) -> None:
        self.reads = 0

    def __call__(self) -> tuple[Any, bool]:
        self.reads += 1
        return {"accepted": self.reads // 2}, False


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
