"""libcurl told everything that a server may say: one answer for each request, and no surprise."""

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from push.transport.curl import Curl
from push.transport.http2 import MAX_ANSWER_BYTES
from push.transport.outcome import Answer, classify

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
EMPTY = b"Content-Length: 0\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\n"


class Says:
    """Reads a request on each connection, and answers with these bytes."""

    def __init__(self) -> None:
        self.said = b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}/send"

    def serve(self) -> None:
        while True:
            peer, _ = self.listener.accept()
            with peer:
                if b"{}" not in self.read(peer):
                    return
                peer.sendall(self.said)

    def read(self, peer: socket.socket) -> bytes:
        found = b""
        while not found.endswith(b"{}") and (data := peer.recv(65_536)):
            found += data
        return found

    def stop(self) -> None:
        socket.create_connection(self.listener.getsockname()).close()
        self.thread.join()
        self.listener.close()


@pytest.fixture
def server() -> Iterator[Says]:
    server = Says()
    yield server
    server.stop()


def ask(server: Says) -> Answer:
    curl = Curl(server.url, None)
    curl.start("key", "token", b"{}")
    found: list[tuple[str, Answer]] = []
    for _ in range(100):
        found += curl.collect(0.1)
        if found:
            break
    found += curl.collect(0)
    curl.close()
    assert [key for key, _ in found] == ["key"]
    return found[0][1]


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (HEAD + b'Content-Length: 13\r\n\r\n{"name": "n"}', "accepted"),
        (HEAD + b"Content-Length: 5\r\n\r\nhello", "ambiguous"),
        (HEAD + b'Content-Length: 99\r\n\r\n{"name": "n"}', "ambiguous"),
        (b"", "ambiguous"),
        (b"no HTTP at all\r\n\r\n", "ambiguous"),
        (b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n", "later"),
        (b"HTTP/1.1 000 Odd\r\nContent-Length: 0\r\n\r\n", "ambiguous"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", "ambiguous"),
        (b"HTTP/1.1 503 Busy\r\nRetry-After: \xb2\r\n" + EMPTY, "later"),
        (b"HTTP/1.1 429 Busy\r\nRetry-After: %s\r\n" % (b"9" * 999) + EMPTY, "later"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\n" + EMPTY, "ours"),
    ],
)
def test_each_request_has_one_answer(server: Says, said: bytes, kind: str) -> None:
    server.said = said

    assert classify(ask(server), NOW).kind == kind


def test_of_an_endless_body_the_beginning_is_kept(server: Says) -> None:
    server.said = HEAD + b"Content-Length: 1000000\r\n\r\n" + bytes(1_000_000)

    answer = ask(server)

    assert (answer.status, len(answer.body)) == (200, MAX_ANSWER_BYTES)
