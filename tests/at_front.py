"""Asks an app through its ASGI front, without a server."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from flask import Flask

from backend.asgi.front import front_of
from tests.coroutines import run

# What differs from one answer to the next.
_OWN = {"date", "x-request-id", "ratelimit"}


class Asked(NamedTuple):
    method: str
    path: str
    document: Any = None
    headers: Mapping[str, str] = {}


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def shared(self) -> tuple[int, Mapping[str, str], bytes]:
        """What the same request is answered again."""
        kept = {name: value for name, value in self.headers.items() if name not in _OWN}
        return self.status, kept, self.body


def at_once(app: Flask, *requests: Asked, late_s: float = 0) -> list[Answer]:
    """All of them under way together, in an event loop that is so late."""

    async def ask_all() -> Sequence[Answer]:
        front = front_of(app)
        front.lag.seconds = late_s
        return await asyncio.gather(*(_answer(front, each) for each in requests))

    return list(run(ask_all()))


async def _answer(front: Any, asked: Asked) -> Answer:
    body = b"" if asked.document is None else orjson.dumps(asked.document)
    path, _, query = asked.path.partition("?")
    own = {"content-type": "application/json", "content-length": str(len(body))} if body else {}
    headers = {"host": "news.test", **own, **asked.headers}
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": asked.method,
        "scheme": "http",
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 50_000),
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await front(scope, receive, send)
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], found, b"".join(each.get("body", b"") for each in sent))
