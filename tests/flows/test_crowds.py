"""Crowds that read slowly, half close or say nothing keep nobody waiting: plain and behind nginx.

The server has one thread: a connection that held it would leave all others without an answer.
"""

import resource
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from push.standin.certificate import write_certificate
from tests.flows.quick import LONG, STREAMED
from tests.flows.test_server import CLOSE, HOST, OURS, TIMEOUT_S, read_all, serving
from tests.push import real_servers

pytestmark = pytest.mark.slow

IDLE = 1_200
# Fewer than the queue before the one thread holds.
SLOW, HALF = 24, 20
FILES = 8_192
VIEW = b"GET /view HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n"
BEGUN = b"POST /view HTTP/1.1\r\n" + HOST + b"Content-Length: 100\r\n\r\nbody"


@dataclass(frozen=True)
class Way:
    """How clients reach the server."""

    port: int
    secure: Callable[[socket.socket], socket.socket] = lambda connection: connection

    def bare(self) -> socket.socket:
        """A connection on which nothing was said, over TLS no handshake either."""
        connection = socket.socket()
        # Little of an answer fits into the connection of who does not read.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.settimeout(TIMEOUT_S)
        connection.connect(("127.0.0.1", self.port))
        return connection

    def asked(self, request: bytes) -> socket.socket:
        connection = self.secure(self.bare())
        connection.sendall(request)
        return connection

    def begun(self, request: bytes) -> tuple[socket.socket, bytes]:
        """With the beginning of its answer. Who is told to come again does: other tests may keep
        the server from being on time.
        """
        until = time.monotonic() + TIMEOUT_S
        while True:
            connection = self.asked(request)
            answer = connection.recv(100)
            if not answer.startswith(b"HTTP/1.1 503 ") or time.monotonic() > until:
                return connection, answer
            connection.close()
            time.sleep(0.1)

    def answers(self) -> bool:
        connection, answer = self.begun(VIEW)
        with connection:
            return (answer + read_all(connection)).endswith(b"a view")


@pytest.fixture(scope="module", params=["plain", "nginx with TLS"])
def way(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(FILES, hard)), hard))
    folder = tmp_path_factory.mktemp("crowds")
    with serving(folder, OURS) as server:
        if request.param == "plain":
            yield Way(server.port)
            return
        nginx = real_servers.nginx(connections=FILES // 2)
        real_servers.demand(nginx)
        files = write_certificate(folder, now=datetime.now(UTC))
        place = real_servers.place_for(folder, server.port, *files)
        trusting = ssl.create_default_context(cafile=str(place.certificate))
        trusting.options |= ssl.OP_IGNORE_UNEXPECTED_EOF
        with real_servers.running(nginx, place):
            yield Way(
                place.port,
                lambda connection: trusting.wrap_socket(connection, server_hostname="127.0.0.1"),
            )


@pytest.fixture
def crowd() -> Iterator[ExitStack]:
    """Closes their connections."""
    with ExitStack() as connections:
        yield connections


@pytest.mark.parametrize(
    ("path", "whole"), [(b"/long", len(LONG)), (b"/stream", STREAMED * len(b"one of many"))]
)
def test_who_reads_large_answers_slowly_keeps_nobody_waiting(
    way: Way, crowd: ExitStack, path: bytes, whole: int
) -> None:
    request = b"GET %b HTTP/1.1\r\n" % path + HOST + CLOSE + b"\r\n"
    slow = []
    for _ in range(SLOW):
        connection, answer = way.begun(request)
        slow.append(crowd.enter_context(connection))
        assert answer.startswith(b"HTTP/1.1 200")

    assert way.answers()
    slow[0].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    assert len(read_all(slow[0])) > whole, "and whoever goes on has all of it"


@pytest.mark.parametrize("request_", [b"", b"GET /vi", VIEW[:-2], BEGUN, VIEW], ids=len)
def test_half_closed_connections_end_and_keep_nobody_waiting(
    way: Way, crowd: ExitStack, request_: bytes
) -> None:
    half = [crowd.enter_context(way.asked(request_)) for _ in range(HALF)]
    for connection in half:
        socket.socket.shutdown(connection, socket.SHUT_WR)

    assert way.answers()
    for connection in half:
        with suppress(ConnectionError):  # reset is an end as well
            read_all(connection)


def test_many_idle_connections_keep_nobody_waiting(way: Way, crowd: ExitStack) -> None:
    for _ in range(IDLE):
        crowd.enter_context(way.bare())
    for _ in range(SLOW):
        connection, answer = way.begun(VIEW.replace(CLOSE, b""))
        crowd.enter_context(connection)
        assert answer.startswith(b"HTTP/1.1 200")

    assert way.answers()
