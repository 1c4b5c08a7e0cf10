"""Promises that hold when several web and worker processes act at the same instant."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from backend.core.db import db, transaction
from backend.http.context import AppContext
from backend.http.hooks import Publication
from backend.tables.newsroom import Article
from push.audience.fan_out import fan_out_next
from push.store import queries
from push.store.models import Notification
from tests.conftest import EDITOR, Clock
from tests.factories import Phone, draft, publish, register
from tests.push.audience.test_story import tell
from tests.push.conftest import Provider
from tests.push.editor import NOTIFICATIONS, TAG, alert, read

pytestmark = pytest.mark.usefixtures("tagged")

MakeApp = Callable[..., Flask]


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Every act in a thread of its own, all let go together."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        gate.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def cut_everything(app: Flask, clock: Clock) -> Callable[[], None]:
    def run() -> None:
        with app.app_context():
            for _ in range(20):
                fan_out_next(now=clock.now)

    return run


def test_of_two_machines_with_one_id_and_other_words_one_is_the_alert(
    make_app: MakeApp, client: FlaskClient, work: Callable[[], None], provider: Provider
) -> None:
    phone = register(client, TAG)
    machines = [make_app() for _ in range(4)]
    bodies = [
        {"id": "desk-7", "title": f"Version {number}", "body": "", "urgency": "breaking"}
        for number in range(len(machines))
    ]

    def send(app: Flask, body: dict[str, str]) -> Any:
        said = body | {"topics": [TAG]}
        return app.test_client().post(NOTIFICATIONS, headers=EDITOR, json=said)

    calls = [partial(send, *each) for each in zip(machines, bodies, strict=True)]

    answers = at_once(*calls)
    work()

    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409]
    title = next(answer.get_json()["title"] for answer in answers if answer.status_code == 202)
    assert [m["notification"]["title"] for m in provider.messages] == [title]
    assert provider.addresses == {phone.address: 1}
    with machines[0].app_context():
        assert len(db.session.scalars(select(Notification)).all()) == 1


def test_a_breaking_article_that_two_machines_publish_is_one_alert(
    make_app: MakeApp, client: FlaskClient, work: Callable[[], None], provider: Provider
) -> None:
    phone = register(client, TAG)
    body = draft(tags=["Harbour"], breaking=True, title="Bridge closed")

    def put(app: Flask) -> Any:
        url = "/v1/newsroom/articles/herald/same"
        answer = app.test_client().put(url, headers=EDITOR, json=body)
        assert answer.status_code in {200, 201}, answer.get_json()
        return answer.get_json()["notification_id"]

    machines = [make_app() for _ in range(4)]
    ids = at_once(*(lambda app=app: put(app) for app in machines))
    work()

    assert len(set(ids)) == 1
    assert provider.addresses == {phone.address: 1}


def test_an_article_and_its_alert_are_one_commit(
    app: Flask, client: FlaskClient, work: Callable[[], None], provider: Provider
) -> None:
    """What fails after the alert was planned takes both back."""
    register(client, TAG)
    context: AppContext = app.extensions["tagwire"]

    def fails(*_: Any) -> None:
        raise RuntimeError("another room failed")

    def fail_if_planned(session: Any, publication: Publication) -> None:
        if session.scalars(select(Notification)).first() is not None:
            fails()

    context.hooks.on_publish.append(fail_if_planned)
    url = "/v1/newsroom/articles/herald/both"
    body = draft(tags=["Harbour"], breaking=True)
    answer = client.put(url, headers=EDITOR, json=body)
    context.hooks.on_publish.remove(fail_if_planned)
    work()

    assert answer.status_code == 500
    assert provider.sent == []
    assert client.get(NOTIFICATIONS, headers=EDITOR).get_json()["notifications"] == []
    with app.app_context():
        assert "both" not in set(db.session.scalars(select(Article.external_id)))


def test_a_daily_limit_holds_when_alerts_are_cut_at_the_same_instant(
    make_app: MakeApp,
    client: FlaskClient,
    work: Callable[[], None],
    provider: Provider,
    clock: Clock,
) -> None:
    phones = [register(client, TAG) for _ in range(20)]
    for phone in phones:
        phone.prefer(daily_limit=2)
    alerts = [alert(client, title=f"Number {number}") for number in range(6)]

    at_once(*(cut_everything(make_app(), clock) for _ in range(4)))
    work()

    assert provider.addresses == {phone.address: 2 for phone in phones}
    counts = [read(client, notification)["counts"] for notification in alerts]
    assert sum(count["skipped_by_reason"].get("over_limit", 0) for count in counts) == 80
    for phone in phones[:2]:
        inbox = client.get(f"/v1/installations/{phone.id}/notifications", headers=phone.auth)
        assert len(inbox.get_json()["notifications"]) == 6


def test_alerts_of_one_story_that_are_cut_at_the_same_instant_are_one(
    make_app: MakeApp,
    client: FlaskClient,
    work: Callable[[], None],
    provider: Provider,
    clock: Clock,
) -> None:
    phones = [register(client, TAG) for _ in range(20)]
    for source in ("herald", "courier", "gazette", "tribune"):
        tell(client, source, breaking=True)

    at_once(*(cut_everything(make_app(), clock) for _ in range(4)))
    work()

    assert provider.addresses == Counter(phone.address for phone in phones)


def test_an_address_that_many_register_at_once_is_alerted_once(
    make_app: MakeApp, client: FlaskClient, work: Callable[[], None], provider: Provider
) -> None:
    def join(app: Flask) -> None:
        register(app.test_client(), TAG, address="one-phone")

    machines = [make_app() for _ in range(4)]
    at_once(*(lambda app=app: join(app) for app in machines))
    publish(client, tags=["Harbour"], breaking=True)
    work()

    assert provider.addresses == {"one-phone": 1}


def test_phones_that_report_at_the_same_instant_are_each_counted_once(
    make_app: MakeApp, client: FlaskClient, work: Callable[[], None]
) -> None:
    phones = [register(client, TAG) for _ in range(12)]
    sent = alert(client)
    work()
    machines = [make_app() for _ in range(4)]

    def report(app: Flask) -> None:
        for phone in phones:
            assert say(app.test_client(), phone, sent, "received", "opened") == 202

    at_once(*(lambda app=app: report(app) for app in machines))

    counts = read(client, sent)["counts"]
    assert (counts["received"], counts["opened"]) == (12, 12)


def test_a_phone_that_reports_does_not_wait_for_the_worker_that_counts(
    make_app: MakeApp, client: FlaskClient, work: Callable[[], None]
) -> None:
    """Where many can write at once: SQLite has one writer anyway."""
    phone = register(client, TAG)
    sent = alert(client)
    work()
    counting = make_app()
    with counting.app_context(), ThreadPoolExecutor(1) as pool:
        if db.engine.dialect.name == "sqlite":
            assert say(client, phone, sent, "opened") == 202
        else:
            with transaction() as session:
                queries.by_public_id(session, sent["id"], to_change=True)
                other = make_app().test_client()
                assert pool.submit(say, other, phone, sent, "opened").result(10) == 202

    assert read(client, sent)["counts"]["opened"] == 1


def say(client: FlaskClient, phone: Phone, sent: dict[str, Any], *kinds: str) -> int:
    """What the app on this phone tells of an alert; the status of the answer."""
    named = {"notification_id": sent["id"], "at": "2026-03-02T12:00:00Z"}
    events = [{"type": kind, **named} for kind in kinds]
    url = f"/v1/installations/{phone.id}/events"
    return client.post(url, headers=phone.auth, json={"events": events}).status_code
