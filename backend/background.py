"""The poller process: threads that poll, deliver webhooks and purge the cache in front, and a
clock that releases ended embargoes.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from flask import Flask, current_app

from backend.core.db import db, release, transaction
from backend.feed.changes import prune_changes
from backend.feed.search import index_missing
from backend.http.context import current_context
from backend.ingest.poller import Poller
from backend.newsroom.queries import next_embargo_end
from backend.newsroom.service import release_due
from backend.outbound.fetch import FetchPolicy
from backend.purge.extension import purger
from backend.tagging.queries import forget_sketches
from backend.tagging.service import STORY_WINDOW
from backend.webhooks.extension import deliverer
from backend.webhooks.service import forget_old

log = logging.getLogger(__name__)

IDLE_S = 1.0
# After an error nobody foresaw, such as a database that went away.
PAUSE_S = 5.0
STOP_WITHIN_S = 7.0
DELIVERERS = 2
HOUSEKEEPING = timedelta(hours=1)


def run(stopped: threading.Event, *, threads: int, policy: FetchPolicy) -> None:
    """Poll until `stopped`; returns within a few seconds of it.

    A thread that still waits for a slow publisher is left behind: its lease runs out, and
    another process polls the feed again.
    """
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    workers = [
        threading.Thread(target=_poll, args=(app, policy, stopped), daemon=True)
        for _ in range(threads)
    ]
    workers += [
        threading.Thread(target=_send, args=(app, step, stopped), daemon=True)
        for step in _senders(app)
    ]
    for worker in workers:
        worker.start()
    _keep_time(stopped)
    deadline = time.monotonic() + STOP_WITHIN_S
    for worker in workers:
        worker.join(max(0.0, deadline - time.monotonic()))


def _poll(app: Flask, policy: FetchPolicy, stopped: threading.Event) -> None:
    with app.app_context():
        poller = Poller(current_context().hooks, policy, current_context().clock, stopped.is_set)
        while not stopped.is_set():
            try:
                polled = poller.poll_one()
            except Exception:
                log.exception("polling failed")
                release()
                stopped.wait(PAUSE_S)
            else:
                if polled is None:
                    stopped.wait(IDLE_S)


def _senders(app: Flask) -> list[Callable[[], bool]]:
    """What tells others has threads of its own: a slow one keeps no feed waiting."""
    purging = purger(app)
    return [deliverer(app).step] * DELIVERERS + ([purging.step] if purging else [])


def _send(app: Flask, step: Callable[[], bool], stopped: threading.Event) -> None:
    with app.app_context():
        while not stopped.is_set():
            try:
                busy = step()
            except Exception:
                log.exception("telling others failed")
                release()
                stopped.wait(PAUSE_S)
            else:
                if not busy:
                    stopped.wait(IDLE_S)


def _keep_time(stopped: threading.Event) -> None:
    next_cleaning = current_context().now()
    while not stopped.wait(IDLE_S):
        try:
            _release_embargoes()
            if current_context().now() >= next_cleaning:
                next_cleaning = current_context().now() + HOUSEKEEPING
                _clean()
        except Exception:
            log.exception("releasing embargoes failed")
            release()
            stopped.wait(PAUSE_S)


def _release_embargoes() -> None:
    """Asked with a read first: most seconds nothing is due, and a write would lock SQLite."""
    now = current_context().now()
    due = next_embargo_end(db.session())
    release()
    if due is not None and due <= now:
        release_due(current_context().hooks, now=now)
        release()


def _clean() -> None:
    while index_missing():
        release()
    with transaction() as session:
        forget_sketches(session, current_context().now() - STORY_WINDOW)
    prune_changes(now=current_context().now())
    release()
    forget_old(now=current_context().now())
