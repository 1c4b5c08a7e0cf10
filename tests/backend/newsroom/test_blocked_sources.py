"""Nothing more of a blocked source is published, whoever sends it, until it is unblocked."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.http.context import current_context
from backend.http.keys import create_key
from backend.newsroom.service import release_due
from schemas.fields import instant_text
from tests.conftest import EDITOR, START, Clock, bearer
from tests.factories import draft, publish

LIST = "/v1/newsroom/articles"
SOURCE = "/v1/newsroom/sources/herald"


@pytest.fixture
def publisher(app: Flask) -> dict[str, str]:
    with app.app_context():
        return bearer(create_key("publisher", "herald", ["herald"], now=START, may_embargo=True))


def block(client: FlaskClient, *, is_blocked: bool = True) -> None:
    answer = client.put(SOURCE, headers=EDITOR, json={"blocked": is_blocked})
    assert answer.status_code == 200, answer.text


def change(client: FlaskClient, key: dict[str, str], article: dict[str, Any], **fields: Any) -> Any:
    return client.patch(f"{LIST}/{article['id']}", headers=key, json=fields)


def held(client: FlaskClient) -> dict[str, Any]:
    until = instant_text(START + timedelta(hours=1))
    return publish(client, title="Held", embargo_until=until, breaking=True)


def release(app: Flask) -> int:
    with app.app_context():
        return release_due(current_context().hooks, now=current_context().now())


def status(client: FlaskClient, article: dict[str, Any]) -> int:
    return client.get(f"/v1/articles/{article['id']}").status_code


def test_its_publisher_changes_nothing_that_is_public(
    client: FlaskClient, publisher: dict[str, str]
) -> None:
    article = publish(client, external_id="1", title="Harmless")
    block(client)

    refused = [
        client.put(f"{LIST}/herald/1", headers=publisher, json=draft(title="Worse")),
        change(client, publisher, article, title="Worse"),
        change(client, publisher, article, add_tags=["Worse"], dry_run=True),
    ]

    assert [each.status_code for each in refused] == [410] * 3
    assert client.get(f"/v1/articles/{article['id']}").get_json()["title"] == "Harmless"
    gone = client.delete(f"{LIST}/{article['id']}", headers=publisher)
    assert gone.status_code == 204


def test_an_editor_corrects_what_is_public_and_makes_nothing_public(client: FlaskClient) -> None:
    article, waiting = publish(client, title="Two hurt"), held(client)
    block(client)

    corrected = change(client, EDITOR, article, title="Nobody hurt", corrected=True)
    listed = change(client, EDITOR, waiting, embargo_until=None)

    assert corrected.get_json()["title"] == "Nobody hurt"
    assert listed.status_code == 410
    assert status(client, waiting) == 404


def test_what_was_taken_down_stays_down_until_it_is_unblocked(client: FlaskClient) -> None:
    article = publish(client)
    path = f"{LIST}/{article['id']}"
    client.delete(f"{path}?block_source=true", headers=EDITOR)

    refused = client.post(f"{path}/restore", headers=EDITOR)

    assert (refused.status_code, status(client, article)) == (409, 410)
    block(client, is_blocked=False)
    assert client.post(f"{path}/restore", headers=EDITOR).status_code == 200
    assert status(client, article) == 200


def test_an_embargo_that_ends_waits_until_it_is_unblocked(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    article = held(client)
    block(client)
    clock.forward(hours=2)
    other = publish(client, source="gazette", embargo_until=instant_text(clock() + timedelta(1)))

    assert (release(app), status(client, article)) == (0, 404)
    alerts = client.get("/v1/newsroom/notifications", headers=EDITOR).get_json()
    assert alerts["notifications"] == []
    block(client, is_blocked=False)
    assert (release(app), status(client, article)) == (1, 200)
    assert status(client, other) == 404
