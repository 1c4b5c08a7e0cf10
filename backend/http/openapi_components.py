"""Shared components of the OpenAPI document: headers, refusals, partial answers."""

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema

from backend.core.problems import (
    HTTP_SLUGS,
    Conflict,
    Forbidden,
    Gone,
    Unauthorized,
    Unavailable,
)
from backend.http.responses import PARTIAL

Document = dict[str, Any]

PROBLEM = "application/problem+json"
SCHEMES = {
    "newsroomKey": "A newsroom key. The names listed at a call are the roles that may make it.",
    "installationSecret": "The secret that an installation was given when it registered.",
}
SAID_BY_CLASS = {
    kind.status: (kind.slug, kind.title) for kind in (Unauthorized, Forbidden, Conflict, Gone)
}
REFUSALS = HTTP_SLUGS | SAID_BY_CLASS | {503: (Unavailable.slug, Unavailable.title)}
INTRODUCTION = """\
Times are RFC 3339 in UTC, whole seconds, with `Z`. Ids and cursors are opaque.

Answers are open: ignore members that you do not know, and treat a value of an enumeration that you
do not know like none. Members that are listed as required are always there. Requests are closed:
unknown members of a body are refused. An empty query value counts as absent.

Every refusal is a problem document (RFC 9457); its `type` is what a program looks at. Read calls
answer an `ETag` and honour `If-None-Match`; lists name their next page in a `Link` header too."""
# Headers of responses, each with its description, the type of its value and an example.
HEADERS: Mapping[str, tuple[str, str, object]] = {
    "ETag": ("Names this answer; send it back in `If-None-Match`.", "string", 'W/"7d29c9e1"'),
    "Cache-Control": (
        "How long who may keep it.", "string", "public, max-age=15, stale-while-revalidate=30"),
    "Surrogate-Key": (
        "For a shared cache: what it purges this answer by, separated by spaces.",
        "string", "tag-7 article-8f14e45fceea"),
    "Link": (
        "The address of the next page, if there is one (RFC 8288).",
        "string", '<https://news.example/v1/feed?cursor=AQID>; rel="next"'),
    "Location": ("Where what was asked for is found.", "string", "/v1/newsroom/sources/herald"),
    "Retry-After": ("Seconds to wait before the next try.", "integer", 30),
    "RateLimit": (
        "What is left of the caller's limit, where no shared cache keeps the answer "
        "(draft-ietf-httpapi-ratelimit-headers): calls, and seconds until the window ends.",
        "string", '"installation";r=1180;t=42'),
    "RateLimit-Policy": (
        "The limit itself: calls in a window of so many seconds.",
        "string", '"installation";q=1200;w=60'),
    "WWW-Authenticate": ("The scheme of the secret that is missing.", "string", "Bearer"),
    "X-Request-Id": ("Quote it when you ask about this answer.", "string", "5f2c9a7e1b3d4f60"),
}  # fmt: skip
OF_REFUSALS: Mapping[int, tuple[str, ...]] = {
    401: ("WWW-Authenticate",),
    429: ("Retry-After", "RateLimit", "RateLimit-Policy"),
    503: ("Retry-After",),
}
IF_NONE_MATCH: Document = {
    "in": "header",
    "name": "If-None-Match",
    "description": "The `ETag` of the answer that the client holds: 304 if it is still the same.",
    "schema": {"type": "string", "examples": [HEADERS["ETag"][2]]},
}


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Messages that this server sends: the payload of each, and how they are sent."""

    payloads: Mapping[str, type[Schema]]
    description: str
    headers: Mapping[str, str]


def common() -> Document:
    """Return the components that operations refer to."""
    return {
        "responses": {
            "Problem": _refusal(None),
            **{f"Problem{status}": _refusal(status) for status in REFUSALS},
        },
        "headers": {name: _header(*parts) for name, parts in HEADERS.items()},
        "securitySchemes": {
            name: {"type": "http", "scheme": "bearer", "description": text}
            for name, text in SCHEMES.items()
        },
    }


def reference(kind: str, name: str) -> Document:
    return {"$ref": f"#/components/{kind}/{name}"}


def header_references(names: Iterable[str]) -> Document:
    return {name: reference("headers", name) for name in names}


def add_partial_answers(document: Document) -> None:
    """Add to operations that take `fields` an answer whose schema requires no member."""
    schemas = document["components"]["schemas"]
    for item in document["paths"].values():
        for operation in item.values():
            if not isinstance(operation, dict) or not _takes_fields(operation):
                continue
            content = operation["responses"]["200"]["content"]
            whole = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
            content[PARTIAL] = {"schema": reference("schemas", _partial_page(schemas, whole))}


def drop_unused(document: Document) -> None:
    """Leave out components that nothing leads to."""
    parts = document["components"]
    roots = [document["paths"], document["webhooks"]]
    used, waiting = set(), [each for root in roots for each in _references(root)]
    while waiting:
        found = waiting.pop()
        if found not in used:
            used.add(found)
            kind, name = found
            waiting += _references(parts[kind][name])
    for kind, named in parts.items():
        if kind != "securitySchemes":
            parts[kind] = {name: each for name, each in named.items() if (kind, name) in used}


def webhook_operations(
    webhooks: Webhooks, converter: OpenAPIConverter
) -> Iterator[tuple[str, Document]]:
    """Yield the messages as operations of their receiver."""
    headers = [
        {"in": "header", "name": name, "required": True, "description": text,
         "schema": {"type": "string"}}
        for name, text in webhooks.headers.items()
    ]  # fmt: skip
    for name, payload in webhooks.payloads.items():
        schema = converter.resolve_nested_schema(payload)  # type: ignore[no-untyped-call]
        words = name.replace(".", " ").replace("_", " ").split()
        yield (
            name,
            {
                "post": {
                    "operationId": "on" + "".join(word.title() for word in words),
                    "tags": ["webhooks"],
                    "security": [],  # the signature stands for it
                    "summary": " ".join(words).capitalize(),
                    "description": webhooks.description,
                    "parameters": headers,
                    "requestBody": {
                        "required": True,
                        "content": {"application/json": {"schema": schema}},
                    },
                    "responses": {
                        "2XX": {"description": "Taken; what the body says is not read"},
                        "410": {"description": "The endpoint is gone: the webhook is paused"},
                        "default": {"description": "Not taken: it is sent again later"},
                    },
                }
            },
        )


def _header(text: str, kind: str, example: object) -> Document:
    return {"description": text, "schema": {"type": kind, "examples": [example]}}


def _refusal(status: int | None) -> Document:
    """Describe a refusal with an example; without a status, any refusal."""
    slug, title = REFUSALS.get(status or 500, ("error", "Error"))
    example = {"type": f"/problems/{slug}", "title": title, "status": status or 500, "detail": "…"}
    if status == 422:
        example["errors"] = {"limit": ["Must be between 1 and 100."]}
    content = {"schema": reference("schemas", "Problem"), "example": example}
    return {
        "description": title if status else "Any other refusal",
        "headers": header_references(["X-Request-Id", *OF_REFUSALS.get(status or 0, ())]),
        "content": {PROBLEM: content},
    }


def _takes_fields(operation: Mapping[str, Any]) -> bool:
    return any(each["name"] == "fields" for each in operation.get("parameters", ()))


def _partial_page(schemas: Document, whole: str) -> str:
    page = copy.deepcopy(schemas[whole])
    items = page["properties"]["articles"]["items"]
    article = items["$ref"].rpartition("/")[2]
    partial = {key: each for key, each in schemas[article].items() if key != "required"}
    schemas[f"Partial{article}"] = partial | {
        "description": f"The members of {article} that `fields` names; none other is there."
    }
    items["$ref"] = f"#/components/schemas/Partial{article}"
    page["description"] = "A page whose articles have the members that `fields` names."
    schemas[f"Partial{whole}"] = page
    return f"Partial{whole}"


def _references(found: Any) -> Iterator[tuple[str, str]]:
    if isinstance(found, dict):
        named = found.get("$ref")
        if isinstance(named, str):
            _, _, kind, name = named.split("/")
            yield kind, name
        for each in found.values():
            yield from _references(each)
    elif isinstance(found, list):
        for each in found:
            yield from _references(each)
