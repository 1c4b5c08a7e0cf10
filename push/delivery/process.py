"""The push worker as a process: the transport, the rendering, and the loop around one step."""

import gc
import logging
import signal
import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from backend.core.commits import Commits, commits_of, earliest, rest
from backend.core.db import db, release
from push.delivery.clock import SharedClock
from push.delivery.housekeeping import Housekeeping
from push.delivery.lifecycle import EventPublisher
from push.delivery.local_sender import LocalSender
from push.delivery.rate_limiter import RateLimit
from push.delivery.worker import Worker
from push.editorial.settings import PushSettings
from push.store import faults, scheduling
from push.transport.payload import template
from push.transport.routing import RoutedSender, rendered
from push.transport.sender import Sender
from push.transport.webpush_settings import WebPush

log = logging.getLogger(__name__)

IDLE_PAUSE_S = 0.2
ERROR_PAUSE_S = 5.0


def run(
    settings: PushSettings, clock: Callable[[], datetime], publish_event: EventPublisher
) -> None:
    """Work until SIGTERM or SIGINT; finish what is in flight first (graceful shutdown)."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    shared = SharedClock(clock)
    worker = worker_for(settings, shared, publish_event)
    # What was imported stays: to look through it for garbage again and again cost 15 % of a send.
    gc.freeze()
    housekeeping = Housekeeping(settings.canary_every, shared)
    commits = commits_of(db.engine, "tagwire_alerts")
    while not stopped.is_set():
        _outcome_of(shared.measure)
        began = shared()
        pause_s = turn(worker, housekeeping)
        if pause_s:
            stopped.wait(pause_s)
        if pause_s == IDLE_PAUSE_S:
            _outcome_of(partial(_rest, worker, housekeeping, commits, began, stopped))
    worker.finish()
    worker.sender.close()


def turn(worker: Worker, housekeeping: Housekeeping) -> float:
    """Run one turn of the loop; return the seconds to wait before the next. Raises nothing."""
    is_busy, is_fine = _outcome_of(worker.step)
    _, is_tidy = _outcome_of(housekeeping.run)
    if not (is_fine and is_tidy):
        return ERROR_PAUSE_S
    return 0 if is_busy else IDLE_PAUSE_S


def _rest(
    worker: Worker,
    housekeeping: Housekeeping,
    commits: Commits,
    began: datetime,
    stopped: threading.Event,
) -> None:
    """Wait, after a turn that found nothing, for a commit or the next time something is due."""
    if commits.has_news() or worker.is_waiting or housekeeping.is_waiting:
        return
    until = scheduling.next_due_at(db.session(), began)
    release()
    rest(commits, earliest(until, housekeeping.next_due_at), worker.clock(), stopped)


def _outcome_of(part: Callable[[], bool | None]) -> tuple[bool, bool]:
    """Run a part of the loop; return its answer, and whether it raised nothing."""
    try:
        return bool(part()), True
    except SQLAlchemyError as error:
        log.error("the database failed the worker", extra={"kind": type(error).__name__})
    except Exception as error:  # noqa: BLE001 - the loop goes on with whatever else there is
        faults.report("loop", error)
    return False, False


def worker_for(
    settings: PushSettings, clock: Callable[[], datetime], publish_event: EventPublisher
) -> Worker:
    """Make a worker with the transports that the settings name."""
    worker = _worker_for_phones(settings, clock, publish_event)
    web_push = settings.web_push
    if web_push is None:
        return worker
    worker.sender = RoutedSender(
        worker.sender, lambda: _sender_to_browsers(web_push, settings.ca_file, clock)
    )
    worker.render = worker.intake.render = partial(rendered, worker.render)
    return worker


def _sender_to_browsers(
    settings: WebPush, ca_file: str | None, clock: Callable[[], datetime]
) -> Sender:
    # libcurl: megabytes that a worker without browsers does without.
    from push.transport.webpush import WebPushSender  # noqa: PLC0415

    return WebPushSender(settings, ca_file, clock)


def _worker_for_phones(
    settings: PushSettings, clock: Callable[[], datetime], publish_event: EventPublisher
) -> Worker:
    window, channels = settings.story_window, settings.channels
    if settings.transport == "local" or settings.key_file is None:
        local = partial(template, channels=channels)
        return Worker(LocalSender(clock), clock, publish_event, render=local, story_window=window)
    # The Firebase library: 0.5 s and 23 MB that a worker without a provider does without.
    from push.transport import fcm  # noqa: PLC0415
    from push.transport.encoding import render  # noqa: PLC0415

    sender = fcm.FcmSender(settings.key_file, settings.fcm_url, settings.ca_file, settings.http)
    limit = RateLimit(settings.messages_per_minute, settings.ramp)
    return Worker(
        sender,
        clock,
        publish_event,
        rate_limit=limit,
        render=partial(render, channels=channels),
        story_window=window,
    )
