"""What a client sends: bodies, read in the event loop before a thread is taken, bounded in size
and time; and that it went away.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from backend.asgi.environ import Environ, has_body

Receive = Callable[[], Awaitable[dict[str, Any]]]

WITHIN = timedelta(seconds=30)
# Of all bodies of one process that are being read or answered.
MOST_HELD_BYTES = 64_000_000
# How long a refused body is read and thrown away: to close a connection with unread bytes resets
# it, and its sender could not read why it was refused (RFC 9112, section 9.6).
LINGER = timedelta(seconds=2)


class Disconnected(Exception):
    """The client went away before it had sent its request, or before it had its answer."""


class TooSlow(Exception):
    """The body did not come within its time, a byte a second or not at all."""


class TooMany(Exception):
    """Other bodies fill the memory that is set aside for them."""


class Bodies:
    """Reads bodies of at most `limit_bytes`, and bounds how much all of them hold."""

    def __init__(
        self,
        limit_bytes: int,
        *,
        within: timedelta = WITHIN,
        most_held_bytes: int = MOST_HELD_BYTES,
    ) -> None:
        self._limit_bytes = limit_bytes
        self._within_s = within.total_seconds()
        self._most_held_bytes = most_held_bytes
        self._held_bytes = 0

    def is_too_long(self, environ: Environ) -> bool:
        """By its own word; then none of it is read, and Flask refuses it after authentication."""
        length = environ.get("CONTENT_LENGTH", "")
        return length.isdecimal() and int(length) > self._limit_bytes

    async def read(self, environ: Environ, receive: Receive) -> bytes:
        """The body, to be given to `release`; of one without a length a byte more than the limit.

        Raises:
            TooSlow, TooMany: the refusal.
            Disconnected: nobody waits for an answer.
        """
        if not has_body(environ) or self.is_too_long(environ):
            return b""
        parts: list[bytes] = []
        try:
            async with asyncio.timeout(self._within_s):
                await self._gather(parts, receive)
        except BaseException as fault:
            self._held_bytes -= sum(map(len, parts))
            if isinstance(fault, TimeoutError):
                raise TooSlow from fault
            raise
        return b"".join(parts)

    def release(self, body: bytes) -> None:
        self._held_bytes -= len(body)

    async def _gather(self, parts: list[bytes], receive: Receive) -> None:
        left, more = self._limit_bytes + 1, True
        while more and left > 0:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Disconnected
            part, more = message.get("body", b"")[:left], message.get("more_body", False)
            if self._held_bytes + len(part) > self._most_held_bytes:
                raise TooMany
            parts.append(part)
            left -= len(part)
            self._held_bytes += len(part)


class Departure:
    """Notices during pauses that a client whose body was read went away."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._gone: asyncio.Task[None] | None = None

    async def not_within(self, seconds: float) -> None:
        """Wait so long.

        Raises:
            Disconnected: the client went away meanwhile.
        """
        if self._gone is None:
            self._gone = asyncio.create_task(self._until_gone())
        done, _ = await asyncio.wait({self._gone}, timeout=seconds)
        if done:
            raise Disconnected

    def forget(self) -> None:
        if self._gone is not None:
            self._gone.cancel()

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


async def linger(receive: Receive) -> None:
    """Discard what still comes of a body that was answered unread, for a short time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER.total_seconds()):
            while (await receive()).get("more_body", False):
                pass
