"""The composition root: settings, then the backend, then each room. Read this file first.

`headless.py` makes the app that commands and background processes run in; this adds what serves
requests. `wsgi:app` is the app for any WSGI server, `wsgi:asgi` the same behind the ASGI front, as
`tagwire serve` serves it. `tagwire.py` has the commands.
"""

from collections.abc import Mapping
from pathlib import Path

from flask import Flask

import backend.app
import deeplinks.web
import headless
import push.web
from backend.asgi.front import Front, front_of
from backend.http.context import Clock, system_clock


def compose(environ: Mapping[str, str], root: Path, *, clock: Clock = system_clock) -> Flask:
    """Build the whole app for these settings.

    Raises:
        SettingsError: a value cannot be used; the message names the variable.
    """
    return with_routes(headless.compose(environ, root, clock=clock))


def with_routes(app: Flask) -> Flask:
    """Add to the app what serves requests, and return it."""
    backend.app.init_app(app)
    push.web.init_app(app)
    deeplinks.web.init_app(app)
    return app


def __getattr__(name: str) -> Flask | Front:
    """Build `wsgi:app` or `wsgi:asgi` when a server asks, not when a test imports this."""
    if name == "app":
        return with_routes(headless.create())
    if name == "asgi":
        return front_of(with_routes(headless.create()))
    raise AttributeError(name)
