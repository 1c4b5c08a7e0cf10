"""Adds the routes of the alerts to an app."""

from functools import partial
from typing import get_args

from flask import Flask

from backend.http.batches import register
from backend.http.context import AppContext
from push.console import device_views
from push.editorial.device_views import devices
from push.editorial.views import STREAM_PAUSE_S, WATCHED, api, simulator
from push.editorial.watched import Watched
from push.receipts.batch import EventBatch
from push.store.gauges import gauges
from push.store.metrics import start_at_zero
from push.transport import metrics as connection_metrics
from push.transport.outcome import Kind
from schemas.audience import PLATFORMS


def init_app(app: Flask) -> None:
    context: AppContext = app.extensions["tagwire"]
    context.hooks.gauges.append(gauges)
    begin = partial(start_at_zero, get_args(Kind), PLATFORMS)
    context.hooks.beginnings += (begin, connection_metrics.start_at_zero)
    app.extensions[WATCHED] = Watched(STREAM_PAUSE_S)
    app.extensions["tagwire.api"].register_blueprint(api)
    app.extensions["tagwire.api"].register_blueprint(devices)
    app.register_blueprint(simulator)
    device_views.init_app(app)
    register(app, EventBatch(app))
