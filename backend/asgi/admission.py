"""Requests that are refused whatever their body says, told by their head."""

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map

from backend.asgi.environ import Environ
from backend.http.auth import bearer_in

NEWSROOM = "/v1/newsroom/"
OPERATIONS = {"/healthz", "/readyz", "/metrics"}


def is_first(environ: Environ) -> bool:
    """What goes on whatever else is too much: the newsroom's work, and looks at the process."""
    path = environ["PATH_INFO"]
    is_newsroom = path.startswith(NEWSROOM) and "HTTP_AUTHORIZATION" in environ
    return is_newsroom or path in OPERATIONS


class Admission:
    """Knows the routes of an app; that a key is right only its database can tell."""

    def __init__(self, routes: Map) -> None:
        self._routes = routes.bind("")

    def is_refused(self, environ: Environ) -> bool:
        """No such address or method, or a newsroom's address without a key."""
        path = environ["PATH_INFO"]
        if path.startswith(NEWSROOM) and bearer_in(environ.get("HTTP_AUTHORIZATION", "")) is None:
            return True
        try:
            written = path.encode("latin-1").decode("utf-8", "replace")
            self._routes.match(written, environ["REQUEST_METHOD"])
        except HTTPException:  # none of them, and redirects, needs a body
            return True
        return False
