"""Adds to an app what the backend's rooms measure in the database, for /metrics and a command."""

from flask import Flask

from backend.gauges import gauges
from backend.http.context import AppContext
from backend.ingest.metrics import gauges as source_gauges
from backend.purge import extension as purge


def init_app(app: Flask) -> None:
    context: AppContext = app.extensions["tagwire"]
    context.hooks.gauges += (gauges, source_gauges)
    purge.init_gauges(context)
