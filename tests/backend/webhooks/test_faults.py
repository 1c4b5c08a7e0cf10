"""Whatever goes wrong in a delivery, foreseen or not: it is an attempt, and ends as promised."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings

from backend.background import PAUSE_S
from backend.core.db import transaction
from backend.tables.webhooks import WebhookEndpoint
from backend.webhooks.deliverer import LEASE, LOOP, UNRECORDED, Deliverer
from backend.webhooks.extension import deliverer
from tests.backend.injection import (
    FlyingTime,
    Raising,
    counted_faults,
    failing_statements,
    fault_ids,
    faults,
    fly,
    nth_of,
)
from tests.backend.outbound.hostile import answers, raw
from tests.backend.outbound.server import Publisher, publisher
from tests.backend.webhooks.test_webhooks import HOOKS, add, log, tell
from tests.conftest import EDITOR, Clock

pytestmark = pytest.mark.any_engine

BAD_DATE = "Fri, 31 Dec 9999 23:59:59 -2359"
# What the schedule of three days allows, with one repeat of what was not recorded.
MOST_TRIES = 20


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app(FETCH_ALLOW_NETWORKS="127.0.0.0/8")


@pytest.fixture
def server() -> Iterator[Publisher]:
    with publisher() as found:
        found.answers("/hook", b"", "204 No Content")
        yield found


def run(app: Flask, clock: Clock, loop: Deliverer | None = None, **by: float) -> FlyingTime:
    return fly(app, clock, LOOP, (loop or deliverer(app)).step, **by)


def ids(server: Publisher) -> list[str]:
    return [request.headers["webhook-id"] for request in server.asked]


@pytest.mark.slow
def test_a_fault_at_any_statement_delivers_at_most_twice_and_holds_nothing_up(
    app: Flask, client: FlaskClient, server: Publisher, clock: Clock
) -> None:
    hook = add(client, server)
    for nth in itertools.count(1):
        tell(app, "article.published", f"article:{nth}")
        tell(app, "article.published", f"other:{nth}")
        before = len(server.asked)
        with failing_statements(app, nth_of(nth)) as statements:
            run(app, clock, seconds=20)
        run(app, clock, minutes=10)

        sent = ids(server)[before:]
        assert {entry["state"] for entry in log(client, hook)} == {"delivered"}
        assert len(sent) <= 3, "one repeat of one of two, the documented one"
        assert len(set(sent)) == 2
        if not statements.failed:
            break
    assert nth > 12


@pytest.mark.parametrize("part", ["clock", "chance"])
def test_a_fault_at_any_call_of_the_clock_or_of_chance_is_an_attempt(
    app: Flask, client: FlaskClient, server: Publisher, clock: Clock, part: str
) -> None:
    hook = add(client, server)
    real: dict[str, Callable[[], Any]] = {"clock": clock, "chance": lambda: 0.5}
    for nth in range(1, 9):
        tell(app, "article.published", f"article:{nth}")
        before = len(server.asked)
        raising = Raising(real[part], nth)
        parts: dict[str, Any] = {part: raising}
        run(app, clock, replace(deliverer(app), **parts), seconds=20)
        run(app, clock, minutes=10)

        assert log(client, hook)[0]["state"] == "delivered"
        assert len(server.asked) - before <= 2
        if part == "clock":
            assert raising.has_raised


def test_a_fault_in_every_try_fails_after_three_days_by_the_schedule(
    app: Flask, client: FlaskClient, server: Publisher, clock: Clock, caplog: Any
) -> None:
    hook = add(client, server)
    other = add(client, server, path="/other")
    server.answers("/other", b"")
    with app.app_context(), transaction() as session:
        # A secret that opens and is none: signing raises what nobody foresaw.
        row = session.query(WebhookEndpoint).filter_by(public_id=hook["id"]).one()
        row.secret = deliverer(app).cipher.encrypt(b"whsec_\xff")
    counted = faults(client, LOOP)
    tell(app, "article.published", "article:1")

    run(app, clock, days=4)

    [entry] = log(client, hook)
    assert entry["state"] == "failed"
    assert 10 < len(entry["attempts"]) <= MOST_TRIES
    errors = {attempt["error"] for attempt in entry["attempts"]}
    ids_shown = {error.split()[2] for error in errors}
    assert all(error.startswith("internal fault ") for error in errors)
    assert sorted(fault_ids(caplog.records)) == sorted(ids_shown), "each once"
    assert faults(client, LOOP) - counted == len(entry["attempts"])
    assert [each["state"] for each in log(client, other)] == ["delivered"]
    assert [request.path for request in server.asked] == ["/other"]
    shown = client.get(f"{HOOKS}/{hook['id']}", headers=EDITOR).get_json()
    assert shown["failures"] == len(entry["attempts"])


@pytest.mark.slow
def test_what_is_never_recorded_is_asked_by_its_schedule_and_ends(
    app: Flask, client: FlaskClient, server: Publisher, clock: Clock
) -> None:
    """Whoever claims can write, whoever records cannot: the worst a database can do."""
    hook = add(client, server)
    tell(app, "article.published", "article:1")

    def is_record(_: int, statement: str) -> bool:
        return statement.startswith("UPDATE webhook_delivery") and "tries=" not in statement

    with failing_statements(app, is_record) as statements:
        run(app, clock, days=2)
    assert statements.failed
    assert 5 < len(server.asked) <= MOST_TRIES
    with failing_statements(app, is_record):
        run(app, clock, days=2)
    assert len(server.asked) <= MOST_TRIES
    run(app, clock, hours=7)

    [entry] = log(client, hook)
    assert entry["state"] == "failed"
    assert {attempt["error"] for attempt in entry["attempts"]} == {UNRECORDED}
    assert len(server.asked) <= MOST_TRIES


def test_a_database_that_is_away_is_asked_slowly_and_nothing_is_sent(
    app: Flask, client: FlaskClient, server: Publisher, clock: Clock
) -> None:
    add(client, server)
    tell(app, "article.published", "article:1")

    with failing_statements(app, lambda *_: True):
        flying = run(app, clock, minutes=5)

    assert server.asked == []
    assert set(flying.pauses) == {PAUSE_S}


def test_a_date_that_no_calendar_has_is_one_failed_attempt_after_the_other(
    app: Flask, client: FlaskClient, server: Publisher, clock: Clock
) -> None:
    hook = add(client, server)
    server.answers("/hook", b"", "503 Unavailable", Retry_After=BAD_DATE)
    tell(app, "article.published", "article:1")

    run(app, clock, days=4)

    [entry] = log(client, hook)
    assert entry["state"] == "failed"
    assert 3 <= len(server.asked) <= MOST_TRIES, "a date beyond every schedule is a day"
    assert {attempt["error"] for attempt in entry["attempts"]} == {"the endpoint answered 503"}


@pytest.mark.parametrize("status", ["503 Unavailable", "429 Too Many Requests"])
@pytest.mark.parametrize(("asked", "waits"), [("900", 900), ("999999999", 86_400)])
def test_a_receiver_that_says_when_to_come_back_is_believed_for_a_day_at_most(
    app: Flask,
    client: FlaskClient,
    server: Publisher,
    clock: Clock,
    status: str,
    asked: str,
    waits: int,
) -> None:
    hook = add(client, server)
    server.answers("/hook", b"", status, Retry_After=asked)
    tell(app, "article.published", "article:1")
    began = clock.now
    run(app, clock, seconds=3)
    server.answers("/hook", b"")

    run(app, clock, seconds=waits - 5)
    assert len(server.asked) == 1
    run(app, clock, minutes=1)

    [entry] = log(client, hook)
    assert (entry["state"], len(server.asked)) == ("delivered", 2)
    assert clock.now - began < timedelta(seconds=waits + 120)


def test_a_delivery_of_a_killed_process_is_shown_as_an_attempt(
    app: Flask, client: FlaskClient, server: Publisher, clock: Clock
) -> None:
    hook = add(client, server)
    tell(app, "article.published", "article:1")
    with app.app_context():
        assert deliverer(app)._claim() is not None
    clock.now += LEASE

    run(app, clock, seconds=3)

    [entry] = log(client, hook)
    assert [attempt["error"] for attempt in entry["attempts"]] == [UNRECORDED, None]
    assert len(server.asked) == 1


@settings(
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(reply=answers())
def test_any_answer_of_a_receiver_is_one_recorded_attempt(
    app: Flask, client: FlaskClient, server: Publisher, clock: Clock, reply: bytes
) -> None:
    client.delete(f"{HOOKS}/{add_once(client, server)['id']}", headers=EDITOR)
    hook = add_once(client, server)
    server.on("/hook", raw(reply))
    tell(app, "article.published", "article:1")
    before = counted_faults(LOOP)

    with app.app_context():
        deliverer(app).step()

    [entry] = log(client, hook)
    [attempt] = entry["attempts"]
    assert entry["state"] in {"delivered", "pending"}
    assert (attempt["error"] is None) == (entry["state"] == "delivered")
    assert counted_faults(LOOP) == before, attempt["error"]


def add_once(client: FlaskClient, server: Publisher) -> Any:
    found = client.get(HOOKS, headers=EDITOR).get_json()["webhooks"]
    return found[0] if found else add(client, server)
