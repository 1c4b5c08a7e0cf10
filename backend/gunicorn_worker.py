"""Gunicorn's worker, refusing what is no HTTP with a problem document.

Its own page is HTML, quotes the request, and writes the sender's address into the log.
"""

import json
import logging
import socket
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from gunicorn.http import errors  # type: ignore[import-untyped]
from gunicorn.util import write_nonblock  # type: ignore[import-untyped]
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

from backend.problems import HTTP_SLUGS

log = logging.getLogger(__name__)

STATUSES: dict[type[Exception], HTTPStatus] = {
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    # These blame the answer, not the request.
    errors.InvalidResponseHeader: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.InvalidResponseHeaderName: HTTPStatus.INTERNAL_SERVER_ERROR,
}


class ProblemWorker(ThreadWorker):  # type: ignore[misc]
    """Answers in our form even what never becomes a request of the app."""

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        status = status_of(exc)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("a request failed outside the app", exc_info=exc)
        else:
            log.info("not a request", extra={"kind": type(exc).__name__, "status": int(status)})
        with suppress(OSError):  # who sent it may be gone
            write_nonblock(client, answer_to(status))


def status_of(error: Exception) -> HTTPStatus:
    if type(error) in STATUSES:
        return STATUSES[type(error)]
    is_theirs = isinstance(error, errors.ParseException)
    return HTTPStatus.BAD_REQUEST if is_theirs else HTTPStatus.INTERNAL_SERVER_ERROR


def answer_to(status: HTTPStatus) -> bytes:
    """The whole answer; the connection ends with it."""
    slug, title = HTTP_SLUGS[status]
    detail = f"{status.phrase}: it never reached the service."
    problem = {"type": f"/problems/{slug}", "title": title, "status": status, "detail": detail}
    body = json.dumps(problem).encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        "Content-Type: application/problem+json\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + body
