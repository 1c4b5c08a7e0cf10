"""Gunicorn's settings: `gunicorn -c python:backend.asgi.gunicorn_conf wsgi:asgi`."""

import ctypes
import gc
import os
import socket
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from backend.core.environment import read
from backend.core.supervisor import stop_with_supervisor, tell_ready

_settings = read(os.environ, Path.cwd())

bind = _settings.bind
workers = _settings.web_workers
worker_class = "backend.asgi.worker.Worker"
keepalive = 15
# As many connections as Linux lets wait to be accepted (net.core.somaxconn).
backlog = 4_096
timeout = 60
graceful_timeout = 6
# Each worker builds its own app: threads and connections do not survive a fork.
preload_app = False
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - heartbeat file
loglevel = "warning"
# Bytes of an answer that the kernel takes ahead of its reader; the rest is in memory once for all.
UNSENT_BYTES = 131_072
# A connection whose client reads nothing for so long is given up; else it would stay for ever.
UNREAD = timedelta(minutes=1)
# Memory of this size goes back to the system when it is free.
M_MMAP_THRESHOLD, LARGE_BYTES = -3, 65_536
# New objects after which the garbage collector runs.
GARBAGE = 10_000


def when_ready(arbiter: Any) -> None:
    for each in arbiter.LISTENERS:
        if each.sock.family != socket.AF_UNIX:
            bound_answers(each.sock)
    stop_with_supervisor()


def bound_answers(listener: socket.socket) -> None:
    """Bound what answers hold in the kernel, and how long: connections inherit it from here."""
    unread_ms = int(UNREAD.total_seconds() * 1000)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, unread_ms)


def post_worker_init(_worker: Any) -> None:
    # What was imported and built stays: the garbage collector need not look through it again.
    gc.freeze()
    # A request leaves next to no garbage in cycles, and looking costs each of them 2 %.
    gc.set_threshold(GARBAGE)
    _return_large_memory()
    # A busy thread gives the interpreter back to the event loop after 1 ms instead of 5.
    sys.setswitchinterval(0.001)
    tell_ready()


def _return_large_memory() -> None:
    """Have glibc return large blocks: it would learn from the first ones to keep all later ones."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
