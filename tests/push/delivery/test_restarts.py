"""Restarts, several workers and wrong clocks: an outage spends nobody's tries, no alert waits."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.core.db import db
from push.delivery.breaker import HANDFUL
from push.delivery.worker import Worker
from push.store.models import Batch, Quota
from push.transport.outcome import Answer
from tests.conftest import Clock
from tests.factories import register
from tests.push.conftest import ACCEPTED, LOST, UNAVAILABLE, Provider, refusal
from tests.push.editor import TAG, alert, read

pytestmark = pytest.mark.usefixtures("tagged")

NewWorker = Callable[..., Worker]
Run = Callable[[Worker], None]


@pytest.fixture
def new_worker(app: Flask, provider: Provider, clock: Clock) -> NewWorker:
    """Another process; one on a machine of its own has a clock that is `ahead`."""

    def make(ahead: timedelta = timedelta(0)) -> Worker:
        return Worker(provider, lambda: clock.now + ahead, app.extensions["tagwire"].hooks.tell)

    return make


@pytest.fixture
def run(app: Flask) -> Run:
    def steps(worker: Worker) -> None:
        with app.app_context():
            for _ in range(1_000):
                if not worker.step():
                    return

    return steps


def kill_once_sent(app: Flask, worker: Worker, provider: Provider) -> None:
    """Step until it has a batch in flight; what was asked, nobody hears the answers of."""

    def die() -> None:
        raise KeyboardInterrupt

    def steps() -> None:
        for _ in range(100):
            worker.step()

    provider.on_submit = die
    with app.app_context(), pytest.raises(KeyboardInterrupt):
        steps()
    provider.on_submit = None
    provider.forget_answers()


@pytest.mark.parametrize("answer", [LOST, UNAVAILABLE, Answer(0, unsent=True)])
def test_the_breaker_stays_open_for_a_worker_that_is_started_in_an_outage(
    client: FlaskClient,
    provider: Provider,
    clock: Clock,
    new_worker: NewWorker,
    run: Run,
    answer: Answer,
) -> None:
    for _ in range(40):
        register(client, TAG)
    provider.usual = answer
    notification = alert(client)
    run(new_worker())
    before = len(provider.sent)
    for _ in range(6):
        run(new_worker())
    assert len(provider.sent) == before, "everybody waits for the probe"
    for _ in range(3):
        clock.forward(seconds=61)
        worker, other = new_worker(), new_worker()
        run(worker)
        run(other)
    assert len(provider.sent) - before <= 3 * HANDFUL, "one handful a probe, not one a worker"

    provider.usual = ACCEPTED
    for _ in range(10):
        clock.forward(seconds=61)
        run(new_worker())
    assert read(client, notification)["counts"]["accepted"] == 40


def test_kills_in_an_outage_end_nobody_as_ambiguous(
    app: Flask,
    client: FlaskClient,
    provider: Provider,
    clock: Clock,
    new_worker: NewWorker,
    run: Run,
) -> None:
    for _ in range(20):
        register(client, TAG)
    provider.usual = LOST
    notification = alert(client)
    run(new_worker())
    for _ in range(4):
        clock.forward(seconds=61)
        kill_once_sent(app, new_worker(), provider)

    provider.usual = ACCEPTED
    for _ in range(10):
        clock.forward(seconds=61)
        run(new_worker())
    final = read(client, notification)
    assert (final["state"], final["counts"]["accepted"]) == ("sent", 20)
    with app.app_context():
        assert db.session.get_one(Quota, 1).silent_since is None


@pytest.mark.parametrize("hours", [2, -2])
def test_a_clock_that_jumps_delays_no_alert_by_more_than_a_lease(
    app: Flask,
    client: FlaskClient,
    provider: Provider,
    clock: Clock,
    new_worker: NewWorker,
    run: Run,
    hours: int,
) -> None:
    """One worker lives on through the jump, the batch of the other one is left under its lease."""
    for _ in range(10):
        register(client, TAG)
    living = new_worker()
    first = alert(client, expires_in_s=36_000)
    kill_once_sent(app, new_worker(), provider)
    second = alert(client, title="Another", expires_in_s=36_000)
    clock.forward(hours=hours)
    for _ in range(4):
        run(living)
        clock.forward(seconds=10)
    run(living)

    for notification in (first, second):
        assert read(client, notification)["counts"]["accepted"] == 10
    with app.app_context():
        assert not db.session.query(Batch).filter(Batch.state == "ready").count()


def test_one_machine_of_three_that_is_ahead_keeps_no_alert_back(
    app: Flask,
    client: FlaskClient,
    provider: Provider,
    clock: Clock,
    new_worker: NewWorker,
    run: Run,
) -> None:
    for _ in range(10):
        register(client, TAG)
    notification = alert(client, expires_in_s=36_000)
    kill_once_sent(app, new_worker(timedelta(hours=2)), provider)
    others = [new_worker(), new_worker()]
    for _ in range(4):
        for worker in others:
            run(worker)
        clock.forward(seconds=10)

    assert read(client, notification)["counts"]["accepted"] == 10
    assert max(provider.addresses.values()) <= 2


@pytest.mark.parametrize("answer", [UNAVAILABLE, refusal(429, "QUOTA_EXCEEDED")])
def test_a_retry_that_a_fast_clock_set_is_not_waited_for(
    client: FlaskClient,
    new_worker: NewWorker,
    run: Run,
    provider: Provider,
    clock: Clock,
    answer: Answer,
) -> None:
    worker, phone = new_worker(), register(client, TAG)
    provider.answer(phone.address, answer, ACCEPTED)
    clock.forward(hours=2)
    alert(client, expires_in_s=86_400)
    run(worker)
    clock.now -= timedelta(hours=2)
    clock.forward(seconds=1)
    run(worker)

    assert provider.addresses == {phone.address: 2}
