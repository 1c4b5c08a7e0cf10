"""Runs a WSGI app behind ASGI on a pool of threads.

A thread is held only while the app computes: a client that sends or reads slowly waits in the
event loop. A response that is longer than a part is pulled part by part, each a job of its own.
"""

import asyncio
import contextvars
import io
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from backend.asgi.environ import Environ
from backend.asgi.pool import Overloaded, Pool
from backend.http.fast_path import raw_headers

Send = Callable[[dict[str, Any]], Awaitable[None]]
Wsgi = Callable[[Environ, Any], Iterable[bytes]]

# What one job reads of a response of known length before it is sent.
PART_BYTES = 262_144


class AppFailed(Exception):
    """The app raised `fault` before it answered."""

    def __init__(self, fault: Exception) -> None:
        super().__init__()
        self.fault = fault


async def respond(app: Wsgi, environ: Environ, body: bytes, pool: Pool, send: Send) -> None:
    """Call the app in the pool and send what it answers.

    Raises:
        Overloaded: nothing was called or sent.
        AppFailed: nothing was sent.
    """
    environ |= {"wsgi.input": io.BytesIO(body), "wsgi.input_terminated": True}
    call = Call(app, environ)
    try:
        part = await _first_part(call, pool)
        await send({"type": "http.response.start", "status": call.status, "headers": call.headers})
        while not call.is_read:
            await send({"type": "http.response.body", "body": part, "more_body": True})
            part = await pool.run(call.next_part, is_admitted=True)
        await send({"type": "http.response.body", "body": part})
    finally:
        if call.is_started and not call.is_read:  # the client went away
            await asyncio.shield(pool.run(call.close, is_admitted=True))


@dataclass(slots=True)
class Call:
    """One call of a WSGI app, resumed on whichever thread is free, in one context."""

    app: Wsgi
    environ: Environ
    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    is_started: bool = False
    is_read: bool = False
    _response: Iterable[bytes] = ()
    _chunks: Iterator[bytes] = field(default_factory=lambda: iter(()))
    _part_bytes: int = PART_BYTES
    _context: contextvars.Context = field(default_factory=contextvars.copy_context)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> bytes:
        """Call the app; the first part of its response."""
        self.is_started = True
        return self._alone(self._start)

    def next_part(self) -> bytes:
        return self._alone(self._read_part)

    def close(self) -> None:
        """Release what a response holds that is not read to its end."""
        self._alone(self._close)

    def _alone(self, step: Callable[[], bytes]) -> bytes:
        """A step of a call that was cancelled may still run."""
        with self._lock:
            return self._context.run(step)

    def _start(self) -> bytes:
        self._response = self.app(self.environ, self._start_response)
        self._chunks = iter(self._response)
        return self._read_part()

    def _read_part(self) -> bytes:
        parts, size = [], 0
        try:
            while size < self._part_bytes:
                parts.append(next(self._chunks))
                size += len(parts[-1])
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


async def _first_part(call: Call, pool: Pool) -> bytes:
    try:
        return await pool.run(call.start)
    except Overloaded:
        raise
    except Exception as fault:
        raise AppFailed(fault) from fault
