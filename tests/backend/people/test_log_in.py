"""Who logs in, with what, for how long; what ends a session, and what a stranger cannot do."""

import re
from collections.abc import Callable

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.people import throttle
from backend.people.passwords import NOBODYS, hash_password, is_password
from tests.conftest import Clock
from tests.people import PASSWORD, SECURE, SESSION, Person, invited, person, set_up

CODE = re.compile(r"<code>(\w{5}-\w{5})</code>")


def add_app(somebody: Person, clock: Clock) -> tuple[pyotp.TOTP, list[str]]:
    """Set up an authenticator app; the recovery codes that were shown."""
    page = somebody.get("/console/account").text
    found = re.search(r'name="secret" value="(\w+)"', page)
    assert found is not None
    totp = pyotp.TOTP(found[1])
    form = {"old_password": PASSWORD, "secret": found[1], "code": totp.at(clock.now)}
    shown = somebody.send("/console/account/second-factor", data=form)
    assert shown.status_code == 200, shown.text
    return totp, CODE.findall(shown.text)


def test_a_one_time_link_sets_a_password_once_and_within_three_days(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    _, path = invited(app, "ann", "editor")
    _, late = invited(app, "bob", "editor")

    assert client.get(path, base_url=SECURE).status_code == 200
    assert set_up(client, path, "too short").status_code == 422
    assert set_up(client, path).status_code == 303
    assert set_up(client, path).status_code == 404

    clock.forward(hours=73)
    assert set_up(client, late).status_code == 404


def test_nothing_that_opens_an_account_is_kept_as_it_is(
    app: Flask, session: Session, clock: Clock
) -> None:
    ann = person(app, "ann", "editor")
    totp, codes = add_app(ann, clock)

    tables = ("newsroom_user", "newsroom_session", "audit_entry")
    kept = str([session.execute(text(f"SELECT * FROM {each}")).all() for each in tables])
    assert "$argon2id$" in kept
    for told in (PASSWORD, totp.secret, ann.cookie, *codes):
        assert told not in kept


def test_an_unknown_name_is_checked_at_the_cost_of_a_known_one() -> None:
    of_somebody = hash_password(PASSWORD, "ann")

    assert NOBODYS.split("$")[:4] == of_somebody.split("$")[:4]
    assert not is_password("", None)


def test_the_cookie_is_for_this_host_over_tls_and_for_no_script(app: Flask) -> None:
    ann = person(app, "ann", "editor")

    header = ann.log_in().headers["Set-Cookie"]

    assert header.startswith("__Host-tagwire_session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(header.split("; "))
    assert "Domain" not in header


def test_over_plain_http_there_is_a_session_on_the_machine_itself_alone(
    make_app: Callable[..., Flask],
) -> None:
    visitor = make_app(PUBLIC_URL="http://127.0.0.1:8000").test_client()

    assert visitor.get("/console", base_url="http://10.1.2.3:8000").status_code == 403
    assert visitor.get("/console", base_url="http://127.0.0.1:8000").status_code == 401


def test_each_log_in_begins_another_session_and_ends_the_one_before(app: Flask) -> None:
    ann = person(app, "ann", "editor")
    before = ann.cookie

    ann.log_in()

    thief = app.test_client()
    thief.set_cookie(SESSION, before, domain="news.test", secure=True)
    assert thief.get("/console", base_url=SECURE).status_code == 401
    assert ann.is_logged_in()


@pytest.mark.parametrize(("steps", "hours"), [(1, 13), (15, 12)], ids=["idle", "in all"])
def test_a_session_ends_by_itself(app: Flask, clock: Clock, steps: int, hours: float) -> None:
    """After half a day without use, and after a week of use."""
    ann = person(app, "ann", "editor")

    for _ in range(steps):
        assert ann.is_logged_in()
        clock.forward(hours=hours - 0.5 if steps > 1 else hours)

    assert not ann.is_logged_in()


def test_a_session_that_is_ended_elsewhere_ends_with_the_next_request(app: Flask) -> None:
    ann = person(app, "ann", "editor")
    other = Person(app, "ann", app.test_client())
    other.log_in()
    listed = re.findall(r"/console/account/sessions/(\w+)/end", other.get("/console/account").text)

    assert [other.send(f"/console/account/sessions/{each}/end").status_code for each in listed] == [
        303
    ]
    assert not ann.is_logged_in()
    assert other.is_logged_in()


def test_a_new_password_ends_all_other_sessions(app: Flask) -> None:
    ann, other = person(app, "ann", "editor"), Person(app, "ann", app.test_client())
    other.log_in()
    new = "another sentence of hers"
    form = {"old_password": "wrong", "new_password": new}

    assert ann.send("/console/account/password", data=form).status_code == 422
    form["old_password"] = PASSWORD
    assert ann.send("/console/account/password", data=form).status_code == 303

    assert ann.is_logged_in()
    assert not other.is_logged_in()
    assert other.log_in().status_code == 422
    assert other.log_in(new).status_code == 303


def test_a_code_of_the_app_is_taken_once_and_a_recovery_code_in_its_place(
    app: Flask, clock: Clock
) -> None:
    ann = person(app, "ann", "editor")
    totp, codes = add_app(ann, clock)
    clock.forward(minutes=1)

    assert ann.log_in().status_code == 422
    assert ann.log_in(code=totp.at(clock.now)).status_code == 303
    assert ann.log_in(code=totp.at(clock.now)).status_code == 422
    assert ann.log_in(code=codes[3].upper()).status_code == 303
    assert ann.log_in(code=codes[3]).status_code == 422
    assert "9 codes are left." in ann.get("/console/account").text


def test_a_form_of_another_site_changes_nothing(app: Flask, clock: Clock) -> None:
    ann = person(app, "ann", "admin")
    users, draft = "/v1/newsroom/users", {"name": "Eve", "role": "admin"}

    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"X-CSRF-Token": "0" * 64},
        {"X-CSRF-Token": ""},
    ):
        assert ann.send(users, json=draft, headers=headers).status_code == 403
    without = ann.client.post(users, base_url=SECURE, json=draft)
    assert without.status_code == 403
    assert ann.client.post("/console/logout", base_url=SECURE).status_code == 403
    assert ann.is_logged_in()

    assert ann.send(users, json=draft).status_code == 201


