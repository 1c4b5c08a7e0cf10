"""Drafts: nothing typed is lost, two editors notice each other, ten seconds to take it back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.http.keys import create_key
from tests.conftest import EDITOR, START, Clock, bearer
from tests.factories import register
from tests.push.conftest import Provider
from tests.push.editor import NOTIFICATIONS, TAG, read

DRAFTS = "/v1/newsroom/drafts"
WHOLE = {"title": "Bridge closed", "body": "Until noon.", "audience": {"any": [TAG]}}

pytestmark = pytest.mark.usefixtures("tagged")


def call(client: FlaskClient, method: str, path: str = "", **given: Any) -> Any:
    return client.open(DRAFTS + path, method=method, **{"headers": EDITOR, **given})


def begun(client: FlaskClient, **body: Any) -> dict[str, Any]:
    answer = call(client, "POST", json={"content": WHOLE, **body})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def sent(client: FlaskClient, draft: dict[str, Any], **body: Any) -> Any:
    return call(client, "POST", f"/{draft['id']}/send", json={"version": draft["version"], **body})


@pytest.fixture
def ann(app: Flask, clock: Clock) -> dict[str, str]:
    with app.app_context():
        return bearer(create_key("editor", "Ann", (), now=clock.now, all_sources=True))


def test_half_an_alert_is_kept_as_it_is(client: FlaskClient) -> None:
    draft = begun(client, content={"title": "Bri", "send_at": "2026-03-02T14:00:00+02:00"})

    kept = call(client, "GET", f"/{draft['id']}").get_json()

    assert kept["content"] == {"title": "Bri", "send_at": "2026-03-02T12:00:00Z"}
    answer = sent(client, draft)
    assert answer.status_code == 422
    assert answer.get_json()["errors"].keys() == {"audience"}


def test_the_second_editor_is_told_of_the_first_ones_change(
    client: FlaskClient, ann: dict[str, str]
) -> None:
    draft = begun(client)
    path, change = f"/{draft['id']}", {"content": WHOLE | {"title": "Hers"}, "version": 1}

    first = call(client, "PUT", path, json=change, headers=ann)
    second = call(client, "PUT", path, json={"content": WHOLE | {"title": "His"}, "version": 1})

    assert first.get_json()["version"] == 2
    assert second.status_code == 409
    assert "Ann changed it" in second.get_json()["detail"]
    assert call(client, "GET", path).get_json()["content"]["title"] == "Hers"
    assert call(client, "PUT", path, json=change).status_code == 200, "what says the same is kept"


def test_what_was_sent_begins_in_ten_seconds(
    client: FlaskClient, clock: Clock, work: Callable[[], None], provider: Provider
) -> None:
    register(client, TAG)
    draft = begun(client)

    alert = sent(client, draft).get_json()
    work()
    assert (alert["state"], provider.sent) == ("scheduled", [])
    assert alert["send_at"] == (START + timedelta(seconds=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert sent(client, draft).get_json()["id"] == alert["id"], "sent once"

    clock.forward(seconds=10)
    work()
    assert [message["notification"]["title"] for message in provider.messages] == ["Bridge closed"]
    taken = call(client, "POST", f"/{draft['id']}/restore")
    assert taken.status_code == 409
    assert "recall it" in taken.get_json()["detail"]


def test_what_is_taken_back_never_leaves_and_is_a_draft_again(
    client: FlaskClient, clock: Clock, work: Callable[[], None], provider: Provider
) -> None:
    register(client, TAG)
    draft = begun(client)
    first = sent(client, draft).get_json()

    taken = call(client, "POST", f"/{draft['id']}/restore").get_json()
    clock.forward(minutes=1)
    work()

    assert (taken["sent_as"], taken["content"]) == (None, WHOLE)
    assert (provider.sent, read(client, first)["state"]) == ([], "recalled")
    assert sent(client, draft).get_json()["id"] != first["id"]


def test_whoever_wrote_a_part_of_a_draft_may_not_approve_it(
    client: FlaskClient, ann: dict[str, str]
) -> None:
    draft = begun(client)
    change = {"content": WHOLE | {"body": "Until one."}, "version": 1}
    call(client, "PUT", f"/{draft['id']}", json=change, headers=ann)

    alert = sent(client, draft | {"version": 2}, approval=True).get_json()
    answer = client.post(f"{NOTIFICATIONS}/{alert['id']}/approve", headers=ann, json={})

    assert (alert["state"], alert["authors"]) == ("awaiting_approval", ["Ann", "NEWSROOM_KEY"])
    assert answer.status_code == 403


def test_drafts_and_templates_are_lists_of_their_own(client: FlaskClient) -> None:
    first, second = begun(client), begun(client)
    sports = begun(client, kind="template", name="Sport", content={"level": "important"})
    call(client, "DELETE", f"/{first['id']}")

    def ids(**query: Any) -> list[str]:
        found = call(client, "GET", query_string=query).get_json()["drafts"]
        return [each["id"] for each in found]

    assert ids() == [second["id"]]
    assert ids(kind="template") == [sports["id"]]
    assert call(client, "POST", json={"kind": "template"}).status_code == 422
    call(client, "POST", f"/{first['id']}/restore")
    page = call(client, "GET", query_string={"limit": 1}).get_json()
    assert [each["id"] for each in page["drafts"]] == [second["id"]]
    assert ids(limit=1, cursor=page["next_cursor"]) == [first["id"]]


def test_a_dry_run_for_named_phones_is_shown_on_them_and_on_no_other(
    client: FlaskClient, work: Callable[[], None], provider: Provider
) -> None:
    mine, other, reader = (register(client, TAG) for _ in range(3))
    for phone in (mine, other):
        client.put(f"/v1/newsroom/devices/{phone.id}", headers=EDITOR)
    body = {"title": "Bridge", "body": "", "topics": [TAG], "urgency": "normal", "dry_run": True}

    refused = client.post(NOTIFICATIONS, headers=EDITOR, json=body | {"phones": [reader.id]})
    client.post(NOTIFICATIONS, headers=EDITOR, json=body | {"phones": [mine.id]})
    work()

    assert refused.status_code == 422
    assert [sent["message"]["token"] for sent in provider.sent] == [mine.address]
    assert "validate_only" not in provider.sent[0]
