"""What happens is told to other systems: signed, in order, once or again, and never forgotten."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from standardwebhooks import Webhook, WebhookVerificationError

from backend.background import run
from backend.core.db import db, release, transaction
from backend.http.context import current_context
from backend.http.hooks import Event
from backend.outbound.fetch import FetchPolicy
from backend.tables.webhooks import WebhookEndpoint, WebhookMessage
from backend.webhooks.extension import deliverer
from backend.webhooks.retention import forget_old
from deeplinks.counts.buffer import count_buffer
from tests import contract
from tests.backend.outbound.server import Publisher, Request, answer, publisher
from tests.conftest import EDITOR, Clock
from tests.deeplinks.counts.test_counts import download
from tests.factories import publish, register

HOOKS = "/v1/newsroom/webhooks"
ARTICLES = ["article.published", "article.corrected", "article.unpublished"]


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app(FETCH_ALLOW_NETWORKS="127.0.0.0/8")


@pytest.fixture
def server() -> Iterator[Publisher]:
    with publisher() as found:
        found.answers("/hook", b"", "204 No Content")
        yield found


def add(client: FlaskClient, server: Publisher, *events: str, path: str = "/hook") -> Any:
    body = {"url": server.url(path), "events": list(events or ARTICLES)}
    made = client.post(HOOKS, headers=EDITOR, json=body)
    assert made.status_code == 201, made.get_json()
    return made.get_json()


def deliver(app: Flask) -> int:
    """Deliver until nothing is due; how many requests that took."""
    count = 0
    with app.app_context():
        while deliverer(app).step():
            count += 1
    return count


def log(client: FlaskClient, hook: Any, **query: Any) -> list[dict[str, Any]]:
    path = f"{HOOKS}/{hook['id']}/deliveries"
    found: list[dict[str, Any]] = client.get(path, headers=EDITOR, query_string=query).get_json()[
        "deliveries"
    ]
    return found


def told(server: Publisher) -> list[tuple[str, Any]]:
    bodies = [json.loads(request.body) for request in server.asked]
    return [(body["type"], body["data"]) for body in bodies]


def verify(secret: str, request: Request, clock: Clock) -> Any:
    with time_machine.travel(clock.now, tick=False):
        return Webhook(secret).verify(request.body, request.headers)


def tell(app: Flask, name: str, subject: str, **data: Any) -> None:
    with app.app_context(), transaction() as session:
        current_context().hooks.tell(
            session, Event(name=name, subject=subject, data=data, now=current_context().now())
        )


def test_an_article_is_told_in_its_order_and_signed(
    app: Flask, client: FlaskClient, server: Publisher, clock: Clock
) -> None:
    hook = add(client, server)
    article = publish(client, external_id="7", title="Rain")
    path = "/v1/newsroom/articles/herald/7"
    client.patch(path, headers=EDITOR, json={"title": "Heavy rain"})
    client.delete(path, headers=EDITOR)
    assert server.asked == []

    assert deliver(app) == 3

    assert [name for name, _ in told(server)] == ARTICLES
    assert [data["title"] for _, data in told(server)] == ["Rain", "Heavy rain", "Heavy rain"]
    assert {data["id"] for _, data in told(server)} == {article["id"]}
    for request in server.asked:
        body = verify(hook["secret"], request, clock)
        contract.check_message(app, body)
        assert body["timestamp"] == "2026-03-02T12:00:00Z"
        assert request.headers["content-type"] == "application/json"
        assert "accept" not in request.headers, "a feed reader's wishes are no webhook's"
        with pytest.raises(WebhookVerificationError):
            verify(hook["secret"], replace(request, body=request.body + b" "), clock)
    assert len({request.headers["webhook-id"] for request in server.asked}) == 3
    assert [entry["state"] for entry in log(client, hook)] == ["delivered"] * 3


def test_every_event_is_told_without_tokens_and_addresses(
    app: Flask, client: FlaskClient, server: Publisher
) -> None:
    names = ["download.started", "link.claimed", "installation.created", "topic.followed"]
    add(client, server, *names)
    token = download(client)
    count_buffer(app).flush()
    client.post("/v1/deeplinks/claim", json={"token": token})
    phone = register(client, "breaking", claim=token)
    phone.follow("breaking")

    deliver(app)

    screen = {"name": "tag", "params": {"tag": "x"}}
    found = dict(told(server))
    assert len(server.asked) == 4
    assert found == {
        "download.started": {"store": "play_store", "path": "/tag/x", "campaign": "spring"},
        "link.claimed": {"screen": screen, "campaign": "spring"},
        "installation.created": {"platform": "android"},
        "topic.followed": {"topic": "breaking"},
    }
    for request in server.asked:
        contract.check_message(app, json.loads(request.body))
        for secret in (token, phone.secret, phone.address, phone.id):
            assert secret.encode() not in request.body


def test_what_was_rolled_back_is_not_told(
    app: Flask, client: FlaskClient, server: Publisher
) -> None:
    add(client, server)
    with pytest.raises(TypeError):
        tell(app, "article.published", "article:1", unwritable=object())
    with app.app_context(), transaction() as session:
        now = current_context().now()
        event = Event(name="article.published", subject="article:2", data={}, now=now)
        current_context().hooks.tell(session, event)
        session.rollback()

    assert deliver(app) == 0


def test_only_what_was_asked_for_is_told(
    app: Flask, client: FlaskClient, server: Publisher
) -> None:
    add(client, server, "article.unpublished")
    publish(client)
    tell(app, "tag.renamed", "tag:1")

    assert deliver(app) == 0


def test_a_later_message_waits_for_an_earlier_one_of_its_subject(
    app: Flask, client: FlaskClient, server: Publisher, clock: Clock
) -> None:
    hook = add(client, server)
    server.answers("/hook", b"", "500 Sorry")
    tell(app, "article.published", "article:1", n=1)
    tell(app, "article.corrected", "article:1", n=2)
    tell(app, "article.published", "article:2", n=3)

    assert deliver(app) == 1  # then the endpoint rests
    clock.forward(seconds=5)
    assert deliver(app) >= 1
    server.answers("/hook", b"")
    for _ in range(4):
        clock.forward(minutes=1)
        deliver(app)

    taken = [data["n"] for _, data in told(server)]
    assert taken.index(2) > max(at for at, n in enumerate(taken) if n == 1)
    assert {entry["state"] for entry in log(client, hook)} == {"delivered"}
    first = log(client, hook)[-1]
    assert first["attempts"][0]["status"] == 500
    assert first["attempts"][0]["error"] == "the endpoint answered 500"
    assert first["attempts"][-1]["status"] == 200


def test_an_endpoint_that_stays_down_is_given_up_after_three_days(
    app: Flask, client: FlaskClient, server: Publisher, clock: Clock
) -> None:
    hook = add(client, server)
    server.answers("/hook", b"", "503 Later", Retry_After="10")
    start = clock.now
    tell(app, "article.published", "article:1")
    while log(client, hook)[0]["state"] == "pending":
        deliver(app)
        clock.forward(hours=1)

    entry = log(client, hook)[0]
    assert entry["state"] == "failed"
    assert timedelta(days=2.7) < clock.now - start <= timedelta(days=3, hours=2)
    assert 10 < len(entry["attempts"]) < 40
    ids = {request.headers["webhook-id"] for request in server.asked}
    assert ids == {entry["message_id"]}

    server.answers("/hook", b"")
    since = start.isoformat()
    again = client.post(f"{HOOKS}/{hook['id']}/replay", headers=EDITOR, json={"since": since})
    assert (again.status_code, again.get_json()) == (202, {"replayed": 1})
    clock.forward(minutes=10)
    assert deliver(app) == 1
    assert [entry["state"] for entry in log(client, hook)] == ["delivered", "replayed"]
    assert server.asked[-1].headers["webhook-id"] in ids


def test_an_endpoint_that_is_down_is_not_asked_for_every_message(
    app: Flask, client: FlaskClient, server: Publisher, clock: Clock
) -> None:
    add(client, server)
    server.answers("/hook", b"", "500 Sorry")
    for number in range(20):
        tell(app, "article.published", f"article:{number}")

    for _ in range(12):
        deliver(app)
        clock.forward(seconds=5)

    assert len(server.asked) <= 5


def test_one_that_is_down_keeps_no_other_one_waiting(
    app: Flask, client: FlaskClient, server: Publisher
) -> None:
    add(client, server, path="/down")
    add(client, server)
    server.answers("/down", b"", "500 Sorry")
    for number in range(3):
        tell(app, "article.published", f"article:{number}")

    deliver(app)

    assert [request.path for request in server.asked].count("/hook") == 3


def test_gone_means_gone(app: Flask, client: FlaskClient, server: Publisher, clock: Clock) -> None:
    hook = add(client, server)
    server.answers("/hook", b"", "410 Gone")
    tell(app, "article.published", "article:1")
    deliver(app)
    clock.forward(days=1)

    found = client.get(f"{HOOKS}/{hook['id']}", headers=EDITOR).get_json()

    assert (found["paused"], found["pending"]) == (True, 1)
    assert "410" in found["pause_reason"]
    assert deliver(app) == 0
    server.answers("/hook", b"")
    client.patch(f"{HOOKS}/{hook['id']}", headers=EDITOR, json={"paused": False})
    assert deliver(app) == 1


def test_a_redirect_is_not_followed(app: Flask, client: FlaskClient, server: Publisher) -> None:
    hook = add(client, server)
    server.redirects("/hook", server.url("/elsewhere"), "307 Moved")
    tell(app, "article.published", "article:1")

    deliver(app)

    assert [request.path for request in server.asked] == ["/hook"]
    assert log(client, hook)[0]["attempts"][0]["status"] == 307


def test_a_private_address_is_never_asked(
    make_app: Callable[..., Flask], server: Publisher, client: FlaskClient
) -> None:
    hook = add(client, server)
    guarded = make_app()
    tell(guarded, "article.published", "article:1")

    deliver(guarded)

    assert server.asked == []
    attempt = log(client, hook)[0]["attempts"][0]
    assert (attempt["status"], attempt["error"]) == (
        None,
        "the host has a private or reserved address",
    )


def test_two_workers_send_a_message_once(
    app: Flask, client: FlaskClient, server: Publisher
) -> None:
    add(client, server)
    for number in range(12):
        tell(app, "article.published", f"article:{number}", n=number)

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: deliver(app), range(4)))

    assert sum(counts) == 12
    assert sorted(data["n"] for _, data in told(server)) == list(range(12))


def test_a_message_whose_sender_died_is_sent_again(
    app: Flask, client: FlaskClient, server: Publisher, clock: Clock
) -> None:
    add(client, server)
    tell(app, "article.published", "article:1")
    with app.app_context():
        claimed = deliverer(app)._claim()
        release()
    assert claimed is not None
    assert deliver(app) == 0
    clock.forward(minutes=2)

    assert deliver(app) == 1
    assert len(server.asked) == 1


def test_secrets_are_shown_once_and_kept_sealed(
    app: Flask, client: FlaskClient, server: Publisher, clock: Clock
) -> None:
    hook = add(client, server)
    with app.app_context():
        (row,) = db.session.scalars(select(WebhookEndpoint))
        assert hook["secret"] not in row.secret
    for path in ("", f"/{hook['id']}"):
        assert hook["secret"] not in client.get(HOOKS + path, headers=EDITOR).text
    made = client.post(f"{HOOKS}/{hook['id']}/secret", headers=EDITOR).get_json()
    tell(app, "article.published", "article:1")
    deliver(app)
    for secret in (hook["secret"], made["secret"]):
        verify(secret, server.asked[0], clock)

    clock.forward(days=1, seconds=1)
    tell(app, "article.published", "article:2")
    deliver(app)

    verify(made["secret"], server.asked[1], clock)
    with pytest.raises(WebhookVerificationError):
        verify(hook["secret"], server.asked[1], clock)


def test_a_test_call_says_at_once_how_it_went(client: FlaskClient, server: Publisher) -> None:
    hook = add(client, server)
    good = client.post(f"{HOOKS}/{hook['id']}/test", headers=EDITOR).get_json()
    server.on("/hook", lambda connection, _: connection.sendall(answer(b"no", "400 Bad")))
    bad = client.post(f"{HOOKS}/{hook['id']}/test", headers=EDITOR).get_json()

    assert (good["event"], good["state"], good["next_try_at"]) == (
        "webhook.test",
        "delivered",
        None,
    )
    assert good["attempts"][0]["status"] == 204
    assert bad["state"] == "failed"
    assert bad["attempts"][0]["error"] == "the endpoint answered 400"
    assert client.get(f"{HOOKS}/{hook['id']}", headers=EDITOR).get_json()["failures"] == 0


def test_a_delivery_is_sent_again_when_asked(
    app: Flask, client: FlaskClient, server: Publisher
) -> None:
    hook = add(client, server)
    publish(client)
    deliver(app)
    path = f"{HOOKS}/{hook['id']}/deliveries/{log(client, hook)[0]['id']}/replay"

    assert client.post(path, headers=EDITOR).status_code == 202
    deliver(app)

    assert server.asked[0].body == server.asked[1].body
    assert server.asked[0].headers["webhook-id"] == server.asked[1].headers["webhook-id"]
    for unknown in ("999", "x", "9" * 30):
        missing = f"{HOOKS}/{hook['id']}/deliveries/{unknown}/replay"
        assert client.post(missing, headers=EDITOR).status_code == 404


def test_the_log_is_read_page_by_page(app: Flask, client: FlaskClient, server: Publisher) -> None:
    hook = add(client, server)
    for number in range(5):
        tell(app, "article.published", f"article:{number}")
    path = f"{HOOKS}/{hook['id']}/deliveries"
    found: list[str] = []
    cursor = None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = client.get(path, headers=EDITOR, query_string=query).get_json()
        found += [entry["id"] for entry in page["deliveries"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert len(found) == 5
    assert found == sorted(found, key=int, reverse=True)
    assert client.get(path, headers=EDITOR, query_string={"cursor": "x"}).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {"url": "https://a.example/", "events": []},
        {"url": "https://a.example/", "events": ["article.read"]},
        {"url": "ftp://a.example/", "events": ARTICLES},
        {"events": ARTICLES},
        {"url": "https://a.example/", "events": ARTICLES, "secret": "mine"},
    ],
)
def test_a_webhook_that_cannot_work_is_refused(client: FlaskClient, body: Any) -> None:
    assert client.post(HOOKS, headers=EDITOR, json=body).status_code == 422


def test_a_public_webhook_has_tls(make_app: Callable[..., Flask]) -> None:
    client = make_app().test_client()
    body = {"url": "http://a.example/", "events": ARTICLES}

    assert client.post(HOOKS, headers=EDITOR, json=body).status_code == 422
    body["url"] = "https://a.example/"
    assert client.post(HOOKS, headers=EDITOR, json=body).status_code == 201


def test_webhooks_are_for_editors(client: FlaskClient, server: Publisher) -> None:
    hook = add(client, server)
    phone = register(client)
    for method, path in (
        ("GET", ""),
        ("POST", ""),
        ("GET", f"/{hook['id']}"),
        ("DELETE", f"/{hook['id']}"),
        ("POST", f"/{hook['id']}/test"),
        ("GET", f"/{hook['id']}/deliveries"),
    ):
        assert client.open(HOOKS + path, method=method).status_code == 401
        assert client.open(HOOKS + path, method=method, headers=phone.auth).status_code == 401


def test_the_poller_delivers_what_waits(app: Flask, client: FlaskClient, server: Publisher) -> None:
    hook = add(client, server)
    tell(app, "article.published", "article:1")
    stopped = threading.Event()

    def take(connection: socket.socket, _: Request) -> None:
        connection.sendall(answer(b""))
        stopped.set()

    server.on("/hook", take)
    with app.app_context():
        run(stopped, threads=1, policy=FetchPolicy())

    assert stopped.is_set()
    assert [entry["state"] for entry in log(client, hook)] == ["delivered"]


def test_a_removed_webhook_hears_nothing_more(
    app: Flask, client: FlaskClient, server: Publisher
) -> None:
    hook = add(client, server)
    publish(client)
    for _ in range(2):
        gone = client.delete(f"{HOOKS}/{hook['id']}", headers=EDITOR)
        assert gone.status_code == 204

    assert deliver(app) == 0
    assert client.get(f"{HOOKS}/{hook['id']}", headers=EDITOR).status_code == 404


def test_the_log_is_kept_for_a_month_and_the_waiting_longer(
    app: Flask, client: FlaskClient, server: Publisher, clock: Clock
) -> None:
    hook = add(client, server)
    tell(app, "article.published", "article:1")
    deliver(app)
    client.patch(f"{HOOKS}/{hook['id']}", headers=EDITOR, json={"events": ARTICLES})
    tell(app, "article.published", "article:2")
    with app.app_context():
        list(forget_old(now=clock.forward(days=31)))
        left = db.session.scalars(select(WebhookMessage.subject)).all()

    assert left == ["article:2"]
    assert len(log(client, hook)) == 1
