"""The web process: gunicorn with the settings of `backend.asgi.gunicorn_conf`, in this process."""

from collections.abc import Callable

from flask import Flask
from gunicorn.app.base import Application  # type: ignore[import-untyped]

from backend.asgi.front import Front, front_of


class Server(Application):  # type: ignore[misc]
    """Serves what `build` makes; each worker builds its own."""

    def __init__(self, build: Callable[[], Flask]) -> None:
        self._build = build
        super().__init__(prog="tagwire")

    def load_config(self) -> None:
        self.load_config_from_module_name_or_filename("python:backend.asgi.gunicorn_conf")

    def load(self) -> Front:
        return front_of(self._build())
