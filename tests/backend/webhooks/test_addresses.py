"""An address that no message can be sent to is refused where it is written."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from backend.core.db import transaction
from backend.tables.webhooks import WebhookEndpoint
from tests.conftest import EDITOR

HOOKS = "/v1/newsroom/webhooks"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://ann:secret@chat.example/x", "user name or password"),
        ("https://127.0.0.1/x", "private or reserved"),
        ("https://169.254.169.254/latest/meta-data", "private or reserved"),
        ("https://[::1]/x", "private or reserved"),
        ("https://[::ffff:10.0.0.1]/x", "private or reserved"),
        ("https://metadata.internal/x", "private or reserved"),
        ("https://2130706433/x", "numeric address"),
        ("https://chat.example:22/x", "ort 22 is not allowed"),
        ("http://chat.example/x", "https"),
    ],
)
def test_what_no_message_is_sent_to_is_refused(client: FlaskClient, url: str, why: str) -> None:
    usable = {"url": "https://chat.example/x", "events": ["article.published"]}
    hook = client.post(HOOKS, headers=EDITOR, json=usable).get_json()

    made = client.post(HOOKS, headers=EDITOR, json={**usable, "url": url})
    changed = client.patch(f"{HOOKS}/{hook['id']}", headers=EDITOR, json={"url": url})

    for answer in (made, changed):
        assert answer.status_code == 422
        assert why in str(answer.get_json()["errors"]["url"])
        assert "secret" not in answer.text
    [left] = client.get(HOOKS, headers=EDITOR).get_json()["webhooks"]
    assert left["url"] == "https://chat.example/x"


def test_an_opened_network_may_be_told(make_app: Callable[..., Flask]) -> None:
    client = make_app(FETCH_ALLOW_NETWORKS="10.0.0.0/8").test_client()

    def said(url: str) -> int:
        body = {"url": url, "events": ["article.published"]}
        return client.post(HOOKS, headers=EDITOR, json=body).status_code

    assert said("http://10.1.2.3:8080/x") == 201
    assert said("http://127.0.0.1:8080/x") == 422


def test_a_password_that_an_earlier_version_took_is_shown_to_nobody(
    app: Flask, client: FlaskClient
) -> None:
    body = {"url": "https://chat.example:443/x?y=1", "events": ["article.published"]}
    client.post(HOOKS, headers=EDITOR, json=body)
    with app.app_context(), transaction() as session:
        session.execute(update(WebhookEndpoint).values(url="https://ann:secret@chat.example/x"))

    answer = client.get(HOOKS, headers=EDITOR)

    assert answer.get_json()["webhooks"][0]["url"] == "https://chat.example/x"
    assert "secret" not in answer.text
