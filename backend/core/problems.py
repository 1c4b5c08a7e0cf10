"""Error responses: RFC 9457 problem documents under the API, pages elsewhere."""

import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

from flask import Flask, Response, g, render_template, request
from marshmallow import ValidationError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError

from backend.core.access_log import new_request_id

log = logging.getLogger(__name__)

API_PREFIXES = (
    "/v1/",
    "/.well-known/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/simulator/inbox",
    "/websub/",
)


class Problem(Exception):
    """A client error. A subclass is a problem type; `detail` says what is wrong here."""

    status: ClassVar[int] = 400
    slug: ClassVar[str] = "bad-request"
    title: ClassVar[str] = "This request cannot be understood"

    def __init__(
        self,
        detail: str,
        *,
        errors: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})


class NotFound(Problem):
    status, slug, title = 404, "not-found", "There is nothing here"


class Gone(Problem):
    status, slug, title = 410, "gone", "This was taken down"


class Invalid(Problem):
    status, slug, title = 422, "invalid", "Some fields cannot be used"

    @classmethod
    def field(cls, name: str, message: str) -> Self:
        """Return the problem of one field that cannot be used, and why."""
        return cls(f"{name}: {message}", errors={name: [message]})

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Self:
        """Return the problem of fields that cannot be used, with the messages about each."""
        said = "; ".join(f"{name}: {_first(each)}" for name, each in fields.items())
        return cls(said, errors=fields)


class BadCursor(Problem):
    """A cursor that no paginated list accepts: the client should start again without one."""

    status, slug, title = 400, "bad-cursor", "This cursor cannot be used"

    def __init__(self) -> None:
        super().__init__("Start again without a cursor.")


class Conflict(Problem):
    status, slug, title = 409, "conflict", "This does not fit the present state"


class PreconditionFailed(Problem):
    status, slug, title = 412, "precondition-failed", "What this request expects is not so"


class Unauthorized(Problem):
    status, slug, title = 401, "unauthorized", "A valid bearer token is needed"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"})


class Forbidden(Problem):
    status, slug, title = 403, "forbidden", "This key may not do that"


class Internal(Problem):
    status, slug, title = 500, "internal", "Something failed here"


class Unavailable(Problem):
    status, slug, title = 503, "unavailable", "The service cannot answer now"


# A refusal does not grow with what it refuses.
LONGEST_DETAIL, LONGEST_MESSAGE, LONGEST_NAME = 1_000, 300, 100
MOST_SAID = 50  # names and messages

# Instead of the framework's descriptions, which address whoever typed the URL.
DETAILS = {
    404: "There is no such address; check how it is written.",
    405: "Use one of the methods that the Allow header names.",
}

HTTP_SLUGS = {
    400: ("bad-request", Problem.title),
    404: (NotFound.slug, NotFound.title),
    405: ("method-not-allowed", "This address does not answer that method"),
    412: (PreconditionFailed.slug, PreconditionFailed.title),
    413: ("too-large", "The request body is too large"),
    414: ("uri-too-long", "This address is too long"),
    415: ("unsupported-media-type", "Send JSON with Content-Type: application/json"),
    417: ("expectation-failed", "The Expect header cannot be met"),
    422: (Invalid.slug, Invalid.title),
    429: ("too-many-requests", "Too many requests"),
    431: ("headers-too-large", "The headers of this request are too large"),
    416: ("range-not-satisfiable", "There is no such part"),
    500: (Internal.slug, Internal.title),
    408: ("request-timeout", "The request took too long to arrive"),
    503: (Unavailable.slug, Unavailable.title),
    501: ("not-implemented", "This transfer coding is not supported"),
}


def init_app(app: Flask) -> None:
    app.before_request(_name_request)
    app.after_request(_say_request_id)
    app.after_request(_explain_failed_precondition)
    app.register_error_handler(Problem, _on_problem)
    app.register_error_handler(ValidationError, _on_validation_error)
    app.register_error_handler(HTTPException, _on_http_exception)
    app.register_error_handler(OperationalError, _on_database_error)
    app.register_error_handler(Exception, _on_unexpected)


