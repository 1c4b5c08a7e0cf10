"""The background process: nothing ends a loop, and one task keeps no other one waiting."""

from datetime import timedelta
from itertools import count, pairwise
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from backend.background import FIRST_RETRY, PAUSE_S, Rest, Scheduler
from backend.core.db import db, transaction
from backend.feed import search_index
from backend.http.hooks import Publication
from backend.tables.newsroom import Article
from backend.tables.search import SearchEntry
from backend.tables.webhooks import WebhookMessage
from schemas.fields import instant_text
from tests.backend.injection import (
    FlyingTime,
    Injected,
    failing_statements,
    fault_ids,
    faults,
    fly,
    nth_of,
)
from tests.backend.webhooks.test_webhooks import tell
from tests.conftest import START, Clock
from tests.factories import publish


@pytest.fixture
def scheduler(app: Flask, clock: Clock) -> Scheduler:
    return Scheduler(app.extensions["tagwire"].hooks, clock)


def run(app: Flask, clock: Clock, scheduler: Scheduler, **by: float) -> FlyingTime:
    return fly(app, clock, "embargoes", scheduler.step, **by)


def hold(client: FlaskClient, name: str, **by: float) -> dict[str, Any]:
    until = instant_text(START + timedelta(**by))
    return publish(client, external_id=name, title=name, tags=["Harbour"], embargo_until=until)


def titles(client: FlaskClient) -> set[str]:
    page = client.get("/v1/tags/harbour/articles").get_json()
    return {article["title"] for article in page.get("articles", [])}


def test_an_article_that_cannot_be_released_waits_and_keeps_no_other_one_back(
    app: Flask, client: FlaskClient, clock: Clock, scheduler: Scheduler, caplog: Any
) -> None:
    tries: list[Any] = []

    def stumble(_: Session, publication: Publication) -> None:
        if publication.article.title == "odd":
            tries.append(clock.now)
            if len(tries) < 5:
                raise Injected

    scheduler.hooks.on_publish.append(stumble)
    hold(client, "odd", minutes=1)
    hold(client, "good", minutes=1)
    clock.forward(minutes=1)
    counted = faults(client, "embargoes")

    run(app, clock, scheduler, seconds=5)
    assert titles(client) == {"good"}
    assert len(tries) == 1
    run(app, clock, scheduler, minutes=5)

    assert titles(client) == {"good", "odd"}
    waits = [later - earlier for earlier, later in pairwise(tries)]
    assert waits[0] >= FIRST_RETRY
    assert waits == sorted(waits)
    assert len(set(fault_ids(caplog.records))) == 4
    assert faults(client, "embargoes") - counted == 4


@pytest.mark.any_engine
def test_a_fault_at_any_statement_releases_every_article_once(
    app: Flask, client: FlaskClient, clock: Clock, scheduler: Scheduler
) -> None:
    told: list[str] = []
    scheduler.hooks.on_event.append(lambda _, event: told.append(event.data["title"]))
    for nth in count(1, 3):
        until = instant_text(clock.now + timedelta(minutes=1))
        for name in (f"a{nth}", f"b{nth}"):
            publish(client, external_id=name, title=name, embargo_until=until)
        clock.forward(minutes=1)
        with failing_statements(app, nth_of(nth)) as statements:
            run(app, clock, scheduler, seconds=3)
        run(app, clock, scheduler, minutes=2)

        with app.app_context():
            listed = {each.title for each in db.session.query(Article) if each.is_listed}
        assert {f"a{nth}", f"b{nth}"} <= listed
        if not statements.failed:
            break
    assert nth > 20


def test_a_task_of_the_housekeeping_that_fails_keeps_no_other_one_back(
    app: Flask, client: FlaskClient, clock: Clock, scheduler: Scheduler
) -> None:
    tell(app, "article.published", "article:1")
    counted = faults(client, "housekeeping")
    clock.forward(days=40)

    def is_task(_: int, statement: str) -> bool:
        return "search_entry" in statement or "article_sketch" in statement

    with failing_statements(app, is_task):
        run(app, clock, scheduler, seconds=10)

    with app.app_context():
        assert db.session.query(WebhookMessage).count() == 0
    assert faults(client, "housekeeping") - counted == 2, "two tasks, once in this hour"


def test_an_article_that_cannot_be_indexed_keeps_no_other_one_out_of_the_search(
    app: Flask, client: FlaskClient, clock: Clock, scheduler: Scheduler
) -> None:
    for number in range(3):
        publish(client, title=f"Zeppelin {number}")
    with app.app_context(), transaction() as session:
        for entry in session.query(SearchEntry).all():
            search_index.drop(session, entry.article_id)
    seen: list[str] = []

    def is_second_insert(_: int, statement: str) -> bool:
        if statement.startswith("INSERT INTO search_entry"):
            seen.append(statement)
            return len(seen) == 2
        return False

    with failing_statements(app, is_second_insert):
        run(app, clock, scheduler, seconds=3)

    with app.app_context():
        assert db.session.query(SearchEntry).count() == 3, "two at once, the third right after"


def test_a_database_that_is_away_is_asked_slowly(
    app: Flask, client: FlaskClient, clock: Clock, scheduler: Scheduler
) -> None:
    with failing_statements(app, lambda *_: True):
        flying = run(app, clock, scheduler, minutes=1)

    assert set(flying.pauses) == {PAUSE_S}


class SilentBell:
    """Remembers for how long it was waited for."""

    def __init__(self, rings: int) -> None:
        self.rings = rings
        self.waits: list[float] = []

    def wait(self, _heard: int, seconds: float) -> None:
        self.waits.append(seconds)


@pytest.mark.parametrize(
    ("rings", "waits"), [(1, [7.0]), (2, [])], ids=["nobody committed", "somebody did"]
)
def test_a_loop_without_work_rests_until_the_next_is_due_unless_somebody_committed(
    app: Flask, clock: Clock, rings: int, waits: list[float]
) -> None:
    bell: Any = SilentBell(rings)
    rest = Rest(bell, clock, lambda _session, began: began + timedelta(seconds=7))

    with app.app_context():
        rest.wait(heard=1, began=clock())

    assert bell.waits == waits


def test_the_scheduler_rests_until_the_end_of_an_embargo_and_not_while_it_sweeps(
    app: Flask, clock: Clock, scheduler: Scheduler
) -> None:
    with app.app_context():
        scheduler.step()
        while scheduler.next_due_at(db.session(), clock()) == clock():
            scheduler.step()
        idle = scheduler.next_due_at(db.session(), clock())

    assert idle is not None
    assert idle > clock()
