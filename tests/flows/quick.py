"""An app as the worker meets it: some answers in memory, some that take their time."""

import os
import time
from pathlib import Path

from flask import Flask, Response, request

from backend.http.fast_path import AT_ONCE, EarlyAnswer, Environ, answer_early

LONG = b"a long answer " * 1_000_000
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


def early(environ: Environ) -> EarlyAnswer | None:
    path = environ["PATH_INFO"]
    if path == "/fault" and AT_ONCE in environ:
        raise RuntimeError("a fault at once")
    if path == "/later" and AT_ONCE not in environ:
        return _answer(b"asked again")
    return _answer({"/quick": b"from memory", "/long": LONG}[path]) if path in MEMORY else None


MEMORY = {"/quick", "/long"}


def _answer(body: bytes) -> EarlyAnswer:
    headers = (("Content-Type", "text/plain"), ("Content-Length", str(len(body))))
    return EarlyAnswer("/quick", "200 OK", headers, body)


answer_early(app, early)
