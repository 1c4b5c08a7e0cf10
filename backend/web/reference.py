"""Reference of the API as a page: Swagger UI, from our own files, over `/v1/openapi.json`."""

from flask import Blueprint, Response, render_template

from backend.http.auth import public
from backend.http.context import current_context
from backend.http.responses import for_everyone

blueprint = Blueprint("reference", __name__)

# Swagger UI draws its icons from data addresses and calls this server when a reader tries a call.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@blueprint.get("/v1/docs")
@public
def docs() -> Response:
    """Every call with its members and examples, for people"""
    page = render_template("reference.html", app_name=current_context().settings.app_name)
    response = for_everyone(Response(page, mimetype="text/html"))
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Robots-Tag"] = "noindex"
    return response
