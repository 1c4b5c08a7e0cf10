"""A key opens what its role and its sources allow, until it is revoked."""

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.core.db import db, transaction
from backend.newsroom.keys_cli import keys
from tagwire import main
from tests.conftest import EDITOR, Clock, bearer
from tests.factories import draft

# As a full disk or a standby refuses it.
NO_LAST_USE = {
    "sqlite": "CREATE TRIGGER refuses BEFORE UPDATE ON newsroom_key"
    " BEGIN SELECT RAISE(ABORT, 'read only'); END",
    "postgresql": "CREATE RULE refuses AS ON UPDATE TO newsroom_key DO INSTEAD"
    " SELECT 1 / (SELECT 0)",
}


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(keys, words)


def create(app: Flask, role: str, *options: str) -> dict[str, str]:
    done = run(app, "create", "--role", role, "--name", "somebody", *options)
    assert done.exit_code == 0, done.output
    return bearer(done.output.strip())


def secret_of(key: dict[str, str]) -> str:
    return key["Authorization"].split()[1]


def prefix_of(key: dict[str, str]) -> str:
    """The role and eight characters: what of a secret is kept in the clear."""
    head, role, rest = secret_of(key).split("_", 2)
    return f"{head}_{role}_{rest[:8]}"


def line_of(app: Flask, key: dict[str, str]) -> str:
    (line,) = (line for line in run(app, "list").output.splitlines() if prefix_of(key) in line)
    return line


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

    assert run(app, "revoke", "1", "--yes").exit_code == 0

    assert put(client, key) == 401
    assert "revoked" in run(app, "list").output


def test_a_list_of_keys_shows_no_secret(app: Flask, session: Session) -> None:
    secret = secret_of(create(app, "publisher", "--source", "mint"))

    shown = run(app, "list").output

    assert "publisher\tsomebody\tmint" in shown
    assert secret not in shown
    assert secret not in str(session.execute(text("SELECT * FROM newsroom_key")).all())


@pytest.mark.parametrize(
    "words",
    [
        ("revoke", "99", "--yes"),
        ("create", "--role", "editor", "--name", "x", "--source", "mint"),
        ("create", "--role", "owner", "--name", "x"),
        ("create", "--role", "editor"),
        ("create", "--role", "publisher", "--name", "x"),
        ("create", "--role", "publisher", "--name", "x", "--source", "mint", "--all-sources"),
        ("rotate", "nobody"),
    ],
)
def test_a_wrong_command_fails_and_says_why(app: Flask, words: tuple[str, ...]) -> None:
    done = run(app, *words)

    assert done.exit_code != 0
    assert done.output.strip()


def test_a_key_is_revoked_by_its_prefix_and_a_person_by_name(
    app: Flask, client: FlaskClient
) -> None:
    one, two, three = (create(app, "editor") for _ in range(3))

    assert run(app, "revoke", prefix_of(two), "--yes").exit_code == 0
    assert [put(client, key) for key in (one, two, three)] == [201, 401, 200]
    assert run(app, "revoke", "somebody", "--yes").exit_code == 0
    assert [put(client, key) for key in (one, two, three)] == [401, 401, 401]


def test_a_key_ends_by_itself_and_its_last_use_is_listed(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    key = create(app, "editor", "--expires-in-days", "2")
    assert "never used" in line_of(app, key)

    assert put(client, key) == 201
    clock.forward(minutes=59)
    assert put(client, key) == 200
    assert "used 2026-03-02T12:00:00Z" in line_of(app, key)
    clock.forward(days=2)
    assert put(client, key) == 401
    assert "expired 2026-03-04T12:00:00Z" in line_of(app, key)


def test_rotating_gives_a_key_of_the_same_rights_and_ends_the_old_one_after_the_overlap(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    old = create(app, "publisher", "--source", "herald", "--embargo")
    done = run(app, "rotate", "somebody", "--overlap-hours", "2")
    new = bearer(done.output.strip())

    for key in (old, new):
        assert put(client, key) in {200, 201}
        assert put(client, key, "rival") == 403
    clock.forward(hours=2)
    assert [put(client, key) for key in (old, new)] == [401, 200]
    assert run(app, "rotate", prefix_of(old)).exit_code == 1


def test_a_name_means_the_newest_of_keys_that_replaced_each_other(
    app: Flask, client: FlaskClient
) -> None:
    old = create(app, "publisher", "--source", "herald")
    new = bearer(run(app, "rotate", "somebody").output.strip())

    refused = run(app, "rotate", prefix_of(old))
    newest = bearer(run(app, "rotate", "somebody").output.strip())

    assert refused.exit_code == 1
    assert f"The key {prefix_of(new)} replaced it already" in refused.output
    assert [put(client, key) for key in (old, new, newest)] == [201, 200, 200]
    create(app, "publisher", "--source", "herald")
    assert "2 live keys" in run(app, "rotate", "somebody").output


def test_a_database_that_takes_no_writes_still_knows_its_keys(
    app: Flask, client: FlaskClient
) -> None:
    key = create(app, "editor")
    with app.app_context(), transaction() as session:
        session.execute(text(NO_LAST_USE[db.engine.dialect.name]))

    url = "/v1/newsroom/notifications"
    assert client.get(url, headers=key).status_code == 200


def test_a_publisher_of_all_sources_is_named_by_the_check(app: Flask, clock: Clock) -> None:
    bound, free = (
        create(app, "publisher", option) for option in ("--source=mint", "--all-sources")
    )
    editor = create(app, "editor")

    done = app.test_cli_runner().invoke(main, ["check"])

    assert done.exit_code == 1
    assert f"key {prefix_of(free)} of somebody: a publisher that may" in done.output
    assert prefix_of(bound) not in done.output
    assert prefix_of(editor) not in done.output
    run(app, "revoke", prefix_of(free), "--yes")
    assert prefix_of(free) not in app.test_cli_runner().invoke(main, ["check"]).output


def test_an_installations_secret_is_no_newsroom_key(client: FlaskClient) -> None:
    secret = client.post("/v1/installations", json={"platform": "web"}).get_json()["secret"]

    assert put(client, bearer(secret)) == 401
