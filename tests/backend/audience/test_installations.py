"""An installation is known by its own secret, owns its address, and can be erased whole."""

from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.core.db import Base
from tests.conftest import EDITOR, bearer
from tests.factories import publish, register


def test_the_secret_is_shown_once_and_only_its_hash_is_kept(
    client: FlaskClient, session: Session
) -> None:
    phone = register(client)

    shown = client.get(f"/v1/installations/{phone.id}", headers=phone.auth)

    assert phone.secret not in shown.text
    kept = session.execute(text("SELECT * FROM installation")).all()
    assert phone.secret not in str(kept)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("GET", "/topics"),
        ("PUT", "/topics"),
        ("PUT", "/topics/breaking"),
        ("DELETE", "/topics/breaking"),
        ("GET", "/preferences"),
        ("PATCH", "/preferences"),
    ],
)
def test_another_installations_secret_opens_nothing(
    client: FlaskClient, method: str, path: str
) -> None:
    mine, other = register(client), register(client)
    url = f"/v1/installations/{mine.id}{path}"

    assert client.open(url, method=method, headers=other.auth).status_code == 404
    assert client.open(url, method=method, headers=EDITOR).status_code == 401
    assert client.open(url, method=method).status_code == 401
    assert client.open(url, method=method, headers=bearer("x")).status_code == 401


def test_an_address_that_registers_again_moves_to_the_newest_installation(
    client: FlaskClient,
) -> None:
    old = register(client, address="the-same-address")
    new = register(client, address="the-same-address")

    def has_address(phone_id: str, auth: dict[str, str]) -> bool:
        found = client.get(f"/v1/installations/{phone_id}", headers=auth).get_json()
        return bool(found["has_address"])

    assert not has_address(old.id, old.auth)
    assert has_address(new.id, new.auth)

    answer = client.patch(
        f"/v1/installations/{old.id}",
        headers=old.auth,
        json={"address": {"kind": "token", "value": "the-same-address"}},
    )

    assert answer.get_json()["has_address"]
    assert not has_address(new.id, new.auth)


TOKEN = {"kind": "token", "value": "an-id:APA91b-x"}
OTHER_TOKEN = {"kind": "token", "value": "an-id:APA91b-y"}
FID = {"kind": "fid", "value": "an-id"}
BARE = {"kind": "token", "value": "dT8-c_4bR2mW0aZ9xY7qLk"}  # an id where a token is expected
STRANGE = {"kind": "token", "value": "another-id:APA91b-x"}


@pytest.mark.parametrize(
    ("held", "told", "states"),
    [
        (TOKEN, TOKEN, ("none", "active")),
        (TOKEN, FID, ("active", "confirm")),
        (TOKEN, OTHER_TOKEN, ("active", "confirm")),
        (FID, FID, ("active", "confirm")),
        (FID, TOKEN, ("active", "confirm")),
        (BARE, BARE, ("active", "confirm")),
        (BARE, {**BARE, "kind": "fid"}, ("active", "confirm")),
        (TOKEN, STRANGE, ("active", "active")),
        (TOKEN, None, ("active", "none")),
    ],
)
@pytest.mark.parametrize("registers", [True, False], ids=["registers", "changes"])
def test_an_address_moves_to_another_installation_by_proof(
    client: FlaskClient, held: Any, told: Any, states: tuple[str, str], registers: bool
) -> None:
    """A whole token is a secret. The id in it is not, and anybody can write more behind it."""
    old = join(client, held)
    new = join(client, told if registers else None)
    if not registers:
        change(client, new, address=told)

    assert (state(client, old), state(client, new)) == states


@pytest.mark.parametrize("told", [FID, OTHER_TOKEN])
def test_the_secret_of_who_held_it_is_a_proof(client: FlaskClient, told: Any) -> None:
    old, stranger = join(client, TOKEN), join(client, STRANGE)

    no_proof = join(client, told, previous_secret=stranger["secret"])
    proven = join(client, told, previous_secret=old["secret"])

    states = [state(client, made) for made in (old, no_proof, proven)]
    assert states == ["none", "confirm", "active"]


def test_an_installation_s_own_address_needs_no_proof(client: FlaskClient) -> None:
    made = join(client, TOKEN)

    for address in (OTHER_TOKEN, FID, TOKEN):
        assert change(client, made, address=address)["address"] == {"state": "active"}


def test_a_claim_ends_when_the_app_thinks_better_of_it(client: FlaskClient) -> None:
    join(client, TOKEN)
    claimant = join(client, FID)

    assert change(client, claimant, address=None)["address"] == {"state": "none"}
    assert change(client, claimant, address=STRANGE)["address"] == {"state": "active"}


