"""Adds the routes of the alerts to an app."""

from flask import Flask

from backend.http.batches import register
from push.console import compose_views, desk_views
from push.editorial import draft_views
from push.editorial.device_views import devices
from push.editorial.views import STREAM_PAUSE_S, WATCHED, api, simulator
from push.editorial.watched import Watched
from push.receipts.batch import EventBatch


def init_app(app: Flask) -> None:
    app.extensions[WATCHED] = Watched(STREAM_PAUSE_S)
    app.extensions["tagwire.api"].register_blueprint(api)
    app.extensions["tagwire.api"].register_blueprint(devices)
    app.extensions["tagwire.api"].register_blueprint(draft_views.api)
    app.register_blueprint(simulator)
    app.register_blueprint(desk_views.blueprint)
    app.register_blueprint(compose_views.blueprint)
    register(app, EventBatch(app))
