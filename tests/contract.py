"""Holds every answer of the suite to the OpenAPI document."""

from functools import cache
from typing import Any

import jsonschema_rs
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from backend.http.context import API

DOCUMENT = "urn:contract"
PLACES: dict[str, Any] = {}


def check(app: Flask, answer: TestResponse) -> None:
    """The status is named, and the body fits the schema of that status."""
    operation = _operation(app, answer)
    if operation is None or answer.request.method == "HEAD" or answer.status_code in {405, 500}:
        return
    where = f"{answer.request.method} {answer.request.path} {answer.status_code}"
    responses = operation["responses"]
    assert str(answer.status_code) in responses, f"{where} is not named: @blueprint.alt_response(…)"
    schema = _schema(app, responses[str(answer.status_code)], answer.mimetype)
    if schema is not None and not answer.is_streamed:
        wrong = next(_validator(schema).iter_errors(answer.get_json()), None)
        assert wrong is None, f"{where}: {wrong}"


def check_message(app: Flask, body: dict[str, Any]) -> None:
    """A webhook's message fits the schema of its event."""
    said = _document(app)["webhooks"][body["type"]]["post"]["requestBody"]["content"]
    _validator(said["application/json"]["schema"]["$ref"]).validate(body)


def _operation(app: Flask, answer: TestResponse) -> Any:
    if not answer.request.path.startswith(API):
        return None
    try:
        rule, _ = app.url_map.bind("news.test").match(
            answer.request.path, answer.request.method, return_rule=True
        )
    except HTTPException:
        return None
    path = str(rule.rule).replace("<path:", "{").replace("<", "{").replace(">", "}")
    return _document(app)["paths"].get(path, {}).get(answer.request.method.lower())


def _schema(app: Flask, response: Any, media_type: str | None) -> str | None:
    if "$ref" in response:
        response = _document(app)["components"]["responses"][response["$ref"].rpartition("/")[2]]
    schema = response.get("content", {}).get(media_type, {}).get("schema", {})
    reference: str | None = schema.get("$ref")
    return reference


def _document(app: Flask) -> Any:
    """Built once: every app of the suite has the same routes."""
    if not PLACES:
        PLACES.update(app.extensions["tagwire.api"].document)
    return PLACES


@cache
def _validator(reference: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        {"$ref": DOCUMENT + reference}, registry=_registry(), validate_formats=True
    )


@cache
def _registry() -> jsonschema_rs.Registry:
    """Each validator compiles what it reaches, where a copy of all schemas would cost 15 ms."""
    return jsonschema_rs.Registry([(DOCUMENT, {"components": PLACES["components"]})])
