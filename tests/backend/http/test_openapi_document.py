"""The OpenAPI document makes good clients: rules that hold for every operation and member."""

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from flask import Flask
from flask.testing import FlaskClient
from marshmallow import ValidationError

from schemas.audience import InstallationFields
from schemas.webhooks import EVENTS
from tests.conftest import EDITOR
from tests.factories import publish, register

pytestmark = pytest.mark.any_engine

METHODS = {"get", "put", "post", "patch", "delete"}
# Neither RE2 nor every other reader of the document knows these.
NOT_PORTABLE = re.compile(r"\(\?|\\[ZzAGpPuU]|\\[1-9]")
READS = (*("/v1/tags", "/v1/tags/Harbour/articles", "/v1/newsroom/webhooks", "/v1/newsroom/halt"),)
Found = tuple[str, dict[str, Any]]


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    found: dict[str, Any] = app.extensions["tagwire.api"].document
    return found


def operations(document: dict[str, Any]) -> Iterator[Found]:
    for kind in ("paths", "webhooks"):
        for path, item in document[kind].items():
            yield from ((f"{each} {path}", item[each]) for each in METHODS & item.keys())


def parameters(document: dict[str, Any]) -> Iterator[Found]:
    for path, item in document["paths"].items():
        listed = [*item.get("parameters", ())]
        for method in METHODS & item.keys():
            listed += item[method].get("parameters", ())
        yield from ((f"{path} {each['name']}", each) for each in listed if "name" in each)


def members(document: dict[str, Any]) -> Iterator[Found]:
    for name, schema in document["components"]["schemas"].items():
        for member, found in schema.get("properties", {}).items():
            yield f"{name}.{member}", found


def parts(found: Any, at: str = "") -> Iterator[Found]:
    """Every object of the document with the way to it."""
    if isinstance(found, dict):
        yield at, found
        for name, inner in found.items():
            yield from parts(inner, f"{at}/{name}")
    elif isinstance(found, list):
        for index, inner in enumerate(found):
            yield from parts(inner, f"{at}/{index}")


def schemas(document: dict[str, Any]) -> Iterator[Found]:
    for at, found in parts({"paths": document["paths"], "components": document["components"]}):
        if {"type", "$ref", "anyOf", "oneOf"} & found.keys() and "/examples" not in at:
            yield at, found


def is_valid(value: Any, schema: dict[str, Any], document: dict[str, Any]) -> bool:
    kept = document["components"]["schemas"]
    whole = {**schema, "components": {"schemas": {at: kept[at] for at in reached([schema], kept)}}}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True).is_valid(value)


def test_every_operation_has_a_name_of_its_own_a_tag_and_says_what_it_does(
    document: dict[str, Any],
) -> None:
    found = dict(operations(document))
    names = [operation["operationId"] for operation in found.values()]
    tags = {tag["name"] for tag in document["tags"]}

    assert len(names) == len(set(names)) > 80
    assert [name for name in names if not re.fullmatch(r"[a-z]+[A-Za-z]*", name)] == []
    assert [at for at, each in found.items() if not each["summary"]] == []
    assert [at for at, each in found.items() if not each["description"]] == []
    assert [at for at, each in found.items() if not tags & set(each["tags"])] == []


def test_everything_is_described(document: dict[str, Any]) -> None:
    """Name it in `schemas/vocabulary.py`, or give the field `metadata={"description": …}`."""
    headers = document["components"]["headers"].items()
    everything = [*parameters(document), *members(document), *headers]

    assert [at for at, found in everything if not found.get("description")] == []


def test_every_example_and_default_is_true(document: dict[str, Any]) -> None:
    wrong = []
    for at, schema in schemas(document):
        given = [*schema.get("examples", ()), *([schema["default"]] if "default" in schema else [])]
        wrong += [(at, each) for each in given if not is_valid(each, schema, document)]
    for at, found in parts(document):
        if "example" in found and "schema" in found:
            wrong += [] if is_valid(found["example"], found["schema"], document) else [(at, "")]

    assert wrong == []


def test_patterns_are_read_by_re2_and_java(document: dict[str, Any]) -> None:
    patterns = {found["pattern"] for _, found in parts(document) if "pattern" in found}
    patterns = {each for each in patterns if isinstance(each, str)}

    assert len(patterns) > 15
    assert [each for each in patterns if NOT_PORTABLE.search(each)] == []
    assert all(map(re.compile, patterns))


def test_answers_are_open_and_requests_closed(document: dict[str, Any]) -> None:
    """What both use would be closed in an answer."""
    components = document["components"]["schemas"]
    calls = [each for at, each in operations(document) if "/v1/" in at]
    asked = reached([each.get("requestBody") for each in calls], components)
    answered = reached([each["responses"] for each in calls], components)
    closed = {
        name for name, each in components.items() if each.get("additionalProperties") is False
    }

    assert closed & answered == set()
    assert {name for name in asked - closed if "properties" in components[name]} == set()
    always = {name for name in answered if components[name].get("required")}
    assert answered - always == {
        *("AppVersionEnds", "AudienceMembers", "Change", "HomeChange"),
        *("PartialArticleSummary", "PartialHomeArticle"),
    }


