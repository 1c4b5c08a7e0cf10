"""Adds the routes of the alerts to an app."""

from flask import Flask

from push.editorial.views import api, simulator


def init_app(app: Flask) -> None:
    app.extensions["tagwire.api"].register_blueprint(api)
    app.register_blueprint(simulator)
