"""OpenAPI 3.1 document: what the views declare, and what all operations have in common."""

import copy
import mimetypes
import re
import threading
from collections.abc import Iterator, Mapping
from functools import cached_property
from inspect import getdoc
from typing import Any

from flask import Flask, Response
from flask_smorest import Api, Blueprint
from werkzeug.routing import Rule

from backend.core.problems import (
    API_PREFIXES,
    HTTP_SLUGS,
    Forbidden,
    Gone,
    Unauthorized,
    Unavailable,
)
from backend.http.auth import Access, access_of, public
from backend.http.deprecation import deprecation_of
from backend.http.responses import for_everyone, json_answer
from schemas import problem as wire

Document = dict[str, Any]

PROBLEM = "application/problem+json"
METHODS = {"get", "put", "post", "patch", "delete"}
INNER = ("/static/", "/simulator", "/v1/docs")
SCHEMES = {
    "newsroomKey": "A newsroom key. The names listed at a call are the roles that may make it.",
    "installationSecret": "The secret that an installation was given when it registered.",
    "operationsToken": "OPERATIONS_TOKEN; private addresses need none.",
}
SAID_BY_CLASS = {kind.status: (kind.slug, kind.title) for kind in (Unauthorized, Forbidden, Gone)}
REFUSALS = HTTP_SLUGS | SAID_BY_CLASS | {503: (Unavailable.slug, Unavailable.title)}
INTRODUCTION = (
    "Times are RFC 3339 in UTC. Ids and cursors are opaque. Unknown fields of a body are refused. "
    "Every refusal is a problem document (RFC 9457). Read calls answer an `ETag`, honour "
    "`If-None-Match`, and lists name their next page in a `Link` header too."
)


class ProblemApi(Api):  # type: ignore[misc]
    """flask-smorest without its own error shape: ours is RFC 9457."""

    ERROR_SCHEMA = wire.Problem

    def __init__(self, app: Flask) -> None:
        self._undescribed: list[Blueprint] = []
        self._describing = threading.Lock()
        super().__init__(app)

    def register_blueprint(self, blueprint: Blueprint) -> None:
        """Register the routes now, describe them lazily: it costs more than the rest of a start."""
        self._app.register_blueprint(blueprint)
        self._undescribed.append(blueprint)

    def _register_error_handlers(self) -> None:
        """`backend.core.problems` handles every error of the app."""

    @cached_property
    def document(self) -> Document:
        """Built at the first request: all rooms have registered by then."""
        with self._describing:
            while self._undescribed:
                self._describe(self._undescribed.pop(0))
        return described(self.spec.to_dict(), self._app)

    def _describe(self, room: Blueprint) -> None:
        room.register_views_in_doc(self, self._app, self.spec, name=room.name, parameters=None)
        self.spec.tag({"name": room.name, "description": room.description})

    @public
    def _openapi_json(self) -> Response:
        """The contract as a document"""
        return for_everyone(json_answer(self.document))


def described(views: Mapping[str, Any], app: Flask) -> Document:
    """What flask-smorest found at the views, completed by who may call and what is refused."""
    document = copy.deepcopy(dict(views))
    document["info"]["description"] = INTRODUCTION
    document["servers"] = [{"url": "/"}]
    components = document["components"]
    components["responses"] = {f"Problem{status}": _refusal(status) for status in REFUSALS}
    components["responses"]["Problem"] = _refusal(None)
    components["securitySchemes"] = {
        name: {"type": "http", "scheme": "bearer", "description": text}
        for name, text in SCHEMES.items()
    }
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        access = access_of(view) or Access()
        for path, method in _calls(rule):
            item = document["paths"].setdefault(path, _described_path(rule))
            found = item.setdefault(method, _plain(path, getdoc(view) or ""))
            _complete(found, path, method, access)
            if deprecation_of(view) is not None:
                found["deprecated"] = True
    return document


def _calls(rule: Rule) -> Iterator[tuple[str, str]]:
    path = re.sub(r"<(?:[^:<>]*:)?([^<>]+)>", r"{\1}", rule.rule)
    if not path.startswith(INNER):
        yield from ((path, name.lower()) for name in rule.methods or () if name.lower() in METHODS)


def _described_path(rule: Rule) -> Document:
    if not rule.arguments:
        return {}
    named = [
        {"in": "path", "name": name, "required": True, "schema": {"type": "string"}}
        for name in sorted(rule.arguments)
    ]
    return {"parameters": named}


def _plain(path: str, said: str) -> Document:
    """A page or a document outside the JSON API."""
    kind = _media_type(path)
    good = {"description": "OK", "content": {kind: {}}}
    tag = "operations" if path in {"/healthz", "/readyz", "/metrics"} else "pages"
    responses: Document = {"200": good}
    if not path.startswith(API_PREFIXES):
        responses["3XX"] = {"description": "It is at the address in `Location`"}
    return {"summary": said.partition("\n")[0], "tags": [tag], "responses": responses}


def _media_type(path: str) -> str:
    if path == "/metrics":
        return "text/plain"
    if path.startswith(API_PREFIXES):
        return "application/json"
    return mimetypes.guess_type(path)[0] or "text/html"


def _complete(operation: Document, path: str, method: str, access: Access) -> None:
    operation["security"] = _security(access)
    responses = operation["responses"]
    said = {int(status) for status in responses if status.isdigit()}
    for status in sorted({s for s in said if s >= 400} | _refused(operation, path, access)):
        responses[str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
    if path.startswith(API_PREFIXES):
        responses["default"] = {"$ref": "#/components/responses/Problem"}
    else:
        responses["default"] = {"description": "A refusal as a page", "content": {"text/html": {}}}
    if method == "get" and access.public and path.startswith("/v1/"):
        responses["304"] = {"description": "The same as under the ETag in `If-None-Match`"}


def _security(access: Access) -> list[dict[str, list[str]]]:
    if access.public:
        return []
    if access.installation:
        return [{"installationSecret": []}]
    if access.operations:
        return [{"operationsToken": []}, {}]
    return [{"newsroomKey": sorted(access.roles)}]


def _refused(operation: Mapping[str, Any], path: str, access: Access) -> set[int]:
    """The statuses that a call of this kind may be refused with."""
    if not path.startswith("/v1/"):
        return {503} if path == "/readyz" else set()
    asked = {parameter["name"] for parameter in operation.get("parameters", ())}
    found = {429}
    found |= set() if access.public else {401}
    found |= {403} if access.roles else set()
    found |= {404} if "{" in path or access.installation else set()
    found |= {400} if asked & {"cursor", "until"} else set()
    found |= {400, 413, 415, 422} if "requestBody" in operation else set()
    found |= {410} if path.endswith(("/changes", "/{article_id}")) else set()
    return found


def _refusal(status: int | None) -> Document:
    """A refusal with an example; without a status any of them."""
    slug, title = REFUSALS.get(status or 500, ("error", "Error"))
    example = {"type": f"/problems/{slug}", "title": title, "status": status or 500, "detail": "…"}
    if status == 422:
        example["errors"] = {"limit": ["Must be between 1 and 100."]}
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}
    return {"description": title if status else "Any other refusal", "content": {PROBLEM: content}}
