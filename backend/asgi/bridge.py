"""Runs a WSGI app behind ASGI on a pool of threads.

A thread is held only while the app computes: a client that sends or reads slowly waits in the
event loop, and so does a response that has no news yet. A response that is longer than a part is
pulled part by part, each a job of its own.
"""

import asyncio
import contextvars
import io
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from backend.asgi.body import Departure, Receive
from backend.asgi.environ import Environ
from backend.asgi.pool import Overloaded, Pool
from backend.http.fast_path import raw_headers
from backend.http.waiting import RESUMES, Pause

Send = Callable[[dict[str, Any]], Awaitable[None]]
Wsgi = Callable[[Environ, Any], Iterable[bytes]]

# Bytes of a response of known length that one job reads before they are sent.
PART_BYTES = 262_144


class AppFailed(Exception):
    """The app raised `fault` before it answered."""

    def __init__(self, fault: Exception) -> None:
        super().__init__()
        self.fault = fault


async def respond(
    app: Wsgi,
    environ: Environ,
    body: bytes,
    pool: Pool,
    receive: Receive,
    send: Send,
    network: str = "",
) -> None:
    """Call the app in the pool and send what it answers; the request's body was read.

    The call takes its place in the pool from the share of `network`.

    Raises:
        Overloaded: nothing was called or sent.
        AppFailed: nothing was sent.
        Disconnected: the client went away while it waited for news.
    """
    own = {"wsgi.input": io.BytesIO(body), "wsgi.input_terminated": True, RESUMES: True}
    call = Call(app, environ | own)
    departure = Departure(receive)
    try:
        part = await _first_part(call, pool, network)
        await send({"type": "http.response.start", "status": call.status, "headers": call.headers})
        while not call.is_read:
            if part:
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await departure.not_within(call.pause_s)
            part = await pool.run(call.next_part, network, is_admitted=True)
        await send({"type": "http.response.body", "body": part})
    finally:
        departure.forget()
        if call.is_started and not call.is_read:  # the client went away
            await asyncio.shield(pool.run(call.close, network, is_admitted=True))


@dataclass(slots=True)
class Call:
    """One call of a WSGI app, resumed on whichever thread is free, in one context."""

    app: Wsgi
    environ: Environ
    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    is_started: bool = False
    is_read: bool = False
    # How long to wait before the next part is asked for.
    pause_s: float = 0
    _response: Iterable[bytes] = ()
    _chunks: Iterator[bytes] = field(default_factory=lambda: iter(()))
    _part_bytes: int = PART_BYTES
    _context: contextvars.Context = field(default_factory=contextvars.copy_context)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> bytes:
        """Call the app and return the first part of its response."""
        self.is_started = True
        return self._alone(self._start)

    def next_part(self) -> bytes:
        return self._alone(self._read_part)

    def close(self) -> None:
        """Release what a response holds that is not read to its end."""
        self._alone(self._close)

    def _alone(self, step: Callable[[], bytes]) -> bytes:
        """Run a step under a lock: an earlier step of a cancelled call may still run."""
        with self._lock:
            return self._context.run(step)

    def _start(self) -> bytes:
        self._response = self.app(self.environ, self._start_response)
        self._chunks = iter(self._response)
        return self._read_part()

    def _read_part(self) -> bytes:
        parts, size = [], 0
        self.pause_s = 0
        try:
            while size < self._part_bytes and not self.pause_s:
                parts.append(chunk := next(self._chunks))
                size += len(chunk)
                self.pause_s = chunk.seconds if isinstance(chunk, Pause) else 0
        except StopIteration:
            self._close()
        except BaseException:
            self._close()
            raise
        return b"".join(parts)

    def _close(self) -> bytes:
        self.is_read = True
        close = getattr(self._response, "close", None)
        if close is not None:
            close()
        return b""

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], _exc_info: Any = None
    ) -> Callable[[bytes], None]:
        self.status, self.headers = int(status.partition(" ")[0]), raw_headers(headers)
        if not any(name == b"content-length" for name, _ in self.headers):
            self._part_bytes = 1  # a stream: each chunk leaves as it comes
        return _refuse_write


def _refuse_write(_data: bytes) -> None:
    raise NotImplementedError("WSGI's write() is not supported: answer with an iterable")


async def _first_part(call: Call, pool: Pool, network: str) -> bytes:
    try:
        return await pool.run(call.start, network)
    except Overloaded:
        raise
    except Exception as fault:
        raise AppFailed(fault) from fault