def test_a_claim_is_erased_with_its_installation(client: FlaskClient, session: Session) -> None:
    join(client, TOKEN)
    claimant = join(client, FID)
    url = f"/v1/installations/{claimant['id']}"

    assert client.delete(url, headers=bearer(claimant["secret"])).status_code == 204
    assert session.execute(text("SELECT count(*) FROM address_claim")).scalar() == 0
    kept = [str(session.execute(t.select()).all()) for t in Base.metadata.sorted_tables]
    assert sum("'an-id'" in rows for rows in kept) == 1  # of who holds the phone


def join(client: FlaskClient, address: dict[str, str] | None, **more: Any) -> dict[str, Any]:
    body = {"platform": "ios", "address": address, **more}
    made: dict[str, Any] = client.post("/v1/installations", json=body).get_json()
    return made


def change(client: FlaskClient, made: dict[str, Any], **fields: Any) -> dict[str, Any]:
    url = f"/v1/installations/{made['id']}"
    answer: dict[str, Any] = client.patch(
        url, headers=bearer(made["secret"]), json=fields
    ).get_json()
    return answer


def state(client: FlaskClient, made: dict[str, Any]) -> str:
    url = f"/v1/installations/{made['id']}"
    found = client.get(url, headers=bearer(made["secret"])).get_json()
    assert found["has_address"] is (found["address"]["state"] == "active")
    return str(found["address"]["state"])


def test_the_address_is_never_shown(client: FlaskClient) -> None:
    phone = register(client, address="not-for-anyones-eyes")

    shown = client.get(f"/v1/installations/{phone.id}", headers=phone.auth)

    assert "not-for-anyones-eyes" not in shown.text


def test_erasing_leaves_no_row_and_repeats_as_unauthorized(
    client: FlaskClient, session: Session
) -> None:
    publish(client, tags=["Harbour"])
    phone = register(client, "tag:Harbour", "breaking", address="to-be-forgotten")
    phone.prefer(muted_sources=["herald"])
    url = f"/v1/installations/{phone.id}"

    assert client.delete(url, headers=phone.auth).status_code == 204
    assert client.delete(url, headers=phone.auth).status_code == 401

    for table in Base.metadata.sorted_tables:
        rows = str(session.execute(table.select()).all())
        assert phone.id not in rows, table.name
        assert "to-be-forgotten" not in rows, table.name
    assert session.execute(text("SELECT count(*) FROM follow")).scalar() == 0
    assert session.execute(text("SELECT count(*) FROM muted_source")).scalar() == 0


def test_erasing_leaves_no_copy_in_a_file(client: FlaskClient, database_url: str) -> None:
    if not database_url.startswith("sqlite"):
        pytest.skip("PostgreSQL's own files are its administrator's")
    phone = register(client, address="to-be-forgotten-in-files")
    files = sorted(Path(database_url.removeprefix("sqlite:///")).parent.glob("tagwire.db*"))
    assert any(b"to-be-forgotten-in-files" in file.read_bytes() for file in files)

    client.delete(f"/v1/installations/{phone.id}", headers=phone.auth)

    assert not any(b"to-be-forgotten-in-files" in file.read_bytes() for file in files)


def test_an_installation_without_an_address_may_follow(client: FlaskClient) -> None:
    answer = client.post("/v1/installations", json={"platform": "web", "address": None})

    found = answer.get_json()
    assert answer.status_code == 201
    assert found["has_address"] is False
    url = f"/v1/installations/{found['id']}/topics/breaking"
    assert client.put(url, headers=bearer(found["secret"])).status_code == 204


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "platform"),
        ({"platform": "windows"}, "platform"),
        ({"platform": "ios", "address": "x"}, "address"),
        ({"platform": "ios", "address": {"kind": "token"}}, "address"),
        ({"platform": "ios", "address": {"kind": "apns", "value": "x"}}, "address"),
        ({"platform": "ios", "address": {"kind": "token", "value": "a b"}}, "address"),
        ({"platform": "ios", "address": {"kind": "token", "value": "x" * 4097}}, "address"),
        ({"platform": "ios", "locale": ""}, "locale"),
        ({"platform": "ios", "time_zone": 3}, "time_zone"),
        ({"platform": "ios", "advertising_id": "x"}, "advertising_id"),
    ],
)
def test_a_bad_registration_names_the_field(
    client: FlaskClient, body: dict[str, object], field: str
) -> None:
    answer = client.post("/v1/installations", json=body)

    assert answer.status_code == 422
    assert field in answer.get_json()["errors"]


def test_an_unknown_time_zone_is_kept_and_said_to_be_unknown(client: FlaskClient) -> None:
    phone = register(client, time_zone="Mars/Olympus")

    shown = client.get(f"/v1/installations/{phone.id}", headers=phone.auth).get_json()

    assert (shown["time_zone"], shown["time_zone_known"]) == ("Mars/Olympus", False)
