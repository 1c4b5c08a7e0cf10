"""Connections at the door: many a turn, and told at once to come back while the loop is late."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import pytest
import uvloop

from backend.asgi.accepting import ACCEPTED_AT_ONCE, TOO_LATE_S, Listener
from backend.asgi.lag import LoopLag
from tests.coroutines import off_main_thread

ARTICLE = b"GET /v1/articles/1 HTTP/1.1\r\nHost: news.example\r\n\r\n"
FIRST = {
    "health": b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "metrics": b"GET /metrics?x=1 HTTP/1.1\r\nHost: x\r\n\r\n",
    "newsroom": b"PUT /v1/newsroom/articles/a/1 HTTP/1.1\r\nAuthorization: Bearer k\r\n\r\n",
}
LET_IN = b"let in"


class Late(LoopLag):
    def notice(self) -> float:
        return TOO_LATE_S + 0.1


class ClosingLag(LoopLag):
    """The door closes in the turn in which it lets somebody in."""

    listener: Listener

    def notice(self) -> float:
        self.listener.close()
        return 0


class Greeting(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(LET_IN)


class Kept(asyncio.Protocol):
    """Ends when it is told that the server stops."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def shutdown(self) -> None:
        self._transport.close()


class Door:
    """A listening socket and those who come."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        sock.listen(4_096)
        sock.setblocking(False)
        self._stack = ExitStack()
        self._stack.enter_context(sock)

    def comer(self, said: bytes = ARTICLE) -> socket.socket:
        found = self._stack.enter_context(socket.socket(self.sock.family))
        found.settimeout(5)
        found.connect(self.sock.getsockname())
        found.sendall(said)
        return found

    def close(self) -> None:
        self._stack.close()


@pytest.fixture(params=["tcp", "unix"])
def door(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Door]:
    if request.param == "tcp":
        sock = socket.socket()
        sock.bind(("127.0.0.1", 0))
    else:
        sock = socket.socket(socket.AF_UNIX)
        sock.bind(str(tmp_path / "door"))
    found = Door(sock)
    yield found
    found.close()


def heard(comer: socket.socket) -> bytes:
    """All that it is told until the connection ends, which is never reset."""
    return b"".join(iter(lambda: comer.recv(65_536), b""))


def greeted(comer: socket.socket) -> bytes:
    return comer.recv(len(LET_IN))


def run(door: Door, lag: LoopLag, then: Callable[[Listener], Awaitable[Any]]) -> Any:
    async def opened() -> Any:
        listener = Listener(door.sock, Greeting, None, lag)
        try:
            return await then(listener)
        finally:
            listener.close()
            await listener.wait_closed()

    return off_main_thread(uvloop.run, opened())


def test_more_than_a_turn_accepts_are_all_let_in(door: Door) -> None:
    comers = [door.comer() for _ in range(ACCEPTED_AT_ONCE + 50)]

    async def all_heard(_: Listener) -> list[bytes]:
        return [await asyncio.to_thread(greeted, each) for each in comers]

    assert set(run(door, LoopLag(), all_heard)) == {LET_IN}


def test_who_comes_while_the_loop_is_late_is_told_so_and_not_reset(door: Door) -> None:
    comer = door.comer()

    answer = run(door, Late(), lambda _: asyncio.to_thread(heard, comer))

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: 2" in head
    assert b"Connection: close" in head
    assert b'"status": 503' in body
    assert f"Content-Length: {len(body)}".encode() in head


@pytest.mark.parametrize("said", [*FIRST.values(), b""], ids=[*FIRST, "nothing yet"])
def test_what_goes_first_is_let_in_however_late_it_is(door: Door, said: bytes) -> None:
    comer = door.comer(said)

    assert run(door, Late(), lambda _: asyncio.to_thread(greeted, comer)) == LET_IN


def test_a_path_of_the_newsroom_without_a_key_is_told_to_come_back(door: Door) -> None:
    comer = door.comer(b"GET /v1/newsroom/articles HTTP/1.1\r\nHost: x\r\n\r\n")

    assert b"503" in run(door, Late(), lambda _: asyncio.to_thread(heard, comer))


def test_who_comes_after_the_door_closed_is_left_to_who_listens_on(door: Door) -> None:
    async def closed(listener: Listener) -> None:
        listener.close()

    run(door, LoopLag(), closed)
    comer = door.comer()

    assert run(door, LoopLag(), lambda _: asyncio.to_thread(greeted, comer)) == LET_IN


def test_who_is_let_in_while_the_door_closes_is_told_so(door: Door) -> None:
    """The server told all whom it knew."""
    comer = door.comer()

    async def closed() -> bytes:
        listener = Listener(door.sock, Kept, None, lag := ClosingLag())
        lag.listener = listener
        return await asyncio.to_thread(heard, comer)

    assert off_main_thread(uvloop.run, closed()) == b""


def test_who_went_away_disturbs_nobody(door: Door) -> None:
    door.comer().close()
    comer = door.comer()

    assert b"503" in run(door, Late(), lambda _: asyncio.to_thread(heard, comer))
