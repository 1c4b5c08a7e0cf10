"""Phone simulator of the demo mode: a page that uses the public API only."""

from flask import Blueprint, Response, render_template

from backend.core.problems import NotFound
from backend.demo import timeline
from backend.http.auth import public
from backend.http.context import current_context

blueprint = Blueprint("simulator", __name__)

# Publishers' pictures come from anywhere over TLS; nothing else does.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' https: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@blueprint.get("/simulator")
@public
def phone() -> Response:
    """The page that holds the phone and the log of its calls"""
    settings = current_context().settings
    if not settings.demo:
        raise NotFound("The phone simulator is part of the demo mode.")
    page = render_template(
        "simulator.html",
        app_name=settings.app_name,
        public_url=settings.public_url,
        phones=timeline.phones(),
    )
    response = Response(page, mimetype="text/html")
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
