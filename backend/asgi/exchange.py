"""One request with a body and its answer; the connection ends with an answer that came before the
body's end.

What is still on its way would be read as the next request, or had to be read to its end for
nothing. To close a connection with unread bytes resets it, and their sender could not read why it
was refused: so some of it is read and thrown away first (RFC 9112, 9.3 and 9.6).
"""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

from backend.asgi.body import Receive
from backend.asgi.bridge import Send

LINGER = timedelta(seconds=2)
MOST_THROWN_AWAY_BYTES = 8_000_000
CLOSE = (b"connection", b"close")


class Exchange:
    """Passes on messages of client and app; ends the connection if the body was not read."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._is_read = False
        self._is_ending = False

    async def receive(self) -> dict[str, Any]:
        message = await self._receive()
        if not message.get("more_body", False):  # the end, or the client is gone
            self._is_read = True
        return message

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start" and not self._is_read:
            self._is_ending = True
            message = {**message, "headers": [*message["headers"], CLOSE]}
        elif self._is_ending:  # the server closes the connection behind the end
            message = {**message, "more_body": True}
        await self._send(message)

    async def end(self) -> None:
        """Throw away an unread body for a while, in which its sender can read the answer."""
        if not self._is_ending:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER.total_seconds()):
                await self._throw_away()
        await self._send({"type": "http.response.body", "body": b""})

    async def _throw_away(self) -> None:
        left_bytes = MOST_THROWN_AWAY_BYTES
        while not self._is_read and left_bytes > 0:
            left_bytes -= len((await self.receive()).get("body", b""))
