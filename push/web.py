"""Adds the routes of the alerts to an app."""

from functools import partial
from typing import get_args

from flask import Flask

from backend.http.batches import register
from backend.http.context import AppContext
from push import measures
from push.console import (
    alert_views,
    compose_views,
    counting,
    desk_views,
    halt_views,
    waiting_views,
)
from push.console import device_views as device_pages
from push.editorial import (
    approval_views,
    device_views,
    draft_views,
    simulator_views,
    stream_views,
    views,
)
from push.editorial.watched import Watched
from push.receipts.batch import EventBatch
from push.store.metrics import start_at_zero
from push.transport import metrics as connection_metrics
from push.transport.outcome import Kind
from schemas.audience import PLATFORMS


def init_app(app: Flask) -> None:
    context: AppContext = app.extensions["tagwire"]
    measures.init_app(app)
    begin = partial(start_at_zero, get_args(Kind), PLATFORMS)
    context.hooks.beginnings += (begin, connection_metrics.start_at_zero)
    app.extensions[counting.EXTENSION] = counting.ExactCounts()
    app.extensions[stream_views.WATCHED] = Watched(stream_views.STREAM_PAUSE_S)
    api = app.extensions["tagwire.api"]
    for blueprint in (
        views.api,
        stream_views.streams,
        approval_views.second_readings,
        device_views.devices,
        draft_views.api,
    ):
        api.register_blueprint(blueprint)
    for pages in (simulator_views.blueprint, desk_views.blueprint, compose_views.blueprint):
        app.register_blueprint(pages)
    for room in (alert_views, waiting_views, halt_views, device_pages):
        room.init_app(app)
    register(app, EventBatch(app))
