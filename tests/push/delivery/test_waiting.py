"""A provider that is slow: what is not spent on waiting, and what is not given up for that."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from backend.core.db import db
from backend.http.context import AppContext
from push.delivery.worker import Worker
from push.transport.sender import Answered
from tests.conftest import Clock
from tests.factories import multiply, register
from tests.push.conftest import Provider
from tests.push.editor import TAG, alert, command, read

pytestmark = pytest.mark.usefixtures("tagged")


@dataclass
class Slow(Provider):
    """Answers no more than so many messages each time it is asked."""

    at_once: int = 0

    def collect(self, wait_s: float) -> Answered:
        ready = super().collect(wait_s)
        self._ready = ready[self.at_once :]
        return ready[: self.at_once]


@pytest.fixture
def provider() -> Slow:
    return Slow()


@pytest.fixture
def start(app: Flask, provider: Slow, clock: Clock) -> Callable[[], Worker]:
    context: AppContext = app.extensions["tagwire"]
    return lambda: Worker(provider, clock, context.hooks.tell)


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that the database was given."""
    given: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        given.append(statement)

    event.listen(db.engine, "before_cursor_execute", hear)
    yield given
    event.remove(db.engine, "before_cursor_execute", hear)


def test_the_database_is_asked_five_times_a_second_while_nothing_comes(
    app: Flask, client: FlaskClient, start: Callable[[], Worker], clock: Clock
) -> None:
    multiply(app, register(client, TAG), 999)
    alert(client)
    worker, busy = start(), 0

    with app.app_context():
        for _ in range(5):
            worker.step()
        clock.forward(seconds=0.3)
        with counted() as given:
            for _ in range(100):
                before = len(given)
                worker.step()
                busy += len(given) > before
                clock.forward(milliseconds=10)

    # Five looks for more to do, and two for whether this may go on.
    assert busy <= 5 + 2


def test_a_place_that_gets_free_is_taken_at_once(
    app: Flask, client: FlaskClient, start: Callable[[], Worker], provider: Slow
) -> None:
    multiply(app, register(client, TAG), 3_999)
    notification = alert(client)
    worker = start()

    provider.at_once = 500
    with app.app_context():
        while worker.step():
            pass

    assert read(client, notification)["counts"]["accepted"] == 4_000
    assert set(provider.addresses.values()) == {1}


def test_what_is_recalled_leaves_in_no_batch(
    app: Flask, client: FlaskClient, start: Callable[[], Worker], provider: Slow, clock: Clock
) -> None:
    multiply(app, register(client, TAG), 1_999)
    provider.room = 700
    notification = alert(client)
    worker = start()

    with app.app_context():
        for _ in range(5):
            worker.step()
        assert command(client, notification, "recall").status_code < 300
        clock.forward(seconds=0.5)
        worker.step()
        provider.at_once = 1_000
        while worker.step():
            clock.forward(seconds=0.1)

    assert len(provider.sent) == 700
    assert read(client, notification)["counts"]["accepted"] == 700


def test_a_batch_without_an_answer_stays_with_its_worker(
    app: Flask, client: FlaskClient, start: Callable[[], Worker], provider: Slow, clock: Clock
) -> None:
    multiply(app, register(client, TAG), 1_999)
    provider.room = 700
    alert(client)
    slow, other = start(), start()

    with app.app_context():
        for _ in range(8):
            slow.step()
        for _ in range(60):
            slow.step()
            other.step()
            clock.forward(seconds=1)

    assert set(provider.addresses.values()) == {1}
    assert len(provider.sent) == 700
