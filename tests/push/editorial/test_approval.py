"""Two persons: bound to the text, the topics and the options that the second one saw."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.http.keys import create_key
from tests.conftest import EDITOR, Clock, bearer
from tests.factories import publish, register
from tests.push.conftest import Provider
from tests.push.editor import NOTIFICATIONS, TAG, alert, command, read

pytestmark = pytest.mark.usefixtures("tagged")

Work = Callable[[], None]


@pytest.fixture
def second(app: Flask, clock: Clock) -> dict[str, str]:
    with app.app_context():
        return bearer(create_key("editor", "second", (), now=clock.now))


def approve(
    client: FlaskClient, notification: dict[str, Any], key: dict[str, str], **body: Any
) -> Any:
    url = f"{NOTIFICATIONS}/{notification['id']}/approve"
    return client.post(url, headers=key, json=body) if body else client.post(url, headers=key)


@pytest.mark.parametrize(
    "edit",
    [
        {"title": "Other"},
        {"body": "Other"},
        {"topics": ["source:herald"]},
        {"variants": {"ko": {"title": "다리", "body": ""}}},
        {"send_at": "2026-03-02T16:00:00Z"},
    ],
    ids=["title", "body", "topics", "variants", "time"],
)
def test_any_edit_changes_the_hash_and_voids_the_approval(
    client: FlaskClient,
    work: Work,
    provider: Provider,
    clock: Clock,
    second: dict[str, str],
    edit: dict[str, Any],
) -> None:
    register(client, TAG, "source:herald")
    notification = alert(client, approval=True, send_at="2026-03-02T15:00:00Z")
    seen = approve(client, notification, second).get_json()
    url = f"{NOTIFICATIONS}/{notification['id']}"

    edited = client.patch(url, headers=EDITOR, json=edit).get_json()
    clock.forward(hours=3, minutes=1)
    work()

    assert edited["content_hash"] != seen["content_hash"]
    assert (edited["state"], edited["approved_by"]) == ("awaiting_approval", None)
    assert provider.sent == []
    stale = approve(client, notification, second, content_hash=seen["content_hash"])
    assert stale.status_code == 409
    fresh = approve(client, notification, second, content_hash=edited["content_hash"])
    assert fresh.status_code == 200


def test_nobody_who_wrote_any_part_of_it_approves_it(
    app: Flask, client: FlaskClient, second: dict[str, str], clock: Clock
) -> None:
    with app.app_context():
        third = bearer(create_key("editor", "third", (), now=clock.now))
    notification = alert(client, approval=True)
    url = f"{NOTIFICATIONS}/{notification['id']}"
    edited = client.patch(url, headers=second, json={"title": "Better"}).get_json()

    assert edited["authors"] == ["NEWSROOM_KEY", "second"]
    assert approve(client, notification, second).status_code == 403
    assert approve(client, notification, EDITOR).status_code == 403
    assert approve(client, notification, third).status_code == 200


def test_a_change_that_changes_nothing_makes_nobody_an_author_and_voids_nothing(
    client: FlaskClient, second: dict[str, str]
) -> None:
    notification = alert(client, approval=True, send_at="2026-03-02T15:00:00Z")
    url = f"{NOTIFICATIONS}/{notification['id']}"
    same = {name: notification[name] for name in ("title", "body", "topics", "send_at")}

    for body in ({}, same):
        untouched = client.patch(url, headers=second, json=body).get_json()
        assert untouched["authors"] == ["NEWSROOM_KEY"]
    assert approve(client, notification, EDITOR).status_code == 403
    assert approve(client, notification, second).status_code == 200
    again = client.patch(url, headers=EDITOR, json=same).get_json()
    assert (again["state"], again["approved_by"]) == ("scheduled", "second")


def test_who_wrote_the_article_does_not_approve_its_alert(
    make_app: Callable[..., Flask], clock: Clock
) -> None:
    app = make_app(PUSH_APPROVAL="all")
    client = app.test_client()
    with app.app_context():
        second = bearer(create_key("editor", "second", (), now=clock.now))
        third = bearer(create_key("editor", "third", (), now=clock.now))
    publish(client, external_id="1", source="herald", tags=["Harbour"])
    url = "/v1/newsroom/articles/herald/1"
    marked = client.patch(url, headers=second, json={"breaking": True}).get_json()
    planned = {"id": marked["notification_id"]}

    assert approve(client, planned, EDITOR).status_code == 403
    assert approve(client, planned, second).status_code == 403
    assert approve(client, planned, third).status_code == 200


def test_an_approval_is_for_editors_and_for_what_awaits_one(
    app: Flask, client: FlaskClient, second: dict[str, str], clock: Clock
) -> None:
    with app.app_context():
        publisher = bearer(create_key("publisher", "feeder", (), now=clock.now))
    waiting, plain = alert(client, approval=True), alert(client)

    assert approve(client, waiting, publisher).status_code == 403
    assert approve(client, waiting, {}).status_code == 401
    assert approve(client, plain, second).status_code == 409
    assert approve(client, {"id": "none"}, second).status_code == 404
    assert approve(client, waiting, second, content_hash="short").status_code == 422


def test_approving_twice_changes_nothing(client: FlaskClient, second: dict[str, str]) -> None:
    notification = alert(client, approval=True)

    first, again = (approve(client, notification, second).get_json() for _ in range(2))

    assert (first["state"], first["approved_by"]) == ("planning", "second")
    assert again["content_hash"] == first["content_hash"]


def test_what_is_approved_too_late_is_not_sent(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock, second: dict[str, str]
) -> None:
    """It lives from the writer's moment, not from the approval."""
    register(client, TAG)
    notification = alert(client, approval=True, expires_in_s=600)
    clock.forward(seconds=601)
    approve(client, notification, second)
    work()

    assert provider.sent == []
    assert read(client, notification)["state"] == "expired"


def test_what_is_approved_in_time_lives_for_what_is_left(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock, second: dict[str, str]
) -> None:
    register(client, TAG)
    notification = alert(client, approval=True, expires_in_s=600)
    clock.forward(seconds=540)
    approve(client, notification, second)
    work()

    assert provider.messages[0]["android"]["ttl"] == "60s"


def test_moving_a_scheduled_alert_keeps_how_long_it_lives(client: FlaskClient) -> None:
    notification = alert(client, send_at="2026-03-02T15:00:00Z", expires_in_s=600)
    url = f"{NOTIFICATIONS}/{notification['id']}"

    moved = client.patch(url, headers=EDITOR, json={"send_at": "2026-03-02T18:00:00Z"}).get_json()

    assert moved["send_at"] == "2026-03-02T18:00:00Z"
    assert moved["expires_at"] == "2026-03-02T18:10:00Z"


def test_what_has_begun_is_not_edited(client: FlaskClient, work: Work) -> None:
    register(client, TAG)
    notification = alert(client)
    work()
    url = f"{NOTIFICATIONS}/{notification['id']}"

    assert client.patch(url, headers=EDITOR, json={"title": "Late"}).status_code == 409


def test_where_the_house_asks_for_two_a_dry_run_needs_one(make_app: Callable[..., Flask]) -> None:
    client = make_app(PUSH_APPROVAL="all").test_client()
    publish(client, tags=["Harbour"])

    assert alert(client, urgency="normal")["state"] == "awaiting_approval"
    assert alert(client, dry_run=True)["state"] == "planning"


def test_a_recalled_draft_cannot_be_approved(client: FlaskClient, second: dict[str, str]) -> None:
    notification = alert(client, approval=True)
    command(client, notification, "recall")

    assert approve(client, notification, second).status_code == 409
