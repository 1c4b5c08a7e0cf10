"""Registers the public pages: template context, filters and the content security policy."""

from typing import Any

from flask import Flask, Response

from backend.http.context import current_context
from backend.web import assets
from backend.web.paths import absolute
from backend.web.reference import blueprint as reference
from backend.web.responses import PAGE_POLICY
from backend.web.simulator import blueprint as simulator
from backend.web.times import age_shown, machine_readable
from backend.web.views import blueprint


def init_app(app: Flask) -> None:
    assets.init_app(app)
    app.add_template_filter(age_shown)
    app.add_template_filter(machine_readable)
    app.add_template_filter(absolute)
    app.context_processor(_site)
    app.register_blueprint(blueprint)
    app.register_blueprint(simulator)
    app.register_blueprint(reference)
    app.after_request(_protect)


def _site() -> dict[str, Any]:
    """Template context. It reads no database: the error page must work without one."""
    settings = current_context().settings
    return {
        "app_name": settings.app_name,
        "public_url": settings.public_url,
        "demo": settings.demo,
    }


def _protect(response: Response) -> Response:
    """The default content security policy; error pages are not cached."""
    if response.mimetype == "text/html":
        response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
        if response.status_code >= 400:
            response.headers.setdefault("Cache-Control", "no-store")
    return response
