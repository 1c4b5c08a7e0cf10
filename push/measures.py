"""Adds to an app what the rooms of push measure in the database, for /metrics and a command."""

from flask import Flask

from backend.http.context import AppContext
from push.delivery.gauges import gauges as delivery_gauges
from push.store.gauges import gauges


def init_app(app: Flask) -> None:
    context: AppContext = app.extensions["tagwire"]
    context.hooks.gauges += (gauges, delivery_gauges)
