"""The push worker as a process: the transport, the rendering, and the loop around one step.

Imported by `tagwire work` alone: the Firebase library stays off every other process.
"""

import gc
import logging
import signal
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from push.delivery.housekeeping import Chores
from push.delivery.lifecycle import Tell
from push.delivery.local_sender import LocalSender
from push.delivery.queue import Pace
from push.delivery.worker import Worker
from push.editorial.settings import PushSettings
from push.transport import fcm
from push.transport.encoding import encoded
from push.transport.payload import Template, template

log = logging.getLogger(__name__)

IDLE_PAUSE_S = 0.2
ERROR_PAUSE_S = 5.0


def run(settings: PushSettings, clock: Callable[[], datetime], tell: Tell) -> None:
    """Work until SIGTERM or SIGINT; what is on its way is finished first."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    worker = worker_for(settings, clock, tell)
    # What was imported stays: to look through it for garbage again and again cost 15 % of a send.
    gc.freeze()
    chores = Chores(settings.canary_every, clock)
    while not stopped.is_set():
        try:
            busy = worker.step()
            chores.run()
        except SQLAlchemyError as error:
            log.error("the database failed the worker", extra={"kind": type(error).__name__})
            stopped.wait(ERROR_PAUSE_S)
            continue
        if not busy:
            stopped.wait(IDLE_PAUSE_S)
    worker.finish()
    worker.sender.close()


def worker_for(settings: PushSettings, clock: Callable[[], datetime], tell: Tell) -> Worker:
    """A worker with the transport that the settings name."""
    if settings.transport == "local" or settings.key_file is None:
        return Worker(LocalSender(clock), clock, tell, story_window=settings.story_window)
    sender = fcm.FcmSender(settings.key_file, settings.fcm_url, settings.ca_file, settings.http)
    pace = Pace(settings.messages_per_minute, settings.ramp)
    return Worker(sender, clock, tell, pace=pace, render=render, story_window=settings.story_window)


def render(*args: Any, **options: Any) -> Template:
    """The request body as firebase-admin's own encoder writes it."""
    return template(*args, **options, encode=encoded)
