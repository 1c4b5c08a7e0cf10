"""404 and 405 from memory: what no route has is refused before Flask, as Flask refused it first.

Such a refusal does not quote the address: it is the same for all with the same kind of reader,
language, status and methods that are allowed instead.
"""

from typing import NamedTuple, Self

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from backend.core.problems import for_programs
from backend.http.fast_path import (
    SAID_OF_ALL,
    Environ,
    FastResponse,
    fast_path,
    path_of,
    plain_query,
)
from backend.http.spoken import spoken_language

EXTENSION = "tagwire.unrouted"
# Headers that differ from response to response, or that the fast path adds to all.
_OTHERS = SAID_OF_ALL | {"content-length", "x-request-id", "ratelimit", "ratelimit-policy"}


class Refused(NamedTuple):
    """The key of a refusal. There are no more of them than routes have sets of methods."""

    # The language of a page; empty for programs.
    language: str
    status: int
    allowed: frozenset[str] = frozenset()

    @classmethod
    def by(cls, error: HTTPException | None, path: str, environ: Environ) -> Self | None:
        """Return a refusal's key; None where Flask has more to say, such as another address."""
        if not isinstance(error, MethodNotAllowed | NotFound):
            return None
        language = "" if for_programs(path) else spoken_language(environ)
        methods = error.valid_methods if isinstance(error, MethodNotAllowed) else None
        return cls(language, error.code, frozenset(methods or ()))


class Unrouted:
    """A handler of the fast path, with the refusals that it learned from Flask's answers."""

    def __init__(self, app: Flask) -> None:
        self._routes = app.url_map.bind("")
        self._refusals: dict[Refused, FastResponse] = {}
        # Hosts on which every address means something.
        self.other_hosts: frozenset[str] = frozenset()

    def answer(self, environ: Environ) -> FastResponse | None:
        path = path_of(environ)
        # Flask refuses what cannot be read before it says that there is no such address.
        if "\0" in path or "\ufffd" in path or plain_query(environ["QUERY_STRING"]) is None:
            return None
        if self._is_elsewhere(environ):
            return None
        try:
            self._routes.match(path, environ["REQUEST_METHOD"])
        except HTTPException as error:
            refused = Refused.by(error, path, environ)
            return self._refusals.get(refused) if refused else None
        return None

    def learn(self, response: Response) -> Response:
        refused = Refused.by(request.routing_exception, request.path, request.environ)
        is_it = refused is not None and response.status_code == refused.status
        if refused is not None and is_it and not self._is_elsewhere(request.environ):
            self._refusals.setdefault(refused, _kept(response))
        return response

    def _is_elsewhere(self, environ: Environ) -> bool:
        host = environ.get("HTTP_HOST", "").lower()
        return any(each in host for each in self.other_hosts)


def _kept(response: Response) -> FastResponse:
    body = response.get_data()
    headers = tuple(each for each in response.headers if each[0].lower() not in _OTHERS)
    headers = (*headers, ("Content-Length", str(len(body))))
    return FastResponse("", response.status, headers, body, is_private=True)


def init_app(app: Flask) -> None:
    """Register it before all others that change answers, so that it sees what they made of them."""
    app.extensions[EXTENSION] = Unrouted(app)
    app.after_request(app.extensions[EXTENSION].learn)


def register_last(app: Flask) -> None:
    """Add its handler behind those of all rooms: most of what is asked for has a route."""
    fast_path(app).handlers.append(unrouted(app).answer)


def unrouted(app: Flask) -> Unrouted:
    found: Unrouted = app.extensions[EXTENSION]
    return found
