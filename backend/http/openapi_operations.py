"""One operation of the OpenAPI document, completed by rules: name, caller, refusals, headers."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from backend.http.auth import Access
from backend.http.openapi_components import IF_NONE_MATCH, REFUSALS, header_references, reference
from backend.http.operation_ids import operation_id
from schemas.examples import EXAMPLES
from schemas.vocabulary import MEANINGS

Document = dict[str, Any]

# A view says by this that its answer is kept nowhere: `@blueprint.doc(**{NO_STORE: True})`.
NO_STORE = "x-no-store"
CURSORS = {"cursor", "until"}
EVERYWHERE = {414, 429, 503}
PAGED = "Lists come in pages: give `next_cursor` as `cursor` for the next one, until it is null."
CACHED = "Keep the answer's `ETag` and ask again with it in `If-None-Match`."
REPEATABLE = "Safe to repeat."


def complete(
    operation: Document, method: str, path: str, access: Access, schemas: Mapping[str, Any]
) -> None:
    """Add to what the view declares what follows from its address, its caller and its answer."""
    operation.setdefault("operationId", operation_id(method.upper(), path))
    operation["security"] = _security(access)
    _require_body(operation, schemas)
    _name_refusals(operation, method, path, access)
    _add_headers(operation, method, access, is_kept=not operation.pop(NO_STORE, False))
    said = [operation.get("description", ""), *_told(operation, method, access)]
    operation["description"] = "\n\n".join(each for each in said if each)


def describe_paths(items: Iterable[Document]) -> None:
    """Say what the placeholders of the addresses are, and that none is empty."""
    for item in items:
        for parameter in item.get("parameters", ()):
            name = parameter["name"]
            parameter["schema"]["minLength"] = 1
            if name in MEANINGS:
                parameter["description"] = MEANINGS[name]
            if isinstance(EXAMPLES.get(name), str):
                parameter["schema"]["examples"] = [EXAMPLES[name]]


def tags_of(item: Mapping[str, Any]) -> Iterator[str]:
    for operation in item.values():
        if isinstance(operation, dict):
            yield from operation["tags"]


def _security(access: Access) -> list[dict[str, list[str]]]:
    if access.public:
        return []
    if access.installation:
        return [{"installationSecret": []}]
    return [{"newsroomKey": sorted(access.roles)}]


def _told(operation: Document, method: str, access: Access) -> Iterator[str]:
    """Yield the sentences that hold for all operations of this kind."""
    if access.public:
        yield "Anybody may call it."
    if access.installation:
        yield "Called with the installation's own secret."
    elif not access.public:
        yield f"Called with a newsroom key of the role {' or '.join(sorted(access.roles))}."
    if method == "get" and "cursor" in _names(operation) and "changes" not in _success(operation):
        yield PAGED
    if "304" in operation["responses"]:
        yield CACHED
    if method in {"put", "delete"} and REPEATABLE.lower()[:-1] not in operation["summary"]:
        yield REPEATABLE


def _names(operation: Mapping[str, Any]) -> set[str]:
    return {each["name"] for each in operation.get("parameters", ())}


def _success(operation: Mapping[str, Any]) -> str:
    """Return the schema of the answer 200, as a reference in lower case; empty without one."""
    content = operation["responses"].get("200", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    return str(schema.get("$ref", "")).lower()


def _require_body(operation: Document, schemas: Mapping[str, Any]) -> None:
    """Require the body, unless no member is required: then none says as much as an empty one."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is not None:
        body = schemas[content["schema"]["$ref"].rpartition("/")[2]]
        says_something = {"required", "minProperties", "oneOf", "anyOf"} & body.keys()
        operation["requestBody"]["required"] = bool(says_something)


def _name_refusals(operation: Document, method: str, path: str, access: Access) -> None:
    responses = operation["responses"]
    declared = {int(status): responses[status] for status in responses if status.isdigit()}
    refusals = {status for status in declared if status >= 400}
    for status in sorted(refusals | _refused(operation, method, path, access)):
        said = declared.get(status, {}).get("description")
        known = REFUSALS.get(status, ("", ""))[1]
        own = {"description": said} if said and said != known else {}
        responses[str(status)] = reference("responses", f"Problem{status}") | own
    responses["default"] = reference("responses", "Problem")


def _refused(operation: Mapping[str, Any], method: str, path: str, access: Access) -> set[int]:
    """Return the statuses that a call of this kind may be refused with."""
    asked = _names(operation)
    found = {*EVERYWHERE}
    found |= set() if access.public else {401}
    found |= {403} if access.roles else set()
    found |= {404} if "{" in path or access.installation or asked else set()
    found |= {422}  # texts of a query that nobody reads are checked as well
    found |= {400} if asked & CURSORS else set()
    found |= {400, 413, 415, 422} if method != "get" else set()
    found |= {409} if method != "get" and not access.public else set()
    found |= {412} if method == "get" else set()
    found |= {410} if path.endswith(("/changes", "/{article_id}")) else set()
    return found


def _add_headers(operation: Document, method: str, access: Access, *, is_kept: bool) -> None:
    responses = operation["responses"]
    content = responses.get("200", {}).get("content", {})
    is_read = method == "get" and is_kept and "application/json" in content
    names = ["X-Request-Id"]
    if is_read:
        names += ["ETag", "Cache-Control"]
        names += ["Surrogate-Key"] if access.public else []
        names += ["Link"] if "cursor" in _names(operation) else []
        operation.setdefault("parameters", []).append(IF_NONE_MATCH)
    if not access.public or method != "get":
        names += ["RateLimit", "RateLimit-Policy"]
    for status, response in responses.items():
        if status.startswith("2"):
            response["headers"] = header_references(names) | response.get("headers", {})
    if is_read:
        kept = header_references(["ETag", "Cache-Control"])
        responses["304"] = {"description": "The same as under that ETag", "headers": kept}
