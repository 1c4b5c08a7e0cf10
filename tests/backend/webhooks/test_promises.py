"""Each secret signs for its day, what came later has the higher number, bodies are as described."""

import json
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from standardwebhooks import WebhookVerificationError

from backend.core.db import db
from backend.tables.webhooks import WebhookMessage
from backend.webhooks.retention import forget_old
from backend.webhooks.secret_rotation import MOST_OLD_SECRETS
from deeplinks.counts.buffer import count_buffer
from schemas.webhook_messages import MESSAGES
from schemas.webhooks import EVENTS, TEST
from tests.backend.outbound.server import Publisher
from tests.backend.webhooks.test_webhooks import HOOKS, add, app, deliver, server, tell, verify
from tests.conftest import EDITOR, START, Clock
from tests.deeplinks.counts.test_counts import download
from tests.factories import publish, register
from tests.push.editor import alert

__all__ = ["app", "server"]


def test_each_old_secret_signs_to_the_end_of_its_own_day(
    app: Flask, client: FlaskClient, server: Publisher, clock: Clock
) -> None:
    hook = add(client, server)
    secrets = [hook["secret"]]
    for _ in range(3):
        clock.forward(hours=6)
        made = client.post(f"{HOOKS}/{hook['id']}/secret", headers=EDITOR).get_json()
        secrets.append(made["secret"])

    def signing() -> list[int]:
        """Which of the secrets a message is signed with now."""
        tell(app, "article.published", f"article:{len(server.asked)}")
        deliver(app)
        return [number for number, each in enumerate(secrets) if verifies(each, server, clock)]

    assert signing() == [0, 1, 2, 3]
    clock.forward(hours=11, minutes=59)
    assert signing() == [0, 1, 2, 3]
    clock.forward(minutes=1)
    assert signing() == [1, 2, 3]
    clock.forward(hours=6)
    assert signing() == [2, 3]
    clock.forward(hours=6)
    assert signing() == [3]


def verifies(secret: str, server: Publisher, clock: Clock) -> bool:
    try:
        verify(secret, server.asked[-1], clock)
    except WebhookVerificationError:
        return False
    return True


def test_a_rotation_that_would_break_a_promise_is_refused(
    client: FlaskClient, server: Publisher, clock: Clock
) -> None:
    path = f"{HOOKS}/{add(client, server)['id']}/secret"
    for _ in range(MOST_OLD_SECRETS):
        assert client.post(path, headers=EDITOR).status_code == 200
        clock.forward(minutes=1)

    refused = client.post(path, headers=EDITOR)
    assert refused.status_code == 409
    assert "2026-03-03T12:00:00Z" in refused.get_json()["detail"]
    clock.now = START + timedelta(days=1)
    assert client.post(path, headers=EDITOR).status_code == 200


def test_every_event_says_which_came_later(
    app: Flask, client: FlaskClient, server: Publisher, clock: Clock
) -> None:
    """Also after everything was erased, and where calls arrive in another order."""
    hook = add(client, server)
    tell(app, "article.published", "article:1")
    tell(app, "article.published", "article:2")
    server.answers("/hook", b"", "500 Sorry")
    deliver(app)
    server.answers("/hook", b"")
    tell(app, "article.published", "article:3")
    for _ in range(4):
        clock.forward(minutes=1)
        deliver(app)
    with app.app_context():
        list(forget_old(now=clock.forward(days=40)))
        assert db.session.scalar(select(func.count()).select_from(WebhookMessage)) == 0
    client.post(f"{HOOKS}/{hook['id']}/test", headers=EDITOR)

    bodies = [json.loads(request.body) for request in server.asked]
    by_id = {
        r.headers["webhook-id"]: b["sequence"] for r, b in zip(server.asked, bodies, strict=True)
    }
    arrived = [body["sequence"] for body in bodies]
    assert len(by_id) == 4
    assert len(set(by_id.values())) == 4
    assert sorted(arrived) != arrived
    assert bodies[-1]["type"] == "webhook.test"
    assert bodies[-1]["sequence"] == max(arrived)


def test_what_is_told_is_what_the_schemas_say(
    app: Flask, client: FlaskClient, server: Publisher
) -> None:
    assert set(MESSAGES) == {*EVENTS, TEST}
    hook = add(client, server, *EVENTS)
    token = download(client)
    count_buffer(app).flush()
    client.post("/v1/deeplinks/claim", json={"token": token})
    phone = register(client, claim=token)
    phone.follow("breaking")
    publish(client, external_id="7", tags=["Harbour"])
    alert(client, approval=True)
    client.post(f"{HOOKS}/{hook['id']}/test", headers=EDITOR)

    deliver(app)

    seen = set()
    for request in server.asked:
        body = json.loads(request.body)
        assert MESSAGES[body["type"]]().validate(body) == {}
        assert set(body) == set(MESSAGES[body["type"]]().fields)
        seen.add(body["type"])
    assert seen >= {
        *("download.started", "link.claimed", "installation.created", "topic.followed"),
        *("article.published", "notification.approval_requested", "webhook.test"),
    }
