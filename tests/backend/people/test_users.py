"""Admins and the command line decide who may what; it counts with the next request."""

import re
from collections.abc import Callable

from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient

from tagwire import main
from tests.conftest import EDITOR, Clock, bearer
from tests.factories import draft, publish, register
from tests.people import PASSWORD, SECURE, Person, person, set_up
from tests.push.editor import NOTIFICATIONS, TAG

USERS = "/v1/newsroom/users"


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(main, ["users", *words])


def test_the_command_line_makes_lists_disables_enables_and_resets(app: Flask) -> None:
    made = run(app, "create", "Ann Lee", "--role", "admin")
    assert made.exit_code == 0, made.output
    ann = Person(app, "ann lee", app.test_client())
    assert set_up(ann.client, made.output.strip().removeprefix(SECURE)).status_code == 303

    assert "Ann Lee\tadmin\t*\tactive\tpassword alone" in run(app, "list").output
    assert run(app, "create", "ann  lee", "--role", "editor").exit_code == 1
    assert run(app, "disable", "Ann Lee", "--yes").exit_code == 1, "the last admin"

    run(app, "create", "bob", "--role", "admin")
    assert "disabled" in run(app, "disable", "ANN LEE", "--yes").output
    assert not ann.is_logged_in()
    assert ann.log_in().status_code == 422
    run(app, "enable", "Ann Lee")
    assert ann.log_in().status_code == 303

    link = run(app, "reset", "Ann Lee", "--yes").output.strip()
    assert not ann.is_logged_in()
    assert ann.log_in().status_code == 422
    assert set_up(ann.client, link.removeprefix(SECURE)).status_code == 303


def test_an_admin_invites_changes_and_resets_over_http(app: Flask) -> None:
    ann = person(app, "ann", "admin")

    made = ann.send(USERS, json={"name": "Bob", "role": "editor"}).get_json()
    bob = Person(app, "Bob", app.test_client())
    set_up(bob.client, made["setup_url"].removeprefix(SECURE))
    assert ann.send(USERS, json={"name": "bob", "role": "editor"}).status_code == 409
    assert ann.send(USERS, json={"name": "NEWSROOM_KEY", "role": "admin"}).status_code == 422
    assert ann.send(USERS, json={"name": "Cem", "role": "publisher"}).status_code == 422

    assert bob.get(USERS).status_code == 403
    url = f"{USERS}/{made['id']}"
    assert ann.send(url, "PATCH", json={"role": "admin"}).get_json()["role"] == "admin"
    assert bob.get(USERS).status_code == 200
    assert ann.send(url, "PATCH", json={"disabled": True}).get_json()["state"] == "disabled"
    assert bob.get(USERS).status_code == 401
    ann.send(url, "PATCH", json={"disabled": False})
    assert ann.send(f"{url}/reset").get_json()["state"] == "invited"
    assert bob.log_in().status_code == 422
    assert ann.send(f"{USERS}/nobody", "PATCH", json={"role": "editor"}).status_code == 404


def test_what_admins_decide_is_in_the_audit_log_without_the_links(app: Flask) -> None:
    ann = person(app, "ann", "admin")
    made = ann.send(USERS, json={"name": "bob", "role": "editor"}).get_json()
    url = f"{USERS}/{made['id']}"
    ann.send(url, "PATCH", json={"role": "approver"})
    ann.send(url, "PATCH", json={"role": "approver"})
    link = ann.send(f"{url}/reset").get_json()["setup_url"]

    told = ann.get("/v1/newsroom/audit?limit=3")

    entries = told.get_json()["entries"]
    acts = [(each["act"], each["subject"], each["actor"]["name"]) for each in entries]
    assert acts == [
        ("user.reset", "user:bob", "ann"),
        ("user.changed", "user:bob", "ann"),
        ("user.created", "user:bob", "ann"),
    ]
    assert (entries[1]["before"], entries[1]["after"]) == (
        {"role": "editor"},
        {"role": "approver"},
    )
    assert link.rpartition("/")[2] not in told.text


def test_the_list_of_people_comes_in_pages(app: Flask) -> None:
    ann = person(app, "ann", "admin")
    for name in ("bob", "cem"):
        ann.send(USERS, json={"name": name, "role": "editor"})

    first = ann.get(f"{USERS}?limit=2").get_json()
    second = ann.get(f"{USERS}?limit=2&cursor={first['next_cursor']}").get_json()

    assert [each["name"] for each in first["users"]] == ["ann", "bob"]
    assert [each["name"] for each in second["users"]] == ["cem"]
    assert second["next_cursor"] is None


