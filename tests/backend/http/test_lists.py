"""Every list of the OpenAPI document is asked in one way: pages, limits, cursors of its own."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.http.keys import create_key
from tests.conftest import EDITOR, Clock, bearer
from tests.factories import Phone, publish, register

_numbers = count(1)
# What has no pages: the whole of a set that is small, or what is told of one thing.
WHOLE = {
    "/v1/categories",
    "/v1/deeplinks/routes",
    "/v1/installations/{installation_id}/preferences",
    "/v1/installations/{installation_id}/topics",
    "/v1/newsroom/articles/{article_id}/tags",
    "/v1/newsroom/articles/tags",
    "/v1/newsroom/articles/{source}/{external_id}/tags",
    "/v1/newsroom/check",
    "/v1/newsroom/links/campaigns",
    "/v1/newsroom/links/orphans",
    "/v1/newsroom/links/{code}/clicks",
    "/v1/newsroom/links/{code}/explain",
    "/v1/newsroom/notifications/{notification_id}/difference",
    "/v1/newsroom/notifications/{notification_id}/preview",
    "/v1/newsroom/numbers",
    "/v1/newsroom/sources/{slug}/days",
    "/v1/search/suggestions",
    "/v1/sources",
    "/v1/tags",
    "/v1/tags/trending",
}
# They go on for ever: `sync_cursor` and `has_more` in place of `next_cursor`.
STREAMS = {
    "/v1/breaking/changes",
    "/v1/categories/{slug}/changes",
    "/v1/feed/changes",
    "/v1/sources/{slug}/changes",
    "/v1/tags/{tag}/changes",
}


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/v1/openapi.json").get_json()
    return found


def lists(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each path whose answer has a list and is not of one thing, and the schema of the answer."""
    for path, operations in document["paths"].items():
        if path.endswith("}"):
            continue
        content = operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        schema = resolved(document, content.get("application/json", {}).get("schema", {}))
        members = schema.get("properties", {}).values()
        if any("array" in resolved(document, each).get("type", ()) for each in members):
            yield path, schema


def resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def paged(document: dict[str, Any]) -> list[str]:
    return [path for path, _ in lists(document) if path not in WHOLE | STREAMS]


@pytest.fixture
def phone(client: FlaskClient) -> Phone:
    publish(client, tags=["Harbour"], category="Local")
    polled = {"feed_url": "https://herald.example/feed", "paused": True}
    answer = client.put("/v1/newsroom/sources/herald?check=false", headers=EDITOR, json=polled)
    assert answer.status_code == 200, answer.get_json()
    return register(client, "tag:Harbour")


@pytest.fixture
def known(client: FlaskClient, phone: Phone) -> dict[str, str]:
    """What the parameters of paths may be."""
    return {
        "installation_id": phone.id,
        "tag": "Harbour",
        "webhook_id": webhook(client),
    }


def webhook(client: FlaskClient) -> str:
    url = f"https://chat.example/{next(_numbers)}"
    body = {"url": url, "events": ["article.published"]}
    made = client.post("/v1/newsroom/webhooks", headers=EDITOR, json=body)
    assert made.status_code == 201, made.get_json()
    return str(made.get_json()["id"])


def address_of(path: str, known: dict[str, str]) -> str:
    slug = "local" if path.startswith("/v1/categories") else "herald"
    return path.format(**known, slug=slug)


@pytest.fixture
def admin(app: Flask, clock: Clock) -> dict[str, str]:
    with app.app_context():
        return bearer(create_key("admin", "admin", (), now=clock.now, all_sources=True))


def headers_for(path: str, phone: Phone, key: dict[str, str]) -> dict[str, str]:
    return key if path.startswith("/v1/newsroom") else phone.auth


def test_each_list_is_in_pages_or_known_to_be_whole(document: dict[str, Any]) -> None:
    found = dict(lists(document))

    assert {*found} >= WHOLE | STREAMS
    for path in paged(document):
        assert "next_cursor" in found[path]["properties"], path
        assert "next_cursor" in found[path]["required"], path
        parameters = document["paths"][path]["get"]["parameters"]
        named = {each.get("name"): each.get("schema") for each in parameters}
        limit = named["limit"]
        assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, 100, 20), path
        assert "cursor" in named, path


def test_each_refuses_other_limits_and_cursors_that_it_did_not_give(
    client: FlaskClient,
    document: dict[str, Any],
    phone: Phone,
    known: dict[str, str],
    admin: dict[str, str],
) -> None:
    for path in paged(document):
        address, headers = address_of(path, known), headers_for(path, phone, admin)
        asked = {"q": "harbour"} if path == "/v1/search" else {}
        for limit in ("0", "101", "x", "-1"):
            answer = client.get(address, headers=headers, query_string={**asked, "limit": limit})
            assert answer.status_code == 422, (path, limit, answer.get_json())
        for cursor in ("abc", "1", "AAAA" * 40):
            answer = client.get(address, headers=headers, query_string={**asked, "cursor": cursor})
            assert answer.status_code == 400, (path, cursor, answer.get_json())
            assert answer.get_json()["type"] == "/problems/bad-cursor", path


def test_a_cursor_is_of_one_list_and_its_filters_and_the_link_leads_on(
    client: FlaskClient, phone: Phone
) -> None:
    body = {"title": "Bridge", "body": "", "urgency": "normal", "topics": ["tag:Harbour"]}
    for number in range(3):
        alert = {**body, "title": f"Bridge {number}", "send_at": "2026-03-03T12:00:00Z"}
        client.post("/v1/newsroom/notifications", headers=EDITOR, json=alert)
        webhook(client)
    inbox = f"/v1/installations/{phone.id}/notifications"
    tested = {"/v1/newsroom/notifications": "notifications", "/v1/newsroom/webhooks": "webhooks"}

    cursors = {}
    for path, member in tested.items():
        first = client.get(path, headers=EDITOR, query_string={"limit": 1})
        cursors[path] = first.get_json()["next_cursor"]
        link = first.headers["Link"]
        assert link.startswith("<http")
        rest = client.get(link[1:].partition(">")[0], headers=EDITOR).get_json()[member]
        assert rest[0]["id"] != first.get_json()[member][0]["id"]

    for path in (*tested, inbox):
        for of, cursor in cursors.items():
            headers = headers_for(path, phone, EDITOR)
            answer = client.get(path, headers=headers, query_string={"cursor": cursor})
            assert answer.status_code == (200 if path == of else 400), (path, of)
    mine = {"cursor": cursors["/v1/newsroom/notifications"], "state": "scheduled"}
    answer = client.get("/v1/newsroom/notifications", headers=EDITOR, query_string=mine)
    assert answer.status_code == 400
