"""Responses of pages and documents with their cache headers, and canonical redirects."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from types import MappingProxyType
from urllib.parse import quote, unquote

from flask import Response, request

from backend.core.settings import Settings
from backend.http.context import current_context
from backend.http.responses import for_everyone
from backend.http.spoken import VARY, addressed_language
from backend.web.picture_server import picture_server
from backend.web.players import ORIGINS

DOCUMENT_MAX_AGE = timedelta(seconds=60)
# A tag can be renamed back: a browser that kept a redirect for ever would go in circles.
REDIRECT_MAX_AGE_S = 300


_QUERY_SAFE = "!$&'()*+,;=:@/?%-._~[]"


def page_policy(settings: Settings) -> str:
    """Return the content security policy of pages.

    Publishers' pictures come from our picture server, or else from anywhere over TLS; frames
    from the players that a reader may ask for.

    Everything else is ours, and nothing is inline.
    """
    server = picture_server(settings)
    return (
        f"default-src 'none'; style-src 'self'; script-src 'self'; "
        f"img-src 'self' {server.origin if server else 'https:'}; "
        f"media-src https:; frame-src {' '.join(ORIGINS)}; "
        "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


def page(body: str, keys: Iterable[str]) -> Response:
    """A page. It shows relative times, so caches keep it below a minute in all."""
    answer = Response(body, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = page_policy(current_context().settings)
    if addressed_language(request.query_string.decode("latin-1")) is None:
        answer.vary.update(VARY)
    return for_everyone(answer, keys=keys)


def document(
    body: str | bytes,
    mimetype: str,
    keys: Iterable[str] = (),
    links: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    """A document for programs; `links` are named by their relation."""
    answer = Response(body, mimetype=mimetype)
    if links:
        answer.headers["Link"] = ", ".join(f'<{to}>; rel="{rel}"' for rel, to in links.items())
    return for_everyone(answer, max_age=DOCUMENT_MAX_AGE, keys=keys)


def redirect_to_canonical(path: str) -> Response | None:
    """A permanent redirect unless this request asks for `path` already; its query comes along."""
    if request.path == unquote(path):
        return None
    query = quote(request.query_string, safe=_QUERY_SAFE)
    to = f"{path}?{query}" if query else path
    cache = f"public, max-age={REDIRECT_MAX_AGE_S}"
    return Response(status=301, headers={"Location": to, "Cache-Control": cache})
