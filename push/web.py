"""Adds the routes of the alerts to an app."""

from flask import Flask

from backend.http.batches import register
from push.console import alert_views, halt_views
from push.editorial import approval_views, device_views, stream_views, views
from push.editorial.watched import Watched
from push.receipts.batch import EventBatch


def init_app(app: Flask) -> None:
    app.extensions[stream_views.WATCHED] = Watched(stream_views.STREAM_PAUSE_S)
    api = app.extensions["tagwire.api"]
    for blueprint in (
        views.api,
        stream_views.streams,
        approval_views.second_readings,
        device_views.devices,
    ):
        api.register_blueprint(blueprint)
    app.register_blueprint(views.simulator)
    alert_views.init_app(app)
    halt_views.init_app(app)
    register(app, EventBatch(app))
