"""Requests that are refused whatever their body says, told by their head."""

from collections.abc import Container

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map

from backend.asgi.environ import Environ, announced_bytes
from backend.http.auth import bearer_in
from backend.http.fast_path import path_of

# A body that comes along with its head, more or less, is not worth a query of the database.
SHORT_BYTES = 64_000
NEWSROOM = "/v1/newsroom/"
OPERATIONS = {"/healthz", "/readyz", "/metrics"}
# How late the loop is when it answers from memory alone: anything else would be answered too late.
OVERLOADED_S = 0.08
RETRY_AFTER_S = 2
TOO_MUCH = 503, f"Too much is asked at once. Try again in {RETRY_AFTER_S} s."


def is_first(path: str, *, has_key: bool) -> bool:
    """Whether a request is served under any load: the newsroom's with a key, or a health check."""
    return (has_key and path.startswith(NEWSROOM)) or path in OPERATIONS


class Admission:
    """Checks heads against the routes of an app; whether a key is right only its database tells."""

    def __init__(self, routes: Map, closed: Container[str] = ()) -> None:
        """`closed` are endpoints that need a secret."""
        self._routes = routes.bind("")
        self._closed = closed

    def is_refused(self, environ: Environ) -> bool:
        """Whether there is no such route, or no secret for a closed one; a cookie may hold one."""
        endpoint = self._endpoint(environ)
        has_secret = _has_bearer(environ) or "HTTP_COOKIE" in environ
        return endpoint is None or (endpoint in self._closed and not has_secret)

    def is_worth_asking(self, environ: Environ) -> bool:
        """Whether to check the key before a body that is long, of unknown length, or waits."""
        announced = announced_bytes(environ)
        is_short = announced is not None and announced <= SHORT_BYTES
        if (is_short and "HTTP_EXPECT" not in environ) or not _has_bearer(environ):
            return False
        return self._endpoint(environ) in self._closed

    def _endpoint(self, environ: Environ) -> str | None:
        try:
            endpoint, _ = self._routes.match(path_of(environ), environ["REQUEST_METHOD"])
        except HTTPException:  # none of them, and redirects, needs a body
            return None
        return str(endpoint)


def _has_bearer(environ: Environ) -> bool:
    return bearer_in(environ.get("HTTP_AUTHORIZATION", "")) is not None
