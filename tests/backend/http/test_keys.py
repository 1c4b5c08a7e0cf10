"""A key opens what its role and its sources allow, until it is revoked."""

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.newsroom.cli import keys
from tests.conftest import EDITOR, bearer
from tests.factories import draft


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(keys, words)


def create(app: Flask, role: str, *options: str) -> dict[str, str]:
    done = run(app, "create", "--role", role, "--name", "somebody", *options)
    assert done.exit_code == 0, done.output
    return bearer(done.output.strip())


def put(client: FlaskClient, key: dict[str, str], source: str = "herald", **fields: object) -> int:
    url = f"/v1/newsroom/articles/{source}/1"
    return client.put(url, headers=key, json=draft(**fields)).status_code


def test_a_publisher_publishes_and_curates_nothing(app: Flask, client: FlaskClient) -> None:
    key = create(app, "publisher", "--all-sources")

    assert put(client, key, tags=["Ferry", "Boat"]) == 201
    assert put(client, key, breaking=True) == 403
    for method, path in (
        ("PUT", "sources/herald"),
        ("POST", "tags/Ferry/merge"),
        ("POST", "tags/Ferry/aliases"),
        ("PATCH", "tags/Ferry"),
    ):
        answer = client.open(f"/v1/newsroom/{path}", method=method, headers=key, json={})
        assert answer.status_code == 403, path


def test_a_key_bound_to_sources_touches_no_other_ones_articles(
    app: Flask, client: FlaskClient
) -> None:
    key = create(app, "publisher", "--source", "The Herald", "--source", "mint")
    put(client, EDITOR, "mint")
    put(client, EDITOR, "rival")

    assert put(client, key, "the-herald") == 201
    assert put(client, key, "The%20Herald") == 200
    assert put(client, key, "mint") == 200
    url = "/v1/newsroom/articles/rival/1"
    assert client.put(url, headers=key, json=draft()).status_code == 403
    assert client.patch(url, headers=key, json={"title": "Mine"}).status_code == 403
    assert client.delete(url, headers=key).status_code == 403
    assert client.patch(url, headers=EDITOR, json={"title": "Ours"}).status_code == 200


def test_what_an_editor_marked_as_breaking_stays_so_when_its_publisher_writes_again(
    app: Flask, client: FlaskClient
) -> None:
    key = create(app, "publisher", "--all-sources")
    url = "/v1/newsroom/articles/herald/1"
    client.put(url, headers=key, json=draft(title="First"))
    client.patch(url, headers=EDITOR, json={"breaking": True})

    for body in (draft(title="Second"), draft(title="Third", breaking=False)):
        assert client.put(url, headers=key, json=body).get_json()["breaking"] is True

    answer = client.patch(url, headers=EDITOR, json={"breaking": False})
    assert answer.get_json()["breaking"] is False


def test_a_revoked_key_opens_nothing(app: Flask, client: FlaskClient) -> None:
    key = create(app, "editor")
    assert put(client, key) == 201

    assert run(app, "revoke", "1").exit_code == 0

    assert put(client, key) == 401
    assert "revoked" in run(app, "list").output


def test_a_list_of_keys_shows_no_secret(app: Flask, session: Session) -> None:
    secret = create(app, "publisher", "--source", "mint")["Authorization"].split()[1]

    shown = run(app, "list").output

    assert "publisher\tsomebody\tmint" in shown
    assert secret not in shown
    assert secret not in str(session.execute(text("SELECT * FROM newsroom_key")).all())


@pytest.mark.parametrize(
    "words",
    [
        ("revoke", "99"),
        ("create", "--role", "editor", "--name", "x", "--source", "mint"),
        ("create", "--role", "owner", "--name", "x"),
        ("create", "--role", "editor"),
    ],
)
def test_a_wrong_command_fails_and_says_why(app: Flask, words: tuple[str, ...]) -> None:
    done = run(app, *words)

    assert done.exit_code != 0
    assert done.output.strip()


def test_an_installations_secret_is_no_newsroom_key(client: FlaskClient) -> None:
    secret = client.post("/v1/installations", json={"platform": "web"}).get_json()["secret"]

    assert put(client, bearer(secret)) == 401