def problem_response(
    status: int,
    slug: str,
    title: str,
    detail: str,
    *,
    errors: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return an error response: a problem document for programs, a page for people."""
    if not for_programs(request.path):
        page = render_template("error.html", status=status, title=title, detail=detail)
        return Response(page, status, headers=headers, mimetype="text/html")
    body, own = _document(status, slug, title, detail, errors)
    return Response(body, status, headers={**dict(own), **(headers or {})})


def problem_document(status: int, detail: str) -> tuple[bytes, tuple[tuple[str, str], ...]]:
    """Return body and headers of a problem document (RFC 9457), also outside Flask."""
    slug, title = HTTP_SLUGS[status]
    return _document(status, slug, title, detail, None)


def refusal_of(problem: Problem) -> dict[str, Any]:
    """Return the problem document of one of several things that a request asked for."""
    return _members(problem.status, problem.slug, problem.title, problem.detail, problem.errors)


def _document(
    status: int, slug: str, title: str, detail: str, errors: Mapping[str, Any] | None
) -> tuple[bytes, tuple[tuple[str, str], ...]]:
    document = _members(status, slug, title, detail, errors)
    # Escaped to ASCII: a refused field may be named by what no encoding can carry.
    body = json.dumps(document, default=str).encode()
    # Not cached: what is missing may be there in a minute, when an embargo ends or a tag is made.
    return body, (("Content-Type", "application/problem+json"), ("Cache-Control", "no-store"))


def _members(
    status: int, slug: str, title: str, detail: str, errors: Mapping[str, Any] | None
) -> dict[str, Any]:
    document: dict[str, Any] = {
        "type": f"/problems/{slug}",
        "title": title,
        "status": status,
        "detail": _shortened(detail, LONGEST_DETAIL),
    }
    if errors is not None:
        document["errors"] = _bounded(errors, iter(range(MOST_SAID)))
    return document


def _bounded(said: Any, room: Iterator[int]) -> Any:
    """Return the first faults of a body: a megabyte may hold a hundred thousand of them."""
    if isinstance(said, Mapping):
        return {
            _shortened(str(name), LONGEST_NAME): _bounded(each, room)
            for (name, each), _ in zip(said.items(), room, strict=False)
        }
    if isinstance(said, list | tuple):
        return [_bounded(each, room) for each, _ in zip(said, room, strict=False)]
    return _shortened(said, LONGEST_MESSAGE) if isinstance(said, str) else said


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def for_programs(path: str) -> bool:
    """Whether errors at this address are problem documents, instead of pages."""
    return path.startswith(API_PREFIXES) or path == "/v1"


def _name_request() -> None:
    g.request_id = new_request_id()


def _say_request_id(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.get("request_id", "")
    return response


def _explain_failed_precondition(response: Response) -> Response:
    """Replace the body of a 412: werkzeug's `make_conditional` changes the status alone."""
    if response.status_code != 412 or response.mimetype == "application/problem+json":
        return response
    response.close()
    slug, title = HTTP_SLUGS[412]
    return problem_response(412, slug, title, "Ask again without If-Match and its kind.")


def _on_problem(error: Problem) -> Response:
    return problem_response(
        error.status,
        error.slug,
        error.title,
        error.detail,
        errors=error.errors,
        headers=error.headers,
    )


def _on_validation_error(error: ValidationError) -> Response:
    return _invalid(error.messages_dict)


def _invalid(messages: Mapping[str, Any]) -> Response:
    """Refuse fields, without the place that webargs puts first: the client knows where it wrote."""
    places = {"json", "query", "form", "files", "headers", "path", "json_or_form"}
    fields = next(iter(messages.values())) if set(messages) <= places else messages
    if isinstance(fields, Mapping):
        return _on_problem(Invalid.of(fields))
    return problem_response(400, "bad-request", Problem.title, " ".join(map(str, fields)))


def _first(said: Any) -> str:
    while isinstance(said, Mapping | list) and said:
        said = next(iter(said.values())) if isinstance(said, Mapping) else said[0]
    return str(said)


def _on_http_exception(error: HTTPException) -> Response:
    if isinstance(error, InternalServerError) and error.original_exception is not None:
        return _on_unexpected(error.original_exception)
    status = error.code or 500
    messages = getattr(error, "data", {}).get("messages")
    if messages:
        return _invalid(messages)
    if 300 <= status < 400:
        return Response(status=status, headers={"Location": error.get_response().location or "/"})
    slug, title = HTTP_SLUGS.get(status, ("error", error.name))
    kept = {name: value for name, value in error.get_headers() if name in _KEPT_HEADERS}
    detail = DETAILS.get(status, error.description or title)
    return problem_response(status, slug, title, detail, headers=kept)


_KEPT_HEADERS = {"Allow", "Retry-After", "WWW-Authenticate"}


def _on_database_error(error: OperationalError) -> Response:
    said = (str(error.orig).splitlines() or [""])[0]
    log.error("database failed", extra={"request_id": g.request_id, "said": said})
    return problem_response(
        Unavailable.status,
        Unavailable.slug,
        Unavailable.title,
        f"The database does not answer. Quote {g.request_id} when you ask about it.",
        headers={"Retry-After": "5"},
    )


def _on_unexpected(error: BaseException) -> Response:
    log.error("unexpected error", exc_info=error, extra={"request_id": g.request_id})
    slug, title = HTTP_SLUGS[500]
    detail = f"Quote {g.request_id} when you ask about it."
    return problem_response(500, slug, title, detail)
