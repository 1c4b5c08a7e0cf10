"""Answers given before Flask's request machinery, for what a surge asks for most.

They are limited, counted, logged and hardened like every other answer; what needs more than a
look at the request goes on to Flask.
"""

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from flask import Flask, Response
from werkzeug.middleware.proxy_fix import ProxyFix

from backend.core import access_log
from backend.http import rate_limits

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Any], Iterable[bytes]]
Headers = tuple[tuple[str, str], ...]

HARDENED: Headers = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("X-Frame-Options", "DENY"),
)
HARDENED_TLS: Headers = (("Strict-Transport-Security", "max-age=31536000"),)
# What the two decoders of a query could read otherwise goes on to Flask.
_PLAIN_QUERY = re.compile(r"[A-Za-z0-9/%._~=&+-]*")


@dataclass(frozen=True, slots=True)
class EarlyAnswer:
    """A whole answer but for what every answer carries. `route` is what logs and counts call it."""

    route: str
    status: str
    headers: Headers
    body: bytes = b""


Early = Callable[[Environ], EarlyAnswer | None]
EXTENSION = "tagwire.early"
# In the WSGI environment of who cannot wait: memory and a file may be asked, no other machine.
AT_ONCE = "tagwire.at_once"


class NotAtOnceError(Exception):
    """Whoever can wait has to ask; nothing was counted or logged yet."""


class EarlyAnswers:
    """Asks each that was added first; what none of them answers goes on to `inner`."""

    def __init__(self, app: Flask, inner: Wsgi) -> None:
        self.added: list[Early] = []
        self._app = app
        self._inner = inner

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        started = time.perf_counter()
        answer = self._answer(environ)
        if answer is None:
            if AT_ONCE in environ:
                raise NotAtOnceError
            return self._inner(environ, start_response)
        refused = rate_limits.refusal(self._app, environ)
        if refused is not None:
            answer = _of_response(answer.route, refused)
        request_id = access_log.new_request_id()
        headers = [*answer.headers, *HARDENED, ("X-Request-Id", request_id)]
        if environ.get("wsgi.url_scheme") == "https":
            headers += HARDENED_TLS
        method, status = environ["REQUEST_METHOD"], int(answer.status[:3])
        access_log.note(answer.route, method, status, time.perf_counter() - started, request_id)
        start_response(answer.status, headers)
        return [] if method == "HEAD" else [answer.body]

    def _answer(self, environ: Environ) -> EarlyAnswer | None:
        answers = (early(environ) for early in self.added)
        return next((answer for answer in answers if answer is not None), None)


def answer_early(app: Flask, early: Early) -> None:
    """Put `early` before Flask, and behind what finds out the caller's address."""
    if EXTENSION not in app.extensions:
        app.extensions[EXTENSION] = _before_flask(app)
    app.extensions[EXTENSION].added.append(early)


def answers_at_once(app: object) -> bool:
    """Whether `AT_ONCE` may be asked of it; the count of calls then has to be here, too."""
    return isinstance(app, Flask) and EXTENSION in app.extensions and rate_limits.are_kept_here(app)


def plain_query(text: str) -> dict[str, str] | None:
    """The first value of each name, as Flask reads them; None for what it must read itself."""
    if not _PLAIN_QUERY.fullmatch(text) or "%00" in text:
        return None
    items = parse_qsl(text, keep_blank_values=True)
    if any("\ufffd" in value for _, value in items):
        return None
    return dict(reversed(items))


def _before_flask(app: Flask) -> EarlyAnswers:
    outer = app.wsgi_app
    if isinstance(outer, ProxyFix):
        outer.app = answers = EarlyAnswers(app, outer.app)
    else:
        app.wsgi_app = answers = EarlyAnswers(app, outer)  # type: ignore[method-assign]
    return answers


def _of_response(route: str, response: Response) -> EarlyAnswer:
    return EarlyAnswer(route, response.status, tuple(response.headers), response.get_data())
