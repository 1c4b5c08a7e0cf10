"""An ASGI application that accepts every message, and writes down which ones."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        return
    body = b""
    more = True
    while more:
        event = await receive()
        body += event.get("body", b"")
        more = event.get("more_body", False)
    with Path(os.environ["MESSAGES"]).open("a", encoding="utf-8") as file:
        file.write(json.loads(body)["message"]["token"] + "\n")
    await asyncio.sleep(0.02)
    answer = b'{"name": "projects/standin/messages/1"}'
    length = (b"content-length", str(len(answer)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": answer})
