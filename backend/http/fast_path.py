"""The fast path: responses given before Flask's request machinery, for what a surge asks for most.

They are rate-limited, counted, logged and hardened like every other response; what needs more
than a look at the request goes on to Flask. Both faces of the app use it: the WSGI middleware
here, and the ASGI front in its event loop.
"""

import re
import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from backend.core import access_log
from backend.core.problems import problem_document
from backend.http import rate_limits
from backend.http.deprecation import deprecated_routes

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Any], Iterable[bytes]]
Headers = tuple[tuple[str, str], ...]
RawHeaders = list[tuple[bytes, bytes]]

HARDENED: Headers = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
HARDENED_TLS: Headers = (("Strict-Transport-Security", "max-age=31536000"),)
# Names of headers that every answer gets as it leaves: no page is kept with them.
SAID_OF_ALL = frozenset(name.lower() for name, _ in (*HARDENED, *HARDENED_TLS))
# Queries that Flask's decoder and ours read the same; others go on to Flask.
_PLAIN_QUERY = re.compile(r"[A-Za-z0-9/%._~=&+-]*")


@dataclass(slots=True)
class FastResponse:
    """A response without the headers that all have. `route` is its name in logs and metrics."""

    route: str
    status: str
    headers: Headers
    body: bytes = b""
    # No shared cache keeps it: it may tell its caller how much is left of a rate limit.
    is_private: bool = False
    _raw: RawHeaders | None = field(default=None, repr=False, compare=False)

    @property
    def raw_headers(self) -> RawHeaders:
        """Return headers as ASGI wants them, cached: a page in memory is answered many times."""
        if self._raw is None:
            self._raw = raw_headers(self.headers)
        return self._raw

    def completed(self, name: str, value: str, body: bytes = b"") -> "FastResponse":
        """Return a copy with what is one visitor's own: another header, and this body."""
        own = (name, value)
        raw = [*self.raw_headers, *raw_headers((own,))]
        headers = (*self.headers, own)
        return FastResponse(self.route, self.status, headers, body, self.is_private, raw)


class Finished(NamedTuple):
    """A response with what differs from one request to the next."""

    response: FastResponse
    status: int
    request_id: str
    is_secure: bool
    own: Headers = ()

    @property
    def headers(self) -> list[tuple[str, str]]:
        own = (*self.own, ("X-Request-Id", self.request_id))
        return [*self.response.headers, *HARDENED, *(HARDENED_TLS if self.is_secure else ()), *own]

    @property
    def raw_headers(self) -> RawHeaders:
        own = (b"x-request-id", self.request_id.encode())
        hardened = _RAW_TLS if self.is_secure else _RAW
        others = raw_headers(self.own) if self.own else ()
        return [*self.response.raw_headers, *hardened, *others, own]


# From method, path, query and headers of a WSGI environment to a response, or None for Flask.
Handler = Callable[[Environ], FastResponse | None]
EXTENSION = "tagwire.fast_path"
# Set in the environment by the event loop: memory and a local file may be read, no other machine.
NON_BLOCKING = "tagwire.non_blocking"
# Set in the environment by an overloaded event loop: only memory may be read.
BUSY = "tagwire.busy"


class FastPath:
    """Handlers in the order of their registration; as WSGI middleware in front of `inner`."""

    def __init__(self, app: Flask, inner: Wsgi) -> None:
        self.handlers: list[Handler] = []
        # Headers that depend on the caller: no page is kept with them.
        self.own_headers: Callable[[Environ], Headers] = lambda _environ: ()
        # The cache key of a page that is in memory and became stale; None for any other.
        self.stale_page: Callable[[Environ], Hashable | None] = lambda _environ: None
        # Routes that are answered however often they are asked for, as Flask answers them.
        self.unlimited: set[str] = set()
        # The site is visited over TLS, also where a proxy ends it and does not say so.
        self.is_site_secure = False
        self._app = app
        self._inner = inner

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        finished = self.respond(environ)
        if finished is None:
            return self._inner(environ, start_response)
        start_response(finished.response.status, finished.headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [finished.response.body]

    @property
    def never_blocks(self) -> bool:
        """Whether an event loop may use it, which takes calls counted in this process, too."""
        return rate_limits.are_kept_here(self._app)

    @cached_property
    def _deprecated(self) -> frozenset[str]:
        return deprecated_routes(self._app)

    def respond(self, environ: Environ) -> Finished | None:
        """Return the whole response; None when no handler has one: nothing is counted or logged."""
        started = time.perf_counter()
        for handler in self.handlers:
            found = handler(environ)
            if found is not None:
                break
        else:
            return None
        if found.route in self._deprecated:
            return None
        # Its handler counted it, or nobody counts it.
        is_counted = rate_limits.COUNTED in environ or found.route in self.unlimited
        refused = None if is_counted else rate_limits.refusal(self._app, environ)
        if refused is not None:
            headers = tuple(refused.headers.items())
            found = refusal(refused.status, refused.detail, headers, route=found.route)
        return self.finish(found, environ, started)

    def finish(self, response: FastResponse, environ: Environ, started: float) -> Finished:
        """Add a request id to a response, count it and log it."""
        request_id = access_log.new_request_id()
        method, status = environ["REQUEST_METHOD"], int(response.status[:3])
        took = time.perf_counter() - started
        access_log.record(response.route, method, status, took, request_id)
        is_secure = self.is_site_secure or environ.get("wsgi.url_scheme") == "https"
        own = self.own_headers(environ)
        if response.is_private:
            own = (*own, *rate_limits.standing(self._app, environ))
        return Finished(response, status, request_id, is_secure, own)


def register(app: Flask, handler: Handler) -> None:
    fast_path(app).handlers.append(handler)


def fast_path(app: Flask) -> FastPath:
    """Return the app's fast path; the first call puts it before Flask and behind `ProxyFix`."""
    if EXTENSION not in app.extensions:
        app.extensions[EXTENSION] = _before_flask(app)
    found: FastPath = app.extensions[EXTENSION]
    return found


@lru_cache(maxsize=1_000)
def refusal(status: int, detail: str, headers: Headers = (), *, route: str = "") -> FastResponse:
    """Make the problem document of a request that is refused before Flask."""
    body, own = problem_document(status, detail)
    length = ("Content-Length", str(len(body)))
    status_line = f"{status} {HTTPStatus(status).phrase.upper()}"
    return FastResponse(route, status_line, (*own, *headers, length), body)


def raw_headers(headers: Iterable[tuple[str, str]]) -> RawHeaders:
    """Encode headers as ASGI wants them: bytes, names in lower case."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


_RAW = tuple(raw_headers(HARDENED))
_RAW_TLS = tuple(raw_headers(HARDENED + HARDENED_TLS))


def path_of(environ: Environ) -> str:
    """Return the path to match routes with: WSGI hands UTF-8 over as if it were Latin-1."""
    written: str = environ["PATH_INFO"]
    return written.encode("latin-1").decode("utf-8", "replace")


def plain_query(text: str) -> dict[str, str] | None:
    """Return the first value of each name, as Flask reads it; None if Flask has to read it."""
    if not text:
        return {}
    if not _PLAIN_QUERY.fullmatch(text) or "%00" in text:
        return None
    items = parse_qsl(text)  # an empty value counts as absent
    if any("\ufffd" in value for _, value in items):
        return None
    return dict(reversed(items))


def _before_flask(app: Flask) -> FastPath:
    outer = app.wsgi_app
    if isinstance(outer, ProxyFix):
        outer.app = found = FastPath(app, outer.app)
    else:
        app.wsgi_app = found = FastPath(app, outer)  # type: ignore[method-assign]
    return found
