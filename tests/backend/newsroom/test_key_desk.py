"""Editors see every key, and make and end publishers' keys; nobody makes a second self."""

from collections.abc import Sequence
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from backend.http.keys import create_key
from tests.conftest import EDITOR, START, Clock, bearer
from tests.factories import draft

KEYS = "/v1/newsroom/keys"
ARTICLE = "/v1/newsroom/articles/herald/1"


def made(client: FlaskClient, **fields: Any) -> dict[str, Any]:
    answer = client.post(KEYS, headers=EDITOR, json={"name": "wire"} | fields)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    found: dict[str, Any] = answer.get_json()
    return found


def listed(client: FlaskClient, **query: Any) -> Sequence[dict[str, Any]]:
    answer = client.get(KEYS, headers=EDITOR, query_string=query)
    found: Sequence[dict[str, Any]] = answer.get_json()["keys"]
    return found


def put(client: FlaskClient, secret: str) -> int:
    return client.put(ARTICLE, headers=bearer(secret), json=draft()).status_code


def test_a_publisher_s_key_is_made_shown_once_rotated_and_ended(
    client: FlaskClient, clock: Clock
) -> None:
    key = made(client, sources=["Herald"], expires_in_days=30)
    assert put(client, key["secret"]) == 201

    rotated = client.post(f"{KEYS}/{key['id']}/rotate", headers=EDITOR, json={"overlap_hours": 1})
    clock.forward(hours=2)

    assert put(client, key["secret"]) == 401
    assert put(client, rotated.get_json()["secret"]) == 200
    assert client.delete(f"{KEYS}/{rotated.get_json()['id']}", headers=EDITOR).status_code == 204
    assert put(client, rotated.get_json()["secret"]) == 401
    found = listed(client)
    assert [(each["state"], each["sources"]) for each in found] == [
        ("expired", ["herald"]),
        ("revoked", ["herald"]),
    ]
    assert key["secret"] not in str(found)


def test_a_key_in_its_overlap_names_the_one_that_replaced_it(
    client: FlaskClient, clock: Clock
) -> None:
    old = made(client, sources=["herald"])
    path, body = f"{KEYS}/{old['id']}/rotate", {"overlap_hours": 2}
    new = client.post(path, headers=EDITOR, json=body).get_json()

    again = client.post(path, headers=EDITOR, json=body)

    assert again.status_code == 409
    assert f"The key {new['prefix']} replaced it already" in again.get_json()["detail"]
    assert "until 2026-03-02T14:00:00Z" in again.get_json()["detail"]
    assert len(listed(client)) == 2
    clock.forward(hours=1)
    newest = client.post(f"{KEYS}/{new['id']}/rotate", headers=EDITOR, json=body)
    assert newest.status_code == 201
    assert [put(client, each["secret"]) for each in (old, new)] == [201, 200]


def test_a_key_whose_replacement_was_revoked_is_rotated_again(client: FlaskClient) -> None:
    old = made(client, sources=["herald"])
    path = f"{KEYS}/{old['id']}/rotate"
    lost = client.post(path, headers=EDITOR, json={}).get_json()
    client.delete(f"{KEYS}/{lost['id']}", headers=EDITOR)

    again = client.post(path, headers=EDITOR, json={})

    assert again.status_code == 201
    assert put(client, again.get_json()["secret"]) == 201


def test_a_publisher_s_key_is_bound_to_sources_or_to_all_in_so_many_words(
    client: FlaskClient,
) -> None:
    for fields in ({}, {"sources": ["herald"], "all_sources": True}, {"role": "editor"}):
        answer = client.post(KEYS, headers=EDITOR, json={"name": "wire"} | fields)
        assert answer.status_code == 422

    assert made(client, all_sources=True)["all_sources"]


def test_an_editor_ends_their_own_key_and_no_other_editor_s(
    app: Flask, client: FlaskClient
) -> None:
    with app.app_context():
        secrets = [create_key("editor", name, [], now=START) for name in ("ann", "bob")]
    ann, bob = (each["id"] for each in listed(client))

    headers = bearer(secrets[0])
    assert client.delete(f"{KEYS}/{bob}", headers=headers).status_code == 403
    refused = client.post(f"{KEYS}/{bob}/rotate", headers=headers, json={})
    assert refused.status_code == 403
    assert client.delete(f"{KEYS}/{ann}", headers=headers).status_code == 204
    assert client.get(KEYS, headers=headers).status_code == 401
    assert client.delete(f"{KEYS}/none", headers=EDITOR).status_code == 404


def test_keys_are_listed_page_by_page_for_editors_alone(app: Flask, client: FlaskClient) -> None:
    for name in ("one", "two", "three"):
        secret = made(client, name=name, sources=["herald"])["secret"]

    page = client.get(KEYS, headers=EDITOR, query_string={"limit": 2})
    rest = listed(client, limit=2, cursor=page.get_json()["next_cursor"])

    assert [each["name"] for each in rest] == ["three"]
    assert client.get(KEYS, headers=bearer(secret)).status_code == 403
