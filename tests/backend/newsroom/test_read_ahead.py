"""While a text is read for the first time, everybody else can write."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, event

from backend.core.db import db
from backend.newsroom.retag import retag_due
from backend.stories import places
from backend.tagging import known_names
from tests.conftest import EDITOR, Clock

BODY = "Officials of both countries said so in Moscow. " * 5
ARTICLE = {"title": "Putin meets Kim", "url": "https://paper.example/1", "body_text": BODY}
KOREAN = {
    **ARTICLE,
    "title": "북한과 러시아 정상회담",
    "body_text": "북한과 러시아는 회담했다. " * 5,
}
PATH = "/v1/newsroom/articles/paper/1"


@pytest.fixture
def built_while_writing(app: Flask) -> list[str]:
    """The lists of names that were built between the begin of a write and its end."""
    built: list[str] = []
    before: dict[str, int] = {}

    def misses() -> dict[str, int]:
        return {name: each.cache_info().misses for name, each in _LISTS.items()}

    def begins(connection: Connection) -> None:
        if connection.get_execution_options().get("writes"):
            before.update(misses())

    def ends(_connection: Connection) -> None:
        if before:
            built.extend(name for name, count in misses().items() if count > before[name])
            before.clear()

    with app.app_context():
        engine = db.engine
    for name, told in (("begin", begins), ("commit", ends), ("rollback", ends)):
        event.listen(engine, name, told)
    return built


_LISTS: dict[str, Any] = {
    "names": known_names._built,
    "by key": known_names._by_key,
    "countries": places._by_entity,
}


@pytest.fixture
def forget(client: FlaskClient) -> Callable[[], None]:
    def forgotten() -> None:
        for each in _LISTS.values():
            each.cache_clear()

    return forgotten


Ask = Callable[[FlaskClient], Any]


def put(fields: dict[str, Any]) -> Ask:
    return lambda client: client.put(PATH, json=fields, headers=EDITOR)


def batch(fields: dict[str, Any]) -> Ask:
    sent = {"articles": [{"source": "paper", "external_id": "1", **fields}]}
    return lambda client: client.post("/v1/newsroom/articles:batch", json=sent, headers=EDITOR)


def patch(fields: dict[str, Any], query: str = "") -> Ask:
    return lambda client: client.patch(PATH + query, json=fields, headers=EDITOR)


def confirm(client: FlaskClient) -> Any:
    return client.post("/v1/newsroom/tags/Callao/confirm", headers=EDITOR)


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(put(ARTICLE), id="english"),
        pytest.param(
            put({**ARTICLE, "tags": ["국제연합", "Storm"]}), id="a keyword of another script"
        ),
        pytest.param(put({**ARTICLE, "language": "de"}), id="declared"),
        pytest.param(put(KOREAN), id="by its script"),
        pytest.param(batch(KOREAN), id="in a batch"),
    ],
)
def test_the_first_article_of_a_language_builds_its_lists_before_it_writes(
    client: FlaskClient, forget: Callable[[], None], built_while_writing: list[str], ask: Ask
) -> None:
    forget()

    assert ask(client).status_code in {200, 201}

    assert known_names._by_key.cache_info().misses == 1
    assert built_while_writing == []


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(patch({"title": "Путин встретил Кима"}), id="a correction"),
        pytest.param(patch({"title": "Путин встретил Кима"}, "?dry_run=true"), id="a dry run"),
        pytest.param(patch({"add_tags": ["국제연합"]}), id="a tag more"),
        pytest.param(confirm, id="a tag by an editor's word"),
    ],
)
def test_so_does_the_first_change(
    client: FlaskClient, forget: Callable[[], None], built_while_writing: list[str], ask: Ask
) -> None:
    assert client.put(PATH, json=ARTICLE, headers=EDITOR).status_code == 201
    forget()

    answer = ask(client)

    assert answer.status_code == 200, answer.get_json()
    assert built_while_writing == []


def test_so_does_what_is_tagged_again(
    app: Flask,
    client: FlaskClient,
    clock: Clock,
    forget: Callable[[], None],
    built_while_writing: list[str],
) -> None:
    told = {**ARTICLE, "title": "The council hears Orla Vandenberg", "tags": ["국제연합"]}
    told["body_text"] = "Yesterday Orla Vandenberg met the council in the hall."
    assert client.put(PATH, json=told, headers=EDITOR).status_code == 201
    answer = client.post("/v1/newsroom/tags/OrlaVandenberg/confirm", headers=EDITOR)
    assert answer.status_code == 200
    forget()

    with app.app_context():
        assert retag_due(now=clock.forward(minutes=1)) == 1

    assert built_while_writing == []


def test_what_several_need_at_first_one_of_them_builds(
    app: Flask, client: FlaskClient, forget: Callable[[], None]
) -> None:
    assert client.put(PATH, json=ARTICLE, headers=EDITOR).status_code == 201
    forget()

    def published(number: int) -> int:
        path = f"/v1/newsroom/articles/paper/more-{number}"
        sent = {**KOREAN, "title": f"{KOREAN['title']} {number}"}
        return app.test_client().put(path, json=sent, headers=EDITOR).status_code

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(published, range(6)))

    assert statuses == [201] * 6
    lists = known_names._built.cache_info()
    assert lists.misses == lists.currsize
