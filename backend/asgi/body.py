"""Reads bodies in the event loop before a thread is taken, bounded in size, time, rate and memory,
and notices that a client went away.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from backend.asgi.environ import Environ, announced_bytes

Receive = Callable[[], Awaitable[dict[str, Any]]]

WITHIN = timedelta(seconds=30)
# A phone in a tunnel sends nothing for some seconds; after this a body that trickles is given up.
PATIENCE = timedelta(seconds=10)
LEAST_BYTES_PER_S = 1000
MOST_PARTS = 10_000
# Of all bodies of one process that are being read or answered, and of those of one network: what
# one may take leaves room for an editor's alert.
MOST_HELD_BYTES = 64_000_000
MOST_OF_ONE_BYTES = MOST_HELD_BYTES // 4


class Disconnected(Exception):
    """The client went away before it had sent its request, or before it had its answer."""


class TooSlow(Exception):
    """The body did not come within its time: too slowly or not at all."""


class TooManyParts(Exception):
    """The body comes in very small parts, each of which costs as much as a kilobyte."""


class TooMany(Exception):
    """Other bodies fill the memory that is set aside for all of them, or for those of a network."""


class Bodies:
    """Reads bodies of at most `limit_bytes`, and bounds how much all of them hold."""

    def __init__(
        self,
        limit_bytes: int,
        *,
        within: timedelta = WITHIN,
        patience: timedelta = PATIENCE,
        most_held_bytes: int = MOST_HELD_BYTES,
        most_of_one_bytes: int = MOST_OF_ONE_BYTES,
    ) -> None:
        self._limit_bytes = limit_bytes
        self._within_s = within.total_seconds()
        self._patience_s = patience.total_seconds()
        self._most_held_bytes = most_held_bytes
        self._most_of_one_bytes = most_of_one_bytes
        self._held_bytes: Counter[str] = Counter()

    def is_too_long(self, environ: Environ) -> bool:
        """Whether it is announced as too long; Flask refuses it unread, after authentication."""
        return (announced_bytes(environ) or 0) > self._limit_bytes

    @asynccontextmanager
    async def held(self, receive: Receive, network: str = "") -> AsyncIterator[bytes]:
        """Read a body and hold it; of one without a length at most a byte more than the limit.

        Raises:
            TooSlow, TooMany, TooManyParts: the refusal.
            Disconnected: nobody waits for an answer.
        """
        # Not a list of parts: of two bytes each they would take twenty times their room.
        body = bytearray()
        try:
            await self._gather(body, receive, network)
            yield bytes(body)
        finally:
            self._held_bytes -= Counter({network: len(body)})

    async def _gather(self, body: bytearray, receive: Receive, network: str) -> None:
        loop = asyncio.get_running_loop()
        started, parts, more = loop.time(), 0, True
        try:
            async with asyncio.timeout_at(started + self._allowed_s(0)) as deadline:
                while more and len(body) <= self._limit_bytes:
                    message, parts = await receive(), parts + 1
                    if message["type"] == "http.disconnect":
                        raise Disconnected
                    if parts > MOST_PARTS:
                        raise TooManyParts
                    part = message.get("body", b"")[: self._limit_bytes + 1 - len(body)]
                    self._hold(part, network)
                    body += part
                    more = message.get("more_body", False)
                    deadline.reschedule(started + self._allowed_s(len(body)))
        except TimeoutError as fault:
            raise TooSlow from fault

    def _allowed_s(self, read_bytes: int) -> float:
        """Return how long a body may have taken by the time that so much of it was read."""
        return min(self._within_s, self._patience_s + read_bytes / LEAST_BYTES_PER_S)

    def _hold(self, part: bytes, network: str) -> None:
        size = len(part)
        is_full = self._held_bytes.total() + size > self._most_held_bytes
        if is_full or self._held_bytes[network] + size > self._most_of_one_bytes:
            raise TooMany
        self._held_bytes[network] += size


class Departure:
    """Notices during pauses that a client whose body was read went away."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._gone: asyncio.Task[None] | None = None

    async def not_within(self, seconds: float) -> None:
        """Wait for so many seconds.

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
