"""Whatever goes wrong in a purge, foreseen or not: a failure with back-off, and then it is told."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings

from backend.core.db import db
from backend.purge.extension import purger
from backend.purge.purger import LOOP, Purger
from backend.tables.purge import CACHE, PurgeProgress
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
from tests.conftest import Clock
from tests.factories import publish

BAD_DATE = "Fri, 31 Dec 9999 23:59:59 -2359"


@pytest.fixture
def cache() -> Iterator[Publisher]:
    with publisher() as found:
        found.answers("/purge", b"", "200 OK")
        yield found


@pytest.fixture
def app(make_app: Callable[..., Flask], cache: Publisher) -> Flask:
    return make_app(PURGE_URL=cache.url("/purge"))


def unhurried(app: Flask, **parts: Any) -> Purger:
    found = purger(app)
    assert found is not None
    return replace(found, **({"wait": lambda _: None} | parts))


def run(app: Flask, clock: Clock, loop: Purger | None = None, **by: float) -> FlyingTime:
    return fly(app, clock, LOOP, (loop or unhurried(app)).step, **by)


def progress(app: Flask) -> tuple[int, bool]:
    """Failures in a row, and whether somebody has the turn."""
    with app.app_context():
        row = db.session.get_one(PurgeProgress, CACHE)
        found = row.failures, row.lease_until is not None
        db.session.remove()
        return found


def told(cache: Publisher, article: Any) -> int:
    keys = [request.headers["surrogate-key"].split() for request in cache.asked]
    return sum(f"article-{article['id']}" in each for each in keys)


def test_a_fault_at_any_statement_is_told_at_most_twice(
    app: Flask, client: FlaskClient, cache: Publisher, clock: Clock
) -> None:
    for nth in itertools.count(1):
        article = publish(client)
        with failing_statements(app, nth_of(nth)) as statements:
            run(app, clock, seconds=10)
        run(app, clock, minutes=5)

        assert 1 <= told(cache, article) <= 2
        assert progress(app) == (0, False)
        if not statements.failed:
            break
    assert nth > 8


@pytest.mark.parametrize("nth", range(1, 6))
def test_a_fault_at_any_call_of_the_clock_is_told_at_most_twice(
    app: Flask, client: FlaskClient, cache: Publisher, clock: Clock, nth: int
) -> None:
    article = publish(client)
    run(app, clock, unhurried(app, clock=Raising(clock, nth)), seconds=10)
    run(app, clock, minutes=5)

    assert 1 <= told(cache, article) <= 2
    assert progress(app) == (0, False)


def test_a_fault_in_every_call_backs_off_and_is_logged_and_counted(
    app: Flask, client: FlaskClient, cache: Publisher, clock: Clock, caplog: Any
) -> None:
    publish(client)
    counted = faults(client, LOOP)
    odd = unhurried(app, headers={"X-Odd": object()})

    run(app, clock, odd, minutes=20)

    failures, is_leased = progress(app)
    assert 4 < failures < 12
    assert not is_leased
    assert len(set(fault_ids(caplog.records))) == failures
    assert faults(client, LOOP) - counted == failures


def test_what_is_never_recorded_backs_off_up_to_five_minutes(
    app: Flask, client: FlaskClient, cache: Publisher, clock: Clock
) -> None:
    publish(client)

    def is_record(_: int, statement: str) -> bool:
        return (
            statement.startswith("UPDATE purge_progress")
            and "claims=" not in (statement.partition("WHERE")[0])
        )

    with failing_statements(app, is_record) as statements:
        run(app, clock, hours=2)

    assert statements.failed
    assert 10 < len(cache.asked) < 40
    run(app, clock, minutes=10)
    assert progress(app) == (0, False)


def test_a_date_that_no_calendar_has_is_a_refusal_as_any_other(
    app: Flask, client: FlaskClient, cache: Publisher, clock: Clock
) -> None:
    cache.answers("/purge", b"", "503 Unavailable", Retry_After=BAD_DATE)
    publish(client)

    run(app, clock, hours=1)

    assert 5 < len(cache.asked) < 25
    assert progress(app)[0] == len(cache.asked)


@pytest.mark.any_engine
@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(reply=answers())
def test_any_answer_of_a_cache_is_a_recorded_turn_without_a_fault(
    app: Flask, client: FlaskClient, cache: Publisher, clock: Clock, reply: bytes
) -> None:
    cache.on("/purge", raw(reply))
    publish(client)
    clock.now += timedelta(minutes=10)
    before, counted = progress(app), counted_faults(LOOP)

    with app.app_context():
        is_taken = unhurried(app).step()

    assert progress(app) == ((0, False) if is_taken else (before[0] + 1, False))
    assert counted_faults(LOOP) == counted
