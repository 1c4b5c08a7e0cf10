"""A fault or a death at every single statement and call: at most the one documented repeat."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.core.db import db
from tests.conftest import Clock
from tests.factories import Phone, register
from tests.push.conftest import LOST, UNAVAILABLE, UNREGISTERED, Provider
from tests.push.delivery.loop import SETTLED, Killed, Loop, Thrown, add_up, statements
from tests.push.editor import TAG, alert, read

pytestmark = pytest.mark.usefixtures("tagged")

# A statement fails before it leaves the process, so that the engine has little to do with it.
EVERY = {"sqlite": 1, "postgresql": 7}


@dataclass
class Readers:
    """Four that take every alert, one whose answer is lost once, one who is refused once."""

    client: FlaskClient
    provider: Provider
    fine: list[Phone] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.fine = [register(self.client, TAG) for _ in range(4)]
        self.lost, self.busy = register(self.client, TAG), register(self.client, TAG)

    def alert(self) -> dict[str, Any]:
        """A new alert; everybody answers as the first time, and one more reader is gone."""
        self.provider.sent.clear()
        self.gone = register(self.client, TAG)
        self.provider.answer(self.lost.address, LOST, self.provider.usual)
        self.provider.answer(self.busy.address, UNAVAILABLE, self.provider.usual)
        self.provider.answer(self.gone.address, UNREGISTERED)
        return alert(self.client)

    def assert_settled(self, sent: dict[str, Any], where: str, repeats: int) -> None:
        """Everybody is counted once, and was sent it once, or as often as is documented."""
        found = read(self.client, sent)
        assert found["state"] == "sent", (where, found)
        assert add_up(found["counts"]), (where, found["counts"])
        assert sum(found["counts"][name] for name in SETTLED) == 7, (where, found["counts"])
        often = self.provider.addresses
        assert max(often[phone.address] for phone in (*self.fine, self.gone)) <= repeats, where
        assert often[self.lost.address] <= 2, where
        assert often[self.busy.address] <= 3, where  # one of them was refused


@pytest.fixture
def readers(client: FlaskClient, provider: Provider) -> Readers:
    return Readers(client, provider)


@pytest.fixture
def loop(app: Flask, provider: Provider, clock: Clock) -> Iterator[Loop]:
    with app.app_context():
        yield Loop(app, provider, clock)


def is_any(_statement: str, _given: list[Any]) -> bool:
    return True


@pytest.mark.slow
def test_a_fault_at_any_statement_is_survived_and_sends_nobody_the_alert_twice(
    readers: Readers, loop: Loop
) -> None:
    """Each statement of the whole loop raises in turn, until there are no more of them."""
    number, thrown, step = 0, Thrown(is_any), EVERY[db.engine.dialect.name]
    while number == 0 or thrown.thrown:
        thrown = Thrown(is_any, times=1, skips=number)
        sent = readers.alert()
        with statements(thrown):
            loop.run()
        readers.assert_settled(sent, f"statement {number}", repeats=1)
        number += step

    assert number > 50


@pytest.mark.slow
@pytest.mark.parametrize("deaths", [1, 2, 1_000_000], ids=["once", "twice", "always"])
def test_a_worker_that_dies_at_any_statement_repeats_the_alert_once_at_most(
    readers: Readers, loop: Loop, deaths: int
) -> None:
    """The next one dies at the same statement; nobody hears the alert a third time."""
    number, has_died, step = 0, True, EVERY[db.engine.dialect.name] if deaths == 1 else 7
    while has_died:
        died_before, thrown = loop.deaths, _deaths(number, deaths, loop)
        sent = readers.alert()
        with statements(thrown):
            loop.run(minutes=40)
        has_died = loop.deaths > died_before
        loop.run(hours=2)
        _assert_bounded(readers, sent, f"statement {number}", died=loop.deaths - died_before)
        number += step

    assert number > 50


@pytest.mark.parametrize("deaths", [1, 2, 1_000])
@pytest.mark.parametrize("moment", ["on_submit", "on_collect"])
def test_a_worker_that_dies_while_the_network_is_busy_repeats_the_alert_once_at_most(
    readers: Readers, loop: Loop, provider: Provider, moment: str, deaths: int
) -> None:
    left = [deaths]

    def die() -> None:
        if left[0] > 0:
            left[0] -= 1
            raise Killed

    setattr(provider, moment, die)
    sent = readers.alert()
    loop.run(hours=2)

    _assert_bounded(readers, sent, moment, died=deaths - left[0])
    assert left[0] == 0 or loop.deaths <= 20, "it does not send again for an hour"


def _deaths(number: int, deaths: int, loop: Loop) -> Callable[[str, list[Any]], None]:
    """Kill each worker at its own statement of this number, so many of them."""
    seen: dict[int, int] = {}
    killed: list[int] = []

    def count(_statement: str, _given: list[Any]) -> None:
        life = loop.deaths
        seen[life] = seen.get(life, 0) + 1
        if seen[life] == number + 1 and len(killed) < deaths:
            killed.append(life)
            raise Killed

    return count


def _assert_bounded(readers: Readers, sent: dict[str, Any], where: str, *, died: int) -> None:
    found = read(readers.client, sent)
    ends = {"sent"} if found["counts"]["accepted"] else {"failed", "expired"}
    assert found["state"] in ends, (where, found)
    assert add_up(found["counts"]), (where, found["counts"])
    often = readers.provider.addresses
    most = max(often.values(), default=0)
    assert most <= (2 if died else 1) + 1, (where, often)
    assert all(often[phone.address] <= 2 for phone in (*readers.fine, readers.lost)), (where, often)
