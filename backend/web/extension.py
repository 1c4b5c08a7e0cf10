"""Registers the public pages: template context, filters and the content security policy."""

from typing import Any

from flask import Flask, Response
from markupsafe import Markup

from backend.http.context import current_context
from backend.web import assets, badges, language
from backend.web.appearance import APPEARANCE
from backend.web.feed_views import blueprint as feeds
from backend.web.offline_views import blueprint as offline
from backend.web.paths import absolute, shared
from backend.web.picture_server import picture_server
from backend.web.pictures import Picture, across, thumbnail
from backend.web.reference import blueprint as reference
from backend.web.responses import page_policy
from backend.web.sitemap_views import blueprint as sitemaps
from backend.web.structured import og_locale
from backend.web.views import blueprint
from schemas.fields import instant_text


def init_app(app: Flask) -> None:
    assets.init_app(app)
    language.init_app(app)
    badges.init_app(app, app.extensions["tagwire"].settings)
    app.add_template_filter(instant_text)
    app.add_template_filter(absolute)
    app.add_template_filter(shared)
    app.add_template_filter(og_locale)
    app.add_template_global(_thumbnail, "thumbnail")
    app.add_template_global(_across, "across")
    app.context_processor(_site)
    app.register_blueprint(blueprint)
    app.register_blueprint(feeds)
    app.register_blueprint(sitemaps)
    app.register_blueprint(offline)
    app.register_blueprint(reference)
    app.after_request(_protect)


def _site() -> dict[str, Any]:
    """Template context. It reads no database: the error page must work without one."""
    settings = current_context().settings
    return {
        "app_name": settings.app_name,
        "public_url": settings.public_url,
        "demo": settings.demo,
        "web_push": bool(settings.vapid_keys),
        "appearance": APPEARANCE,
    }


def _thumbnail(picture: Picture) -> Markup:
    """Render a picture beside a headline, which says what it shows."""
    server = picture_server(current_context().settings)
    return Markup(thumbnail(picture, server))  # noqa: S704 - escaped there


def _across(picture: Picture, alt: str) -> Markup:
    """Render the picture that a page begins with."""
    server = picture_server(current_context().settings)
    return Markup(across(picture, server, alt=alt, is_first=True))  # noqa: S704


def _protect(response: Response) -> Response:
    """Set the default content security policy, and have no error page cached."""
    if response.mimetype == "text/html":
        policy = page_policy(current_context().settings)
        response.headers.setdefault("Content-Security-Policy", policy)
        if response.status_code >= 400:
            response.headers.setdefault("Cache-Control", "no-store")
    return response
