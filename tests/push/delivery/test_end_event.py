"""What other systems hear of the end of an alert."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from backend.http.hooks import Event
from push.delivery.worker import Worker
from tests.conftest import EDITOR, Clock
from tests.factories import register
from tests.push.conftest import Provider
from tests.push.editor import TAG

pytestmark = pytest.mark.usefixtures("tagged")


def test_the_end_of_an_alert_names_its_audience(
    app: Flask, client: FlaskClient, provider: Provider, clock: Clock
) -> None:
    register(client, TAG)
    body = {
        "title": "Text",
        "body": "All of it.",
        "urgency": "normal",
        "audience": {"any": [TAG], "platforms": ["android"]},
    }
    answer = client.post("/v1/newsroom/notifications", headers=EDITOR, json=body)
    assert answer.status_code == 202, answer.get_json()
    told: list[Event] = []

    def tell(_session: Session, event: Event) -> None:
        told.append(event)

    with app.app_context():
        worker = Worker(provider, clock, tell)
        while worker.step():
            pass

    [said] = [event.data for event in told if event.name == "notification.sent"]
    assert said["audience"] == {
        "any": [TAG],
        "all": [],
        "none": [],
        "platforms": ["android"],
    }
    assert (said["level"], said["counts"]["accepted"]) == ("normal", 1)
    assert (said["state"], said["failure"]) == ("sent", None)
