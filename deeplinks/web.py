"""Adds the routes of the links to an app."""

from flask import Flask

from backend.http.fast_path import register
from deeplinks.fast_path import fast_handler
from deeplinks.link_views import newsroom_links
from deeplinks.views import api, legacy_host, pages


def init_app(app: Flask) -> None:
    app.extensions["tagwire.api"].register_blueprint(api)
    app.extensions["tagwire.api"].register_blueprint(newsroom_links)
    app.register_blueprint(pages)
    app.before_request(legacy_host)
    register(app, fast_handler(app, app.extensions["deeplinks"]))