def reached(roots: Any, components: dict[str, Any]) -> set[str]:
    waiting, found = [roots], set()
    while waiting:
        for _, each in parts(waiting.pop()):
            name = str(each.get("$ref", "")).removeprefix("#/components/schemas/")
            if name in components and name not in found:
                found.add(name)
                waiting.append(components[name])
    return found


def test_closed_sets_of_answers_say_that_they_may_grow(document: dict[str, Any]) -> None:
    wrong = [
        at
        for at, found in schemas(document)
        if "x-extensible-enum" in found and "More values may be added" not in found["description"]
    ]
    tag = document["components"]["schemas"]["Tag"]["properties"]["kind"]

    assert wrong == []
    assert tag["enum"] == tag["x-extensible-enum"] == ["entity", "pair", "topic"]


def test_a_change_is_one_of_two_told_apart_by_op(document: dict[str, Any]) -> None:
    change = document["components"]["schemas"]["Change"]
    remove = {"op": "remove", "id": "1", "reason": "merged", "into": "2"}

    assert change["discriminator"]["propertyName"] == "op"
    assert is_valid(remove, change, document)
    assert not is_valid({**remove, "op": "upsert"}, change, document)


def test_a_claim_names_one_source(document: dict[str, Any]) -> None:
    claim = document["components"]["schemas"]["Claim"]
    both = {"token": "x", "install_referrer": "y"}

    assert is_valid({"token": "x"}, claim, document)
    assert not is_valid({}, claim, document)
    assert not is_valid(both, claim, document)


def test_only_the_api_is_in_it(document: dict[str, Any]) -> None:
    types = {
        kind
        for _, operation in operations(document)
        for response in operation["responses"].values()
        for kind in response.get("content", {})
    }

    assert [path for path in document["paths"] if not path.startswith("/v1/")] == []
    assert "text/html" not in types


def test_every_event_is_a_webhook_with_its_headers(document: dict[str, Any]) -> None:
    said = document["webhooks"]["article.published"]["post"]

    assert {*EVENTS, "webhook.test"} == set(document["webhooks"])
    assert [each["name"] for each in said["parameters"]] == [
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    ]
    assert "5 s, 30 s, 2 min" in said["description"]
    assert "24 h" in said["description"]


@pytest.mark.slow
def test_an_empty_value_counts_as_absent(document: dict[str, Any], client: FlaskClient) -> None:
    """Generated clients send one for a parameter that was not set."""
    publish(client, tags=["Harbour"], category="World")
    phone = register(client, "tag:Harbour")
    values = {"installation_id": phone.id, "tag": "Harbour", "slug": "herald"}
    different = []
    for path, item in document["paths"].items():
        operation = item.get("get", {})
        asked = operation.get("parameters", ())
        names = [each["name"] for each in asked if each.get("in") == "query"]
        address = re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], "x"), path)
        access = [*operation.get("security", ()), {}][0]
        headers = phone.auth if "installationSecret" in access else EDITOR
        if names:
            empty = client.get(f"{address}?{'&'.join(f'{name}=' for name in names)}",
                               headers=headers)  # fmt: skip
            plain = client.get(address, headers=headers)
            if empty.status_code != plain.status_code or empty.mimetype != plain.mimetype:
                different.append((path, empty.status_code, plain.status_code))

    assert different == []


def test_a_read_tells_what_it_is_described_with(client: FlaskClient) -> None:
    publish(client, tags=["Harbour"])
    for address in READS:
        answer = client.get(address, headers=EDITOR)
        known = {**EDITOR, "If-None-Match": answer.headers["ETag"]}

        assert answer.headers["Cache-Control"]
        assert answer.headers["X-Request-Id"]
        assert client.get(address, headers=known).status_code == 304


def test_a_change_of_nothing_needs_no_body(document: dict[str, Any], client: FlaskClient) -> None:
    """And where something has to be said, a call without a body is refused."""
    phone = register(client)
    publish(client, external_id="1")

    def is_required(path: str) -> bool:
        return bool(document["paths"][path]["patch"]["requestBody"]["required"])

    assert not is_required("/v1/installations/{installation_id}")
    assert client.patch(f"/v1/installations/{phone.id}", headers=phone.auth).status_code == 200
    assert is_required("/v1/newsroom/articles/{source}/{external_id}")
    answer = client.patch("/v1/newsroom/articles/herald/1", headers=EDITOR)
    assert answer.status_code == 422


def test_articles_with_chosen_members_have_a_type_of_their_own(client: FlaskClient) -> None:
    publish(client, tags=["Harbour"])
    whole = client.get("/v1/tags/Harbour/articles")
    chosen = client.get("/v1/tags/Harbour/articles?fields=id,title")
    again = client.get("/v1/tags/Harbour/articles?fields=id,title")

    assert whole.mimetype == "application/json"
    assert chosen.mimetype == again.mimetype == "application/vnd.tagwire.partial+json"
    assert set(chosen.get_json()["articles"][0]) == {"id", "title"}


@pytest.mark.parametrize("said", [5.5, "5", True, float("inf")])
def test_a_whole_number_is_one_however_it_is_written(said: Any) -> None:
    """JSON has one kind of number, and 5.0 fits `integer`."""
    assert InstallationFields().load({"unread": 5.0}) == {"unread": 5}
    with pytest.raises(ValidationError):
        InstallationFields().load({"unread": said})
