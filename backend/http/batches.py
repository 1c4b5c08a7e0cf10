"""Group commit: writes that many clients ask for at once share one transaction.

A room decides which requests can wait for others, and answers all that waited. An unusual request
goes to Flask unchanged; one that is over a limit may be refused before Flask.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Protocol

import orjson
from flask import Flask

from backend.http.fast_path import Environ, FastResponse, Headers
from backend.http.request_checks import is_storable

EXTENSION = "tagwire.batches"
# A larger body, such as two hundred events at once, would keep the others waiting.
LARGEST_BYTES = 4_000


class Batch(Protocol):
    """Requests of one kind that share transactions. Both methods may leave a request to Flask.

    A transaction begins no sooner than `pace` after the one before, so that a flood makes few.
    """

    pace: timedelta

    def take(self, environ: Environ, body: bytes) -> Any | None:
        """Return what to wait with, a response that is the answer already, or None for Flask.

        Called in the event loop, so it reads memory alone.
        """

    def answer(self, taken: Sequence[Any]) -> Sequence[FastResponse | None]:
        """Answer all of them on a thread, in their order."""


def posted_json(environ: Environ, body: bytes) -> Any:
    """Parse the JSON body of a usual request.

    Raises:
        ValueError: it is left to Flask, which refuses text that no database holds (an escape
        could stand for it) and adds the headers for a script of another site.
    """
    is_json = environ.get("CONTENT_TYPE") == "application/json"
    is_plain = not environ["QUERY_STRING"] and "HTTP_ORIGIN" not in environ
    if not is_json or not is_plain or len(body) > LARGEST_BYTES or b"\\u" in body:
        raise ValueError("not as usual")
    if not is_storable(body.decode()):
        raise ValueError("not as usual")
    return orjson.loads(body)


def json_response(route: str, status: str, document: Any, told: Headers) -> FastResponse:
    """Build the response that a view would give, with the headers of a rate limit."""
    body = orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_SORT_KEYS)
    headers = (("Content-Type", "application/json"), ("Content-Length", str(len(body))), *told)
    return FastResponse(route, status, headers, body)


def register(app: Flask, batch: Batch) -> None:
    app.extensions.setdefault(EXTENSION, []).append(batch)


def batches(app: Flask) -> Sequence[Batch]:
    found: Sequence[Batch] = app.extensions.get(EXTENSION, ())
    return found
