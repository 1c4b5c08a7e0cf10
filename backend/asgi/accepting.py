"""Accepts connections for the worker: many in a turn of the loop, or refuses them when it is late.

libuv accepts one connection a turn, and a loop with much to do turns seldom: new ones would wait
for seconds to be accepted. Once even accepted ones wait for more than a second, new ones are
refused at once, for a fraction of what a request costs.
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from backend.asgi import metrics
from backend.asgi.admission import RETRY_AFTER_S, TOO_MUCH, is_first
from backend.asgi.lag import LoopLag
from backend.asgi.refusals import raw_refusal

Protocols = Callable[[], asyncio.Protocol]

# Most connections in one turn; the rest is left to the next one, and to other listening processes.
ACCEPTED_AT_ONCE, REFUSED_AT_ONCE = 256, 2_048
# How late the loop is when connections are refused: even answers from memory wait as long by then.
TOO_LATE_S = 1.0
# After so long there may be room for another open file.
PAUSE_S = 0.1
HEAD_BYTES = 65_536
RETRY = (("Retry-After", str(RETRY_AFTER_S)),)


class Listener:
    """The server that a worker asks the loop for: accepts connections until it is closed."""

    def __init__(self, sock: socket.socket, protocols: Protocols, ssl: Any, lag: LoopLag) -> None:
        self._sock, self._protocols, self._ssl, self._lag = sock, protocols, ssl, lag
        self._loop = asyncio.get_running_loop()
        self._coming = set[asyncio.Task[None]]()
        self._is_closed = False
        self._listen()

    def close(self) -> None:
        """Stop accepting; connections that wait are left to other processes that listen."""
        self._is_closed = True
        self._loop.remove_reader(self._sock)

    async def wait_closed(self) -> None:
        if self._coming:
            await asyncio.wait(self._coming)

    def _listen(self) -> None:
        if not self._is_closed:
            self._loop.add_reader(self._sock, self._accept)

    def _accept(self) -> None:
        is_late = self._lag.notice() > TOO_LATE_S
        for _ in range(REFUSED_AT_ONCE if is_late else ACCEPTED_AT_ONCE):
            try:
                connection, _ = self._sock.accept()
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionAbortedError:  # the client went away
                continue
            except OSError:  # too many open files
                self._loop.remove_reader(self._sock)
                self._loop.call_later(PAUSE_S, self._listen)
                return
            if not (is_late and _is_refused(connection)):
                self._coming.add(task := self._loop.create_task(self._let_in(connection)))
                task.add_done_callback(self._coming.discard)

    async def _let_in(self, connection: socket.socket) -> None:
        with suppress(OSError):  # it went away
            protocol: Any
            _, protocol = await self._loop.connect_accepted_socket(
                self._protocols, connection, ssl=self._ssl
            )
            if self._is_closed:  # the server has told all the others by now
                protocol.shutdown()


def accept_for(loop: Any, lag: LoopLag) -> None:
    """Have the loop create servers that accept connections this way."""

    async def create_server(
        protocols: Protocols, *, sock: socket.socket, ssl: Any = None, **_: Any
    ) -> Listener:
        return Listener(sock, protocols, ssl, lag)

    loop.create_server = create_server


def _is_refused(connection: socket.socket) -> bool:
    """Refuse and close a connection, unless its request is served under any load.

    All that came is read first: to close a connection with unread bytes resets it.
    """
    try:
        head = connection.recv(HEAD_BYTES, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        if _is_first(head):
            return False
        connection.recv(HEAD_BYTES, socket.MSG_DONTWAIT)
        connection.send(raw_refusal(*TOO_MUCH, RETRY), socket.MSG_DONTWAIT)
    except BlockingIOError:  # nothing is asked yet
        return False
    except OSError:  # it went away
        pass
    connection.close()
    metrics.count_refusal("overloaded")
    return True


def _is_first(head: bytes) -> bool:
    path = head.partition(b" ")[2].partition(b" ")[0].partition(b"?")[0]
    return is_first(path.decode("latin-1"), has_key=b"\nauthorization:" in head.lower())
