"""Calls that meet at the same instant end as if one had come after the other."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from backend.webhooks.service import MOST_ENDPOINTS
from tests.conftest import EDITOR, bearer
from tests.factories import draft, publish, register
from tests.people import person

CALLERS = 6


def at_once(app: Flask, call: Callable[[Any, int], TestResponse]) -> list[TestResponse]:
    """The answers to a call made by several clients at the same instant."""
    barrier = threading.Barrier(CALLERS)

    def run(number: int) -> TestResponse:
        client = app.test_client()
        barrier.wait()
        return call(client, number)

    with ThreadPoolExecutor(CALLERS) as pool:
        return list(pool.map(run, range(CALLERS)))


def test_a_new_article_sent_at_once_is_one_article(app: Flask) -> None:
    body = draft(tags=["Harbour", "Ferry"], category="Politics")

    answers = at_once(
        app, lambda client, _: client.put("/v1/newsroom/articles/h/1", headers=EDITOR, json=body)
    )

    assert sorted(answer.status_code for answer in answers) == [200] * (CALLERS - 1) + [201]
    assert len({answer.get_json()["id"] for answer in answers}) == 1
    feed = app.test_client().get("/v1/tags/harbour/articles").get_json()
    assert len(feed["articles"]) == 1


def test_articles_that_bring_the_same_new_tags_at_once_share_them(
    app: Flask, session: Session
) -> None:
    names = ["Harbour", "Ferry", "Bridge", "Tunnel"]

    def put(client: Any, number: int) -> TestResponse:
        tags = names if number % 2 else names[::-1]
        url = f"/v1/newsroom/articles/h{number}/1"
        answer: TestResponse = client.put(url, headers=EDITOR, json=draft(tags=tags))
        return answer

    answers = at_once(app, put)

    assert {answer.status_code for answer in answers} == {201}
    assert session.execute(text("SELECT count(*) FROM tag WHERE key = 'ferry'")).scalar() == 1
    feed = app.test_client().get("/v1/tags/ferry/articles").get_json()
    assert len(feed["articles"]) == CALLERS


def test_an_address_registered_at_once_belongs_to_one_installation(
    app: Flask, session: Session
) -> None:
    body = {"platform": "ios", "address": {"kind": "token", "value": "contended"}}

    answers = at_once(app, lambda client, _: client.post("/v1/installations", json=body))

    assert {answer.status_code for answer in answers} == {201}
    query = text("SELECT count(*) FROM installation WHERE address_value = 'contended'")
    assert session.execute(query).scalar() == 1


def test_an_address_that_two_installations_pull_at_ends_with_one(
    app: Flask, session: Session
) -> None:
    phones = [register(app.test_client()) for _ in range(CALLERS)]

    def pull(client: Any, number: int) -> TestResponse:
        phone = phones[number]
        answer: TestResponse = client.patch(
            f"/v1/installations/{phone.id}",
            headers=phone.auth,
            json={"address": {"kind": "token", "value": "contended"}},
        )
        return answer

    answers = at_once(app, pull)

    assert {answer.status_code for answer in answers} == {200}
    query = text("SELECT count(*) FROM installation WHERE address_value = 'contended'")
    assert session.execute(query).scalar() == 1


def test_erasing_while_following_leaves_nothing(app: Flask, session: Session) -> None:
    publish(app.test_client(), tags=["Harbour"])
    phone = register(app.test_client())
    url = f"/v1/installations/{phone.id}"

    def call(client: Any, number: int) -> TestResponse:
        if number == 0:
            answer: TestResponse = client.delete(url, headers=bearer(phone.secret))
        else:
            topic = "breaking" if number % 2 else "tag:harbour"
            answer = client.put(f"{url}/topics/{topic}", headers=bearer(phone.secret))
        return answer

    answers = at_once(app, call)

    assert answers[0].status_code == 204
    assert {answer.status_code for answer in answers} <= {204, 401, 404}
    assert session.execute(text("SELECT count(*) FROM follow")).scalar() == 0


def test_a_takedown_at_the_instant_of_a_correction_wins(app: Flask) -> None:
    article = publish(app.test_client(), external_id="1", tags=["Harbour"])
    url = "/v1/newsroom/articles/herald/1"

    def call(client: Any, number: int) -> TestResponse:
        if number == 0:
            answer: TestResponse = client.delete(url, headers=EDITOR)
        else:
            answer = client.patch(url, headers=EDITOR, json={"title": f"Version {number}"})
        return answer

    answers = at_once(app, call)

    assert answers[0].status_code == 204
    assert {answer.status_code for answer in answers[1:]} <= {200, 410}
    client = app.test_client()
    assert client.get(f"/v1/articles/{article['id']}").status_code == 410
    assert client.get("/v1/tags/harbour/articles").get_json()["articles"] == []


def test_what_is_published_and_followed_during_a_merge_ends_in_the_kept_tag(app: Flask) -> None:
    publish(app.test_client(), tags=["Ferries"])
    publish(app.test_client(), tags=["Ferry"])
    phones = [register(app.test_client()) for _ in range(CALLERS)]

    def call(client: Any, number: int) -> TestResponse:
        if number == 0:
            answer: TestResponse = client.post(
                "/v1/newsroom/tags/Ferries/merge", headers=EDITOR, json={"into": "Ferry"}
            )
        elif number % 2:
            url = f"/v1/newsroom/articles/h/{number}"
            answer = client.put(url, headers=EDITOR, json=draft(tags=["Ferries"]))
        else:
            phone = phones[number]
            url = f"/v1/installations/{phone.id}/topics/tag:Ferries"
            answer = client.put(url, headers=phone.auth)
        return answer

    answers = at_once(app, call)

    assert {answer.status_code for answer in answers} <= {200, 201, 204}
    client = app.test_client()
    feed = client.get("/v1/tags/ferry/articles").get_json()
    assert len(feed["articles"]) == 2 + CALLERS // 2
    assert all(article["tags"] == ["Ferry"] for article in feed["articles"])
    for number in range(2, CALLERS, 2):
        phone = phones[number]
        found = client.get(f"/v1/installations/{phone.id}/topics", headers=phone.auth)
        assert found.get_json()["topics"] == ["tag:Ferry"]


def _key(client: FlaskClient) -> str:
    body = {"name": "somebody", "sources": ["herald"]}
    return f"/v1/newsroom/keys/{_made(client, 'POST', '/v1/newsroom/keys', body)['id']}"


WEBHOOKS = "/v1/newsroom/webhooks"
WEBHOOK = {"url": "https://receiver.example/", "events": ["article.published"]}


def _webhook(client: FlaskClient) -> str:
    return f"{WEBHOOKS}/{_made(client, 'POST', WEBHOOKS, WEBHOOK)['id']}"


def _source(client: FlaskClient) -> str:
    path = "/v1/newsroom/sources/herald"
    _made(client, "PUT", path, {"name": "Herald"})
    return path


def _halt(client: FlaskClient) -> str:
    path = "/v1/newsroom/halt"
    _made(client, "POST", path, {})
    return path


def _made(client: FlaskClient, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.open(path, method=method, headers=EDITOR, json=body)
    assert answer.status_code in {200, 201}, answer.text
    made: dict[str, Any] = answer.get_json()
    return made


def _entries(client: FlaskClient, act: str) -> int:
    answer = client.get("/v1/newsroom/audit", query_string={"act": act}, headers=EDITOR)
    return len(answer.get_json()["entries"])


@pytest.mark.parametrize(
    ("make", "act"),
    [
        (_key, "key.revoked"),
        (_webhook, "webhook.removed"),
        (_source, "source.removed"),
        (_halt, "alerts.resumed"),
    ],
)
def test_what_several_end_at_once_was_ended_once(
    app: Flask, client: FlaskClient, make: Callable[[FlaskClient], str], act: str
) -> None:
    path = make(client)

    answers = at_once(app, lambda caller, _: caller.delete(path, headers=EDITOR))

    assert {answer.status_code for answer in answers} <= {200, 204}
    assert _entries(client, act) == 1


def test_a_key_that_is_replaced_by_several_at_once_has_one_follower(
    app: Flask, client: FlaskClient
) -> None:
    path, body = f"{_key(client)}/rotate", {"overlap_hours": 0}

    answers = at_once(app, lambda caller, _: caller.post(path, headers=EDITOR, json=body))

    assert sorted(answer.status_code for answer in answers) == [201] + [404] * (CALLERS - 1)


def test_webhooks_that_are_made_at_once_are_no_more_than_fit(
    app: Flask, client: FlaskClient
) -> None:
    for _ in range(MOST_ENDPOINTS - 2):
        _webhook(client)

    answers = at_once(app, lambda own, _: own.post(WEBHOOKS, headers=EDITOR, json=WEBHOOK))

    assert sorted(answer.status_code for answer in answers) == [201, 201] + [409] * (CALLERS - 2)


def test_admins_who_demote_each_other_at_once_all_get_an_answer_and_one_stays(app: Flask) -> None:
    admins = [person(app, f"admin {number}", "admin") for number in range(CALLERS)]

    def demote_the_next(_: FlaskClient, number: int) -> TestResponse:
        path = f"/v1/newsroom/users/{admins[(number + 1) % CALLERS].id}"
        return admins[number].send(path, "PATCH", json={"role": "editor"})

    answers = at_once(app, demote_the_next)

    assert {answer.status_code for answer in answers} <= {200, 403, 409}
    assert any(each.get("/v1/newsroom/users").status_code == 200 for each in admins)
