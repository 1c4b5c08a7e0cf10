"""A Flask app whose only views answer a constant: what nothing built on Flask can beat by much."""

import os
from functools import cache
from pathlib import Path

from flask import Flask, Response

app = Flask(__name__)
LOCATION = "https://apps.apple.com/app/id123456789?pt=118325&ct=spring&mt=8"
BODY = b'{"applinks":{"details":[]}}' + b" " * 1000
# A page of the feed that it is compared with.
PAGE = Path(os.environ.get("BARE_PAGE", os.devnull)).read_bytes()


@app.get("/download")
def download() -> Response:
    """The redirect"""
    return Response(status=302, headers={"Location": LOCATION, "Cache-Control": "no-store"})


@app.get("/.well-known/apple-app-site-association")
def association() -> Response:
    """A document of about the real size"""
    return Response(BODY, mimetype="application/json")


@app.get("/feed")
def feed() -> Response:
    """A page of a feed"""
    return Response(PAGE, mimetype="application/json")


@app.get("/constant/<int:size_bytes>")
def constant(size_bytes: int) -> Response:
    """So many bytes"""
    return Response(_constant(size_bytes), mimetype="application/json")


@app.get("/unchanged")
def unchanged() -> Response:
    """The answer to whoever has the page already"""
    return Response(status=304)


@cache
def _constant(size_bytes: int) -> bytes:
    return b"x" * size_bytes
