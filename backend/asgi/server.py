"""The web process: gunicorn with the settings of `backend.asgi.gunicorn_conf`, in this process."""

from flask import Flask
from gunicorn.app.base import Application  # type: ignore[import-untyped]

from backend.asgi import metrics
from backend.asgi.front import Front, front_of
from backend.http.context import AppContext


class Server(Application):  # type: ignore[misc]
    """Serves an app that was made before its workers fork: none of its threads and connections may
    be there yet.
    """

    def __init__(self, app: Flask, descriptor: int) -> None:
        """`descriptor` is that of a listening socket."""
        self._app, self._descriptor = app, descriptor
        super().__init__(prog="tagwire")

    def load_config(self) -> None:
        self.load_config_from_module_name_or_filename("python:backend.asgi.gunicorn_conf")
        self.cfg.set("bind", f"fd://{self._descriptor}")
        # Imported before the fork, and so in memory once.
        for name in ("worker_class", "logger_class"):
            self.cfg.set(name, getattr(self.cfg, name))

    def load(self) -> Front:
        context: AppContext = self._app.extensions["tagwire"]
        context.hooks.start_metrics()
        metrics.start_at_zero()
        return front_of(self._app)
