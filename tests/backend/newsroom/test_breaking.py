"""An article is alerted about once: the first time that readers can read it as breaking."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.newsroom.service import release_due
from schemas.fields import instant_text
from tests.conftest import EDITOR, START, Clock
from tests.factories import publish

URL = "/v1/newsroom/articles/herald/7"


@pytest.fixture
def alerts(app: Flask) -> list[bool]:
    """Whether each publication that rooms were told of was an alert."""
    told: list[bool] = []
    app.extensions["tagwire"].hooks.on_publish.append(
        lambda _, publication: told.append(publication.is_alert)
    )
    return told


def put(client: FlaskClient, title: str, **fields: Any) -> dict[str, Any]:
    same = {"url": "https://a.example/7", "body_text": "Rain."}
    return publish(client, external_id="7", title=title, **same, **fields)


def correct(client: FlaskClient, **fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = client.patch(URL, headers=EDITOR, json=fields).get_json()
    return found


def test_one_of_four_deliveries_is_an_alert_and_all_name_its_notification(
    client: FlaskClient, alerts: list[bool]
) -> None:
    titles = ("Rain", "Heavy rain", "Heavy rain", "Heaviest rain")
    answers = [put(client, title, breaking=True) for title in titles]

    assert alerts == [True, False, False, False]
    assert len({answer["notification_id"] for answer in answers} - {None}) == 1


def test_breaking_that_a_correction_sets_is_an_alert_once(
    client: FlaskClient, alerts: list[bool]
) -> None:
    put(client, "Rain")
    correct(client, breaking=True)
    correct(client, title="Heavy rain")
    correct(client, breaking=False)
    correct(client, breaking=True)

    assert alerts == [False, True, False, False, False]


def test_breaking_under_embargo_is_an_alert_when_it_ends(
    app: Flask, client: FlaskClient, clock: Clock, alerts: list[bool]
) -> None:
    put(client, "Rain", breaking=True, embargo_until=instant_text(START + timedelta(minutes=1)))
    assert alerts == []
    clock.forward(minutes=1)
    with app.app_context():
        release_due(app.extensions["tagwire"].hooks, now=clock.now)
    put(client, "Heavy rain", breaking=True)

    assert alerts == [True, False]


def test_an_alert_that_is_rolled_back_is_still_to_come(
    make_app: Callable[..., Flask], clock: Clock
) -> None:
    app = make_app()
    app.config["PROPAGATE_EXCEPTIONS"] = False
    client, told = app.test_client(), []

    def stumble(_: Any, publication: Any) -> None:
        told.append(publication.is_alert)
        if len(told) == 1:
            raise LookupError

    app.extensions["tagwire"].hooks.on_publish.append(stumble)
    body = {"title": "Rain", "url": "https://a.example/7", "body_text": "Rain.", "breaking": True}
    assert client.put(URL, headers=EDITOR, json=body).status_code == 500
    assert client.put(URL, headers=EDITOR, json=body).status_code == 201

    assert told == [True, True]
