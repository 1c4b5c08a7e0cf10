"""How a worker shares its time: turns, the database, and what happens when that is away."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from backend.core.db import db
from backend.http.context import AppContext
from push.delivery import worker as workers
from push.delivery.rate_limiter import RateLimit
from push.delivery.worker import Worker
from tests.conftest import Clock
from tests.factories import multiply, register
from tests.push.conftest import Provider
from tests.push.editor import TAG, alert, read

pytestmark = pytest.mark.usefixtures("tagged")

Work = Callable[[], None]


def shown(provider: Provider) -> list[str]:
    """The notifications in the order in which their messages left."""
    return [message["data"]["notification_id"] for message in provider.messages]


def test_no_session_is_open_while_the_network_is(
    app: Flask, client: FlaskClient, work: Work, provider: Provider
) -> None:
    multiply(app, register(client, TAG), 1_999)
    provider.room = 50
    open_at: list[int] = []

    def look() -> None:
        open_at.append(db.engine.pool.checkedout())  # type: ignore[attr-defined]

    provider.on_submit = provider.on_collect = look
    alert(client)
    work()

    assert len(provider.sent) == 2_000
    assert set(open_at) == {0}


@pytest.mark.slow
def test_breaking_news_overtakes_what_is_being_sent(
    app: Flask, client: FlaskClient, provider: Provider, work: Work
) -> None:
    multiply(app, register(client, TAG), 11_999)
    breaking: dict[str, Any] = {}

    def something_breaks() -> None:
        if not breaking and len(provider.sent) >= 1_000:
            breaking.update(alert(app.test_client(), title="Quake"))

    provider.on_submit = something_breaks
    normal = alert(client, urgency="normal")
    work()

    order = shown(provider)
    first, last = order.index(breaking["id"]), len(order) - order[::-1].index(breaking["id"])
    held = workers.MOST_IN_FLIGHT * 500
    assert first <= 1_000 + held
    assert last - first <= 12_000 + held
    assert read(client, normal)["counts"]["accepted"] == 12_000
    assert set(provider.addresses.values()) == {2}


@pytest.mark.slow
def test_two_large_audiences_take_turns(
    app: Flask, client: FlaskClient, provider: Provider, work: Work
) -> None:
    multiply(app, register(client, TAG), 11_999)
    one, other = alert(client, title="One"), alert(client, title="Other")
    work()

    order = shown(provider)
    half = order[: len(order) // 2]
    assert min(half.count(one["id"]), half.count(other["id"])) >= 4_000
    assert set(provider.addresses.values()) == {2}


def test_what_the_provider_answered_survives_a_database_that_is_away(
    app: Flask, client: FlaskClient, provider: Provider, clock: Clock
) -> None:
    """Nobody is sent it again for that."""
    multiply(app, register(client, TAG), 99)
    context: AppContext = app.extensions["tagwire"]
    notification = alert(client)
    worker = Worker(provider, clock, context.hooks.tell)

    with app.app_context():
        with database_away() as away:
            provider.on_collect = away.enter
            with pytest.raises(OperationalError):
                worker.step()
        clock.forward(seconds=5)
        while worker.step():
            pass

    assert set(provider.addresses.values()) == {1}
    assert read(client, notification)["counts"]["accepted"] == 100


def test_a_place_in_the_quota_is_waited_for(
    app: Flask, client: FlaskClient, provider: Provider, clock: Clock
) -> None:
    multiply(app, register(client, TAG), 999)
    context: AppContext = app.extensions["tagwire"]
    notification = alert(client)
    limit = RateLimit(6_000, timedelta(0))
    several = [Worker(provider, clock, context.hooks.tell, rate_limit=limit) for _ in range(2)]

    sent_by_second = [0]
    with app.app_context():
        for _ in range(200):
            for worker in several:
                worker.step()
            clock.forward(seconds=0.1)
            if clock.now.microsecond == 0:
                sent_by_second.append(len(provider.sent))

    assert read(client, notification)["state"] == "sent"
    assert max(later - sooner for sooner, later in pairwise(sent_by_second)) <= 100
    assert set(provider.addresses.values()) == {1}


class Away:
    """What was sent cannot be written down from `enter` on."""

    is_on = False

    def enter(self) -> None:
        self.is_on = True

    def refuse(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if self.is_on and statement.startswith("UPDATE"):
            raise OperationalError("", {}, Exception("away"))


@contextmanager
def database_away() -> Iterator[Away]:
    away = Away()
    event.listen(db.engine, "before_cursor_execute", away.refuse)
    yield away
    event.remove(db.engine, "before_cursor_execute", away.refuse)


def test_a_clock_that_was_hours_ahead_keeps_no_alert_back(
    app: Flask, client: FlaskClient, provider: Provider, clock: Clock
) -> None:
    context: AppContext = app.extensions["tagwire"]
    phone = register(client, TAG)
    worker = Worker(
        provider, clock, context.hooks.tell, rate_limit=RateLimit(6_000, timedelta(seconds=5))
    )
    clock.forward(hours=2)
    alert(client)
    run_to_the_end(app, worker)
    clock.forward(hours=-2)
    alert(client)
    run_to_the_end(app, worker)

    assert provider.addresses == {phone.address: 2}


def run_to_the_end(app: Flask, worker: Worker) -> None:
    with app.app_context():
        while worker.step():
            pass