def test_guessing_is_slowed_and_locks_nobody_out(app: Flask) -> None:
    """Not the person in a browser of theirs, and not other people behind other addresses."""
    ann = person(app, "ann", "editor")
    stranger = Person(app, "ann", app.test_client())

    tried = [stranger.log_in(f"guess {each}").status_code for each in range(12)]

    assert tried == [422] * throttle.OF_ACCOUNT.calls + [429] * 2
    assert stranger.log_in().status_code == 429
    assert ann.log_in().status_code == 303


def test_an_unknown_name_is_refused_as_a_wrong_password_is(app: Flask) -> None:
    person(app, "ann", "editor")
    strangers = [Person(app, name, app.test_client()) for name in ("ann", "nobody")]

    said = [re.sub(r'value="\w+"', "", each.log_in("wrong").text) for each in strangers]

    assert said[0] == said[1]


def test_log_ins_and_failures_are_in_the_audit_log(app: Flask, session: Session) -> None:
    ann = person(app, "ann", "editor")
    ann.log_in("wrong")
    ann.send("/console/logout")

    rows = session.execute(text("SELECT act, actor_name FROM audit_entry ORDER BY id")).all()

    assert [tuple(row) for row in rows] == [
        ("user.created", "tagwire"),
        ("user.set_up", "ann"),
        ("user.logged_in", "ann"),
        ("user.log_in_failed", "ann"),
        ("user.logged_out", "ann"),
    ]
