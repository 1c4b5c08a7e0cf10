"""Renders what each phone got, as raw messages on one page. Pure: messages in, HTML out.

The stand-in for FCM and the phone simulator show it; neither has it in production.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

import jinja2
import orjson

MOST = 200  # what a page holds of all phones together


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A message as a phone got it; `name` is its own on the page, `told` are its headers."""

    name: str
    phone: str
    at: datetime
    message: Mapping[str, Any]
    told: Mapping[str, str] = field(default_factory=dict)


def bench_page(newest_first: Sequence[Received], total: int, *, about: str) -> str:
    """Render the messages by phone, in the given order; `total` counts those left out, too."""
    phones: dict[str, list[Mapping[str, Any]]] = {}
    for one in newest_first:
        phones.setdefault(one.phone, []).append(_shown(one))
    return _template().render(phones=phones, shown=len(newest_first), total=total, about=about)


@cache
def policy() -> str:
    """Return the page's Content-Security-Policy: its own script and style, by their digests."""
    return (
        f"default-src 'none'; script-src '{_digest('bench.js')}'; "
        f"style-src '{_digest('bench.css')}'; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _shown(one: Received) -> Mapping[str, Any]:
    raw = orjson.dumps(one.message, option=orjson.OPT_INDENT_2).decode()
    return {"name": one.name, "at": one.at, "told": one.told, "raw": raw}


def _digest(name: str) -> str:
    digest = hashlib.sha256(_text(name).encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.globals |= {"style": _text("bench.css"), "script": _text("bench.js")}
    return environment.from_string(_text("bench.html"))


def _text(name: str) -> str:
    return resources.files("push").joinpath("templates", "bench", name).read_text("utf-8")
