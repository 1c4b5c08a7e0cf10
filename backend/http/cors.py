"""CORS: which pages of other origins may read the API (Fetch Standard, CORS protocol).

Public reads and an installation's own calls, for the origins of CORS_ORIGINS; `*` is everybody,
for public reads alone. Newsroom, operations and web pages never. No cookie is ever needed:
`Authorization` identifies the caller, so credentials are not allowed.
"""

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from backend.http.auth import Access, access_of
from backend.http.context import API, AppContext
from backend.http.fast_path import Environ, FastResponse, Headers, fast_path, path_of, register

NEWSROOM = "/v1/newsroom"
EVERYBODY = "*"
# Public calls that concern one installation alone: two that write, and in the demo mode the
# stand-in for Firebase, which knows a phone by its address.
OWN_STEPS = {"/v1/installations", "/v1/deeplinks/claim", "/simulator/inbox"}
READING = {"GET", "HEAD"}
EXPOSED = "ETag, Link, Retry-After, RateLimit, RateLimit-Policy, Deprecation, Sunset, X-Request-Id"
ALLOWED = "Authorization, Content-Type, If-None-Match"
# The longest time that any browser keeps it.
PREFLIGHT_KEPT_S = 7_200
ROUTE = "preflight"
ALLOW_ORIGIN = "Access-Control-Allow-Origin"


class Cors:
    """CORS of one app: answers preflights before Flask, and adds its headers to all answers."""

    def __init__(self, app: Flask, origins: tuple[str, ...]) -> None:
        self._app = app
        self._origins = origins

    def preflight(self, environ: Environ) -> FastResponse | None:
        """Answer a preflight; None leaves it to Flask, where no other origin may call."""
        method = environ.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD")
        if environ["REQUEST_METHOD"] != "OPTIONS" or "HTTP_ORIGIN" not in environ or not method:
            return None
        path = path_of(environ)
        is_anonymous = self._is_anonymous(path, method)
        if is_anonymous is None:
            return None
        found = _headers(self._origins, environ["HTTP_ORIGIN"], is_anonymous=is_anonymous)
        granted = (
            ("Access-Control-Allow-Methods", method),
            ("Access-Control-Allow-Headers", ALLOWED),
            ("Access-Control-Max-Age", str(PREFLIGHT_KEPT_S)),
        )
        is_granted = found[0][0] == ALLOW_ORIGIN
        return FastResponse(ROUTE, "204 NO CONTENT", (*found, *(granted if is_granted else ())))

    def before_flask(self, environ: Environ) -> Headers:
        """Return headers for a response before Flask: a public read or an impersonal refusal."""
        path = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] not in READING or not _is_open(path):
            return ()
        return _headers(self._origins, environ.get("HTTP_ORIGIN"), is_anonymous=True)

    def allow(self, answer: Response) -> Response:
        rule = request.url_rule
        access = self._access(rule.endpoint) if rule else None
        found = who_may(access, request.path, request.method)
        if found is None:
            return answer
        origin = request.headers.get("Origin")
        for name, value in _headers(self._origins, origin, is_anonymous=found):
            if name == "Vary":
                answer.vary.add(value)
            else:
                answer.headers[name] = value
        return answer

    def _is_anonymous(self, path: str, method: str) -> bool | None:
        try:
            endpoint, _ = self._app.url_map.bind("").match(path, method)
        except HTTPException:
            return None
        return who_may(self._access(endpoint), path, method)

    def _access(self, endpoint: str) -> Access | None:
        return access_of(self._app.view_functions[endpoint])


def init_app(app: Flask) -> None:
    """Register CORS where an origin is configured."""
    context: AppContext = app.extensions["tagwire"]
    if not context.settings.cors_origins:
        return
    cors = Cors(app, context.settings.cors_origins)
    register(app, cors.preflight)
    fast_path(app).own_headers = cors.before_flask
    app.after_request(cors.allow)


def who_may(access: Access | None, path: str, method: str) -> bool | None:
    """Return True for a public read, False for an installation's own call, None to allow none."""
    if access is None or not _is_open(path):
        return None
    if access.installation or (access.public and path in OWN_STEPS):
        return False
    return True if access.public and method in READING else None


def _is_open(path: str) -> bool:
    return path in OWN_STEPS or (path.startswith(API) and not path.startswith(NEWSROOM))


def _headers(origins: tuple[str, ...], origin: str | None, *, is_anonymous: bool) -> Headers:
    """Return the CORS headers; `Vary` keeps a cache from giving one origin's answer to another."""
    exposed = "Access-Control-Expose-Headers", EXPOSED
    if is_anonymous and EVERYBODY in origins:
        return (ALLOW_ORIGIN, EVERYBODY), exposed
    if origin is None or origin == EVERYBODY or origin not in origins:
        return (("Vary", "Origin"),)
    return (ALLOW_ORIGIN, origin), exposed, ("Vary", "Origin")