def test_the_last_admin_stays(app: Flask) -> None:
    ann = person(app, "ann", "admin")

    for fields in ({"role": "editor"}, {"disabled": True}):
        assert ann.send(f"{USERS}/{ann.id}", "PATCH", json=fields).status_code == 409
    assert ann.get(USERS).status_code == 200


def test_a_person_publishes_for_their_own_sources_alone(app: Flask, client: FlaskClient) -> None:
    publish(client, source="rival", external_id="1")
    pia = person(app, "pia", "publisher", "herald")

    def put(source: str, **fields: object) -> int:
        url = f"/v1/newsroom/articles/{source}/1"
        return pia.send(url, "PUT", json=draft(**fields)).status_code

    assert put("herald") == 201
    assert put("rival") == 403
    assert put("herald", breaking=True) == 403
    assert pia.get("/v1/newsroom/sources/herald").status_code == 200
    assert pia.get("/v1/newsroom/sources/rival").status_code in {403, 404}


def test_nobody_approves_their_own_with_a_key_beside_their_log_in(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    publish(client, tags=["Harbour"])
    register(client, TAG)
    ann, bob = person(app, "Ann", "approver"), person(app, "bob", "editor")
    options = ("--role", "editor", "--name", "script", "--user", "ann")
    done = app.test_cli_runner().invoke(main, ["keys", "create", *options])
    key = bearer(done.output.strip())
    alert = {"title": "A", "body": "", "topics": [TAG], "urgency": "normal", "approval": True}

    made = client.post(NOTIFICATIONS, headers=key, json=alert).get_json()

    assert made["authors"] == ["Ann"]
    url = f"{NOTIFICATIONS}/{made['id']}/approve"
    assert ann.send(url, json={}).status_code == 403
    assert bob.send(url, json={}).status_code == 403, "an editor approves nothing"
    assert client.post(url, headers=key, json={}).status_code == 403
    assert client.post(url, headers=EDITOR, json={}).status_code == 200

    run(app, "disable", "Ann", "--yes")
    assert client.get(NOTIFICATIONS, headers=key).status_code == 401


def test_an_admin_makes_and_ends_keys_on_a_page(app: Flask, client: FlaskClient) -> None:
    ann = person(app, "ann", "admin")
    form = {"name": "wire", "role": "editor", "user": ann.id, "lives": "30", "sources": ""}

    made = ann.send("/console/keys", data=form)
    found = re.search(r">(tw_editor_[\w-]+)<", made.text)
    assert found is not None
    key = bearer(found[1])
    assert client.get("/v1/newsroom/halt", headers=key).status_code == 200
    assert ann.send("/console/keys", data=form | {"role": "publisher"}).status_code == 422
    assert ann.send("/console/keys", data=form | {"name": " "}).status_code == 422

    ann.send("/console/keys/1/revoke")
    assert client.get("/v1/newsroom/halt", headers=key).status_code == 401


def test_a_proxy_that_is_trusted_says_who_somebody_is(make_app: Callable[..., Flask]) -> None:
    """The header counts from a near proxy alone, and ends the session of anybody else."""
    app = make_app(PUBLIC_URL=SECURE, TRUSTED_PROXIES="1", CONSOLE_USER_HEADER="X-Auth-User")
    person(app, "ann", "editor")
    person(app, "bob", "editor")
    browser = app.test_client()

    def asked(user: str, near: str = "127.0.0.1", **headers: str) -> int:
        told = {"X-Auth-User": user, "X-Forwarded-For": "203.0.113.9", **headers}
        named = {name: value for name, value in told.items() if value}
        return browser.get(
            "/console",
            base_url=SECURE,
            headers=named,
            environ_overrides={"REMOTE_ADDR": near},
        ).status_code

    assert asked("ann", near="198.51.100.7") == 401
    assert asked("ann", **{"X-Forwarded-For": ""}) == 401
    assert asked("nobody") == 403
    assert asked("ann") == 303
    assert asked("ann") == 200
    assert asked("bob") == 303, "a session of somebody else counts for nothing"
    assert "bob" in browser.get("/console", base_url=SECURE).text


def test_a_password_is_neither_short_nor_the_name(app: Flask) -> None:
    ann = person(app, "a name of twelve", "editor")

    for new in ("short", "A name of twelve", "x" * 201):
        form = {"old_password": PASSWORD, "new_password": new}
        assert ann.send("/console/account/password", data=form).status_code == 422
