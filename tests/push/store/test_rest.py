"""Until when a worker without work rests: the next time at which an alert asks for it."""

from datetime import timedelta

import pytest
from flask import Flask

from backend.core.db import db
from push.store import scheduling
from push.store.models import Notification
from push.store.states import State
from tests.conftest import START

AHEAD = timedelta(minutes=20)
ENDS = timedelta(hours=2)


@pytest.mark.parametrize(
    ("state", "until"),
    [
        ("planning", START),
        ("sending", START),
        ("scheduled", START + AHEAD),
        ("awaiting_approval", START + ENDS),
        ("sent", None),
    ],
)
def test_a_worker_rests_until_the_next_alert_is_due(
    app: Flask, state: State, until: object
) -> None:
    with app.app_context():
        alert = Notification(
            public_id="a",
            key="a",
            title="Harbour closed",
            body="",
            url="/",
            urgency="breaking",
            created_by="editor",
            content_hash="",
            created_at=START,
            state=state,
            send_at=START + AHEAD,
            expires_at=START + ENDS,
        )
        db.session.add(alert)
        db.session.flush()

        assert scheduling.next_due_at(db.session(), START) == until


def test_a_worker_without_any_alert_waits_for_a_commit_alone(app: Flask) -> None:
    with app.app_context():
        assert scheduling.next_due_at(db.session(), START) is None
