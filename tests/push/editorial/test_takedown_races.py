"""Alerts that meet a takedown of their article at the same instant: none of it is sent after."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from backend.http.context import AppContext
from backend.http.hooks import Event
from tests.conftest import EDITOR, Clock
from tests.factories import publish, register
from tests.push.conftest import LOST, Provider
from tests.push.editor import NOTIFICATIONS, TAG, alert, command

pytestmark = pytest.mark.usefixtures("tagged")

Work = Callable[[], None]
# Whom a takedown waits for longer waits for it: that is what the tests want to see.
PATIENCE_S = 1.0
ROUNDS = 4


class SlowTakedown:
    """A takedown that waits before its commit until something else was tried."""

    def __init__(self, app: Flask, *, before_recalls: bool) -> None:
        self._app = app
        self._reached, self._tried = threading.Event(), threading.Event()
        context: AppContext = app.extensions["tagwire"]
        hooks = context.hooks.on_event
        hooks.insert(0 if before_recalls else len(hooks), self._linger)

    def beside(self, article: dict[str, Any], act: Callable[[FlaskClient], Any]) -> Any:
        """The answer to what is done while the article is being taken down."""
        with ThreadPoolExecutor(2) as pool:
            down = pool.submit(take_down, self._app, article)
            assert self._reached.wait(30)
            done: Future[Any] = pool.submit(act, self._app.test_client())
            done.add_done_callback(lambda _: self._tried.set())
            assert down.result() == 204
            return done.result()

    def _linger(self, _session: Session, event: Event) -> None:
        if event.name == "article.unpublished":
            self._reached.set()
            self._tried.wait(PATIENCE_S)


def take_down(app: Flask, article: dict[str, Any]) -> int:
    url = f"/v1/newsroom/articles/{article['id']}"
    return app.test_client().delete(url, headers=EDITOR).status_code


def compose(client: FlaskClient, article: dict[str, Any], **fields: Any) -> Any:
    body = {"title": "Bridge", "body": "", "urgency": "breaking", "topics": [TAG]}
    about = {"article_id": article["id"]} | fields
    return client.post(NOTIFICATIONS, headers=EDITOR, json=body | about)


def send_draft(client: FlaskClient, article: dict[str, Any]) -> Any:
    content = {"title": "Bridge", "article_id": article["id"], "audience": {"any": [TAG]}}
    made = client.post(
        "/v1/newsroom/drafts", headers=EDITOR, json={"kind": "draft", "content": content}
    ).get_json()
    url = f"/v1/newsroom/drafts/{made['id']}/send"
    return client.post(url, headers=EDITOR, json={"version": made["version"]})


def states_of(client: FlaskClient) -> list[str]:
    found = client.get(NOTIFICATIONS, headers=EDITOR).get_json()["notifications"]
    return [each["state"] for each in found]


@pytest.mark.parametrize("before_recalls", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("way", ["now", "later", "approval", "draft"])
def test_an_alert_about_an_article_that_is_being_taken_down_is_refused(
    app: Flask, client: FlaskClient, way: str, *, before_recalls: bool
) -> None:
    article = publish(client, tags=["Harbour"])
    fields: dict[str, Any] = {
        "later": {"send_at": "2026-03-02T15:00:00Z"},
        "approval": {"approval": True},
    }

    def act(other: FlaskClient) -> Any:
        if way == "draft":
            return send_draft(other, article)
        return compose(other, article, **fields.get(way, {}))

    answer = SlowTakedown(app, before_recalls=before_recalls).beside(article, act)

    assert (answer.status_code, states_of(client)) == (422, [])
    assert "no such public article" in str(answer.get_json()["errors"])


def test_an_alert_and_a_takedown_at_once_leave_nothing_to_send(
    app: Flask, client: FlaskClient, work: Work, provider: Provider
) -> None:
    register(client, TAG)
    for _ in range(ROUNDS):
        article, gate = publish(client, tags=["Harbour"]), threading.Barrier(2)

        def at_once(act: Callable[..., Any], given: Any, about: Any, gate: Any = gate) -> Any:
            gate.wait()
            return act(given, about)

        with ThreadPoolExecutor(2) as pool:
            pool.submit(at_once, take_down, app, article)
            pool.submit(at_once, compose, app.test_client(), article)

    assert {*states_of(client)} <= {"recalled"}
    work()
    assert provider.sent == []


@pytest.mark.parametrize("before_recalls", [True, False], ids=["before", "after"])
def test_a_repeat_beside_a_takedown_is_refused_or_recalled(
    app: Flask,
    client: FlaskClient,
    work: Work,
    provider: Provider,
    clock: Clock,
    *,
    before_recalls: bool,
) -> None:
    article = publish(client, tags=["Harbour"])
    provider.answer(register(client, TAG).address, LOST, LOST)
    notification = alert(client, article_id=article["id"])
    for _ in range(12):
        work()
        clock.forward(seconds=10)
    before = len(provider.sent)

    answer = SlowTakedown(app, before_recalls=before_recalls).beside(
        article, lambda other: command(other, notification, "repeat")
    )
    work()

    assert answer.status_code in {202, 409}
    assert not {*states_of(client)} & {"planning", "sending", "scheduled", "awaiting_approval"}
    assert len(provider.sent) == before
