"""Gunicorn's settings: `gunicorn -c python:backend.asgi.gunicorn_conf wsgi:asgi`."""

import gc
import os
import sys
from pathlib import Path
from typing import Any

from backend.core.environment import read
from backend.core.supervisor import stop_with_supervisor, tell_ready

_settings = read(os.environ, Path.cwd())

bind = _settings.bind
workers = _settings.web_workers
worker_class = "asgi"
asgi_lifespan = "on"
keepalive = 15
timeout = 60
graceful_timeout = 6
# Each worker builds its own app: threads and connections do not survive a fork.
preload_app = False
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - heartbeat file
loglevel = "warning"
# What is read at all: up to it the front refuses too long an address with a problem document.
limit_request_line = 65_536


def when_ready(_arbiter: Any) -> None:
    stop_with_supervisor()


def post_worker_init(_worker: Any) -> None:
    # What was imported and built stays: the garbage collector need not look through it again.
    gc.freeze()
    # A busy thread gives the interpreter back to the event loop after 1 ms instead of 5.
    sys.setswitchinterval(0.001)
    tell_ready()
