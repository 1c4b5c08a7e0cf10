"""Group commit: writes that many clients ask for at once share one transaction.

A room says what of a request can wait for others, and how all that waited are answered. Whatever
is not as usual goes to Flask as it came; what is over a limit may be refused without it.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Protocol

import orjson
from flask import Flask

from backend.http.fast_path import Environ, FastResponse, Headers
from backend.http.request_checks import is_storable

EXTENSION = "tagwire.batches"
# Who sends more, such as two hundred events at once, keeps others waiting no longer.
LARGEST_BYTES = 4_000


class Batch(Protocol):
    """Requests of one kind. Both may leave a request to Flask.

    A transaction begins no sooner than `pace` after the one before, so that a flood of them is few.
    """

    pace: timedelta

    def take(self, environ: Environ, body: bytes) -> Any | None:
        """What to wait with, or a response that is the answer already; asked in the event loop,
        so it reads memory alone.
        """

    def answer(self, taken: Sequence[Any]) -> Sequence[FastResponse | None]:
        """Answer all of them on a thread, in their order."""


def posted_json(environ: Environ, body: bytes) -> Any:
    """The document of a usual request.

    Raises:
        ValueError: it is none. An escape could stand for what no database holds, and what stands
        there as it is is told by Flask; a script of another site gets headers that Flask knows.
    """
    is_json = environ.get("CONTENT_TYPE") == "application/json"
    is_plain = not environ["QUERY_STRING"] and "HTTP_ORIGIN" not in environ
    if not is_json or not is_plain or len(body) > LARGEST_BYTES or b"\\u" in body:
        raise ValueError("not as usual")
    if not is_storable(body.decode()):
        raise ValueError("not as usual")
    return orjson.loads(body)


def json_response(route: str, status: str, document: Any, told: Headers) -> FastResponse:
    """As a view would answer it, with the headers that tell of a limit."""
    body = orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_SORT_KEYS)
    headers = (("Content-Type", "application/json"), ("Content-Length", str(len(body))), *told)
    return FastResponse(route, status, headers, body)


def register(app: Flask, batch: Batch) -> None:
    app.extensions.setdefault(EXTENSION, []).append(batch)


def batches(app: Flask) -> Sequence[Batch]:
    found: Sequence[Batch] = app.extensions.get(EXTENSION, ())
    return found
