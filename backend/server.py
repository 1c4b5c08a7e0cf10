"""The web process: gunicorn with the settings of `backend.gunicorn_conf`, in this process."""

from collections.abc import Callable

from flask import Flask
from gunicorn.app.base import Application  # type: ignore[import-untyped]


class Server(Application):  # type: ignore[misc]
    """Serves what `build` makes; each worker builds its own."""

    def __init__(self, build: Callable[[], Flask]) -> None:
        self._build = build
        super().__init__(prog="tagwire")

    def load_config(self) -> None:
        self.load_config_from_module_name_or_filename("python:backend.gunicorn_conf")

    def load(self) -> Flask:
        return self._build()
