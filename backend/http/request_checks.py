"""Input validation middleware: NUL, broken UTF-8 and bad JSON are refused before any view.

A database text holds no NUL and no lone surrogate; JSON can carry both.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any, NoReturn, TypeVar

from flask import Flask, Request, current_app, request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_date

from backend.core.problems import Invalid, NotFound, Problem
from backend.http.context import API

View = TypeVar("View", bound=Callable[..., Any])

WITH_BODY = {"POST", "PUT", "PATCH"}
_DATES = ("HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE", "HTTP_IF_RANGE")
_NOT_ASCII = re.compile("[\x80-\xff]")
# What no database takes, and what no page may hold (HTML, 13.2.3.5; XML 1.0, 2.2).
UNSTORABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
MESSAGE = "Text holds no control characters, no lone surrogate and no noncharacter."
# The limit of every object or list, whatever its schema says: marshmallow's time to report
# unknown members grows with the square of their number.
MOST_MEMBERS = 5_000
TOO_MANY = f"An object or a list has at most {MOST_MEMBERS} members."


class BadJson(Problem):
    status, slug, title = 400, "bad-json", "The body is not JSON"


class NotJson(Problem):
    status, slug, title = 415, "unsupported-media-type", "Send JSON"


class ReadableRequest(Request):
    """A request whose query, host and dates werkzeug and Flask read without raising.

    Raw bytes of a query that are not UTF-8 end in a `UnicodeDecodeError`; without a host that
    can be written as IDNA there is no URL adapter, and no page can be rendered; a date of the
    year 99999999999 ends in an `OverflowError` (RFC 9110 13.1.3: ignore what is no date).
    """

    def __init__(self, environ: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        replaced = dict(_replacements(environ))
        super().__init__(environ | replaced if replaced else environ, *args, **kwargs)

    @cached_property
    def args(self) -> MultiDict[str, str]:
        """The query; an empty value counts as absent, as generated clients send it for none."""
        given = super().args.items(multi=True)
        return ImmutableMultiDict((name, value) for name, value in given if value)


def _replacements(environ: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    query = environ.get("QUERY_STRING", "")
    if not query.isascii():
        quoted = _NOT_ASCII.sub(lambda found: f"%{ord(found[0]):02X}", query)
        yield "QUERY_STRING", quoted
    if not _is_idna(environ.get("HTTP_HOST", "")):
        yield "HTTP_HOST", ""
    for name in _DATES:
        if name in environ and not _is_readable_date(environ[name]):
            yield name, ""


def _is_readable_date(text: str) -> bool:
    try:
        parse_date(text)
    except OverflowError:
        return False
    return True


@lru_cache(maxsize=1024)
def _is_idna(host: str) -> bool:
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return True


def takes_body(*media_types: str) -> Callable[[View], View]:
    """Mark a view that reads a body of these types instead of JSON, and checks it itself."""

    def mark(view: View) -> View:
        view.media_types = media_types  # type: ignore[attr-defined]
        return view

    return mark


def _other_types() -> tuple[str, ...]:
    view = current_app.view_functions[request.endpoint or ""]
    found: tuple[str, ...] = getattr(view, "media_types", ())
    return found


def init_app(app: Flask) -> None:
    """Register the checks, after `auth.init_app`: a body is read only of callers with the right."""
    app.request_class = ReadableRequest
    app.before_request(_check_length)
    app.before_request(_check_address)
    app.before_request(_check_body)


def _check_length() -> None:
    """Refuse too long a body of a method whose view reads none.

    The others are refused as it is read, and not before a view has said what comes first, such
    as that nobody subscribes here.
    """
    if request.method in WITH_BODY or request.routing_exception is not None:
        return
    if (request.content_length or 0) > (request.max_content_length or math.inf):
        raise RequestEntityTooLarge


def _check_address() -> None:
    # U+FFFD stands for bytes that are not UTF-8: two such ids would be taken for the same.
    if "\0" in request.path or "\ufffd" in request.path:
        raise NotFound("There is nothing at this address.")
    for name, value in request.args.items(multi=True):
        if not is_storable(name + value):
            raise Invalid.field(name, MESSAGE)


def _check_body() -> None:
    if not request.path.startswith(API) or request.routing_exception is not None:
        return
    if request.method not in WITH_BODY:
        return
    body = whole_body()
    if not body:
        return
    other = _other_types()
    if other:
        if request.mimetype not in other:
            raise NotJson(f"Send the body with Content-Type: {' or '.join(other)}.")
        return
    if not request.is_json:
        raise NotJson("Send the body with Content-Type: application/json.")
    for path in _unstorable(_parsed(body), ()):
        name = str(path[0]) if path else "body"
        where = ".".join(map(str, path))
        raise Invalid(f"{where}: {MESSAGE}", errors={name: [MESSAGE]})


def whole_body() -> bytes:
    """The body of the request.

    Raises:
        RequestEntityTooLarge: it is longer than allowed.
    """
    body = request.get_data()
    # A body without a length is cut at the limit instead of refused.
    if request.content_length is None and len(body) >= (request.max_content_length or 0):
        raise RequestEntityTooLarge
    return body


def is_storable(text: str) -> bool:
    return UNSTORABLE.search(text) is None


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise BadJson("The body is nested too deeply.") from error
    except ValueError as error:  # damaged, not UTF-8, or a number of thousands of digits
        raise BadJson("The body cannot be read as JSON in UTF-8.") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _unstorable(value: Any, path: tuple[object, ...]) -> Iterator[tuple[object, ...]]:
    """Yield the paths of texts that no database can store.

    Raises:
        Invalid: an object or a list has too many members.
    """
    waiting: list[tuple[Any, tuple[object, ...]]] = [(value, path)]
    while waiting:
        found, at = waiting.pop()
        if isinstance(found, dict | list) and len(found) > MOST_MEMBERS:
            raise Invalid.field(str(at[0]) if at else "body", TOO_MANY)
        if isinstance(found, str) and not is_storable(found):
            yield at
        elif isinstance(found, dict):
            waiting += [(name, (*at, name)) for name in found]
            waiting += [(inner, (*at, name)) for name, inner in found.items()]
        elif isinstance(found, list):
            waiting += [(inner, (*at, index)) for index, inner in enumerate(found)]
