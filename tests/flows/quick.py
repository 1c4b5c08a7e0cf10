"""An app as the worker meets it: some answers in memory, some that take their time."""

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from flask import Flask, Response, request

from backend.asgi.accepting import TOO_LATE_S
from backend.asgi.front import Front
from backend.http import waiting
from backend.http.fast_path import NON_BLOCKING, Environ, FastResponse, register
from backend.http.waiting import Pause, waiting_response
from tests.waiting import PATIENCE_S

STREAMED = 500
LONG = b"a long answer " * 1_000_000
WAITING: list[bool] = []
STALL_S = TOO_LATE_S + 0.1
# While it is there, `/slow` does not answer.
BUSY = Path(os.environ.get("BUSY", os.devnull))

app = Flask(__name__)


@app.get("/slow")
def slow() -> str:
    until = time.monotonic() + 20
    while BUSY.exists() and time.monotonic() < until:
        time.sleep(0.01)
    return "at last"


@app.route("/view", methods=["GET", "POST"])
def view() -> Response:
    return Response(request.get_data() or b"a view", mimetype="text/plain")


@app.get("/fault")
def fault() -> str:
    return "the view stands in"


@app.get("/echo")
def echo() -> dict[str, str]:
    return dict(sorted((name.lower(), value) for name, value in request.headers))


@app.get("/stream")
def stream() -> Response:
    chunks = (b"one of many" + b"." * 10_000 for _ in range(STREAMED))
    return Response(chunks, mimetype="text/plain")


@app.get("/news")
def news() -> Response:
    """Has none for a minute."""
    return waiting_response(_news(), "text/plain")


@app.get("/waiting")
def waiting_now() -> str:
    return f"{len(WAITING)} wait"


def _news() -> Iterator[bytes]:
    WAITING.append(True)
    try:
        yield from (b"wait", Pause(60), b"news")
    finally:
        WAITING.pop()


def early(environ: Environ) -> FastResponse | None:
    path = environ["PATH_INFO"]
    if path == "/fault" and NON_BLOCKING in environ:
        raise RuntimeError("a fault at once")
    if path == "/stall" and NON_BLOCKING in environ:
        time.sleep(STALL_S)  # in the event loop
    if path == "/later" and NON_BLOCKING not in environ:
        return _answer(b"asked again")
    return _answer(LONG if path == "/long" else b"from memory") if path in MEMORY else None


MEMORY = {"/quick", "/long", "/stall"}


def _answer(body: bytes) -> FastResponse:
    headers = (("Content-Type", "text/plain"), ("Content-Length", str(len(body))))
    return FastResponse("/quick", "200 OK", headers, body)


register(app, early)
waiting.init_app(app, threads=1)
asgi = Front(
    app,
    threads=int(os.environ.get("WEB_THREADS", "8")),
    body_limit_bytes=1_000_000,
    patience=timedelta(seconds=PATIENCE_S),  # of two seconds a busy machine may miss both
)
