"""An id that a caller chose: one content, one answer; and an address like our own."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.http.client_ids import digests_of
from tests.conftest import EDITOR
from tests.factories import register
from tests.push.editor import NOTIFICATIONS, TAG, alert, read

pytestmark = pytest.mark.usefixtures("tagged")

ID = "my-own-1"


def post(client: FlaskClient, **fields: Any) -> Any:
    body = {"title": "Bridge closed", "body": "", "topics": [TAG], "urgency": "normal", "id": ID}
    return client.post(NOTIFICATIONS, headers=EDITOR, json=body | fields)


def test_the_same_content_has_the_first_answer_and_other_content_names_what_differs(
    client: FlaskClient,
) -> None:
    first = post(client).get_json()

    assert post(client, topics=[TAG, TAG], approval=False).get_json()["id"] == first["id"]
    other = post(client, title="Open again", expires_in_s=60)
    assert other.status_code == 409
    assert set(other.get_json()["errors"]) == {"title", "expires_in_s"}


def test_what_an_editor_changes_later_makes_the_request_no_other_one(client: FlaskClient) -> None:
    first = post(client, send_at="2026-03-02T15:00:00Z").get_json()
    client.patch(f"{NOTIFICATIONS}/{ID}", headers=EDITOR, json={"title": "Better"})

    again = post(client, send_at="2026-03-02T16:00:00+01:00")

    assert (again.status_code, again.get_json()["id"]) == (202, first["id"])
    assert again.get_json()["title"] == "Better"


@pytest.mark.parametrize("order", [(True, False), (False, True)])
def test_a_dry_run_never_stands_for_an_alert(client: FlaskClient, order: tuple[bool, bool]) -> None:
    made = [post(client, dry_run=dry_run).get_json() for dry_run in order]

    assert [each["dry_run"] for each in made] == [*order]
    assert read(client, ID)["dry_run"] is False
    assert post(client, dry_run=True, title="Other").status_code == 409


def test_the_callers_id_is_an_address_for_every_verb(client: FlaskClient) -> None:
    register(client, TAG)
    made = alert(client, id=ID, approval=True)
    url = f"{NOTIFICATIONS}/{ID}"

    assert read(client, ID)["id"] == made["id"]
    assert client.patch(url, headers=EDITOR, json={"body": "Now"}).get_json()["id"] == made["id"]
    assert client.post(f"{url}/approve", headers=EDITOR).status_code == 403
    assert client.post(f"{url}/correct", headers=EDITOR, json={"body": "x"}).status_code == 409
    recalled = client.post(f"{url}/recall", headers=EDITOR).get_json()
    assert (recalled["id"], recalled["state"]) == (made["id"], "recalled")
    stream = client.get(f"{url}/stream", headers=EDITOR)
    assert next(iter(stream.response))


def test_the_id_that_another_one_has_from_us_is_refused(client: FlaskClient) -> None:
    ours = alert(client)["id"]

    assert post(client, id=ours).status_code == 409
    assert read(client, ours)["title"] == "Bridge closed"


def test_of_two_contents_at_once_one_is_taken_and_the_others_are_told(app: Flask) -> None:
    with ThreadPoolExecutor(8) as pool:
        titles = ["A", "B"] * 4
        answers = [*pool.map(lambda title: post(app.test_client(), title=title), titles)]

    taken = {each.get_json()["title"] for each in answers if each.status_code == 202}
    assert len(taken) == 1
    assert sorted(each.status_code for each in answers) == [202] * 4 + [409] * 4


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ({"topics": ["b", "a"]}, {"topics": ["a", "b", "a"]}, True),
        ({"title": "A", "variants": {}}, {"title": "A", "dry_run": False, "send_at": None}, True),
        ({"title": "A"}, {"title": "A", "body": "B"}, False),
        ({"variants": {"ko": {"title": "A"}}}, {"variants": {"ko": {"title": "B"}}}, False),
    ],
)
def test_two_requests_are_the_same_when_they_say_the_same(
    one: dict[str, Any], other: dict[str, Any], is_same: bool
) -> None:
    assert (digests_of(one) == digests_of(other)) is is_same
