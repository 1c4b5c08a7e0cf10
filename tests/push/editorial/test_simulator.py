"""A test alert of the phone simulator: to the phone that asks, and in the demo alone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from backend.core.db import db
from push.delivery.local_sender import LocalSender
from push.delivery.worker import Worker
from tests.conftest import EDITOR, Clock
from tests.factories import publish, register
from tests.push.editor import TAG, alert


@pytest.mark.parametrize(("demo", "status"), [("1", 202), ("0", 404)])
def test_a_phone_of_the_demo_alerts_itself(
    make_app: Callable[..., Flask], demo: str, status: int
) -> None:
    client = make_app(DEMO=demo).test_client()
    phone, other = register(client), register(client)
    path = f"/simulator/phones/{phone.id}/alert"

    assert client.post(path).status_code == 401
    assert client.post(path, headers=other.auth).status_code in {403, 404}
    assert client.post(path, headers=phone.auth).status_code == status

    sent = client.get("/v1/newsroom/notifications", headers=EDITOR).get_json()["notifications"]
    assert [each["title"] for each in sent] == (["A test alert"] if status == 202 else [])


def test_one_page_lists_what_each_phone_of_the_demo_got(
    make_app: Callable[..., Flask], clock: Clock
) -> None:
    app = make_app(DEMO="1")
    client = app.test_client()
    publish(client, source="herald", tags=["Harbour"], category="World")
    phones = [register(client, TAG) for _ in range(2)]
    for title in ("The first", "The second"):
        alert(client, title=title, insist=True)
        worker = Worker(LocalSender(clock), clock, app.extensions["tagwire"].hooks.tell)
        with app.app_context():
            settle(worker)

    shown = client.get("/simulator/messages")
    text = shown.get_data(as_text=True)
    assert shown.headers["Cache-Control"] == "no-store"
    assert text.count("<section") == 2
    assert text.index("The second") < text.index("The first")
    assert "apns-collapse-id" in text or "collapse_key" in text
    for phone in phones:
        assert phone.id in text
        assert phone.address not in text


def test_an_alert_that_the_simulator_could_not_take_comes_a_little_later(
    make_app: Callable[..., Flask], clock: Clock
) -> None:
    app = make_app(DEMO="1")
    client = app.test_client()
    publish(client, source="herald", tags=["Harbour"], category="World")
    register(client, TAG)
    alert(client, title="Bridge closed", insist=True)
    worker = Worker(LocalSender(clock), clock, app.extensions["tagwire"].hooks.tell)

    with app.app_context():
        with refusing_to_write("local_message"):
            settle(worker)
        missed = client.get("/simulator/messages").get_data(as_text=True)
        clock.forward(minutes=1)
        settle(worker)

    assert "Bridge closed" not in missed
    assert client.get("/simulator/messages").get_data(as_text=True).count("Bridge closed") == 1


def settle(worker: Worker) -> None:
    while worker.step():
        pass


@contextmanager
def refusing_to_write(table: str) -> Iterator[None]:
    """As when whoever else writes keeps the database for longer than anybody waits."""

    def refuse(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(f"INSERT INTO {table}"):
            raise OperationalError(statement, {}, Exception("database is locked"))

    event.listen(db.engine, "before_cursor_execute", refuse)
    yield
    event.remove(db.engine, "before_cursor_execute", refuse)


def test_there_is_no_test_bench_in_production(make_app: Callable[..., Flask]) -> None:
    assert make_app(DEMO="0").test_client().get("/simulator/messages").status_code == 404
