"""What is in memory is answered where it arrives, and nobody sees another difference."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.flows.quick import LONG
from tests.flows.running import ROOT, free_port

TIMEOUT_S = 20
OURS = "backend.gunicorn_worker.Worker"
HOST = b"Host: news.example\r\n"
CLOSE = b"Connection: close\r\n"
# Each ends in a request after which the server closes.
REQUESTS = {
    "in memory": b"GET /quick HTTP/1.1\r\n%b%b\r\n",
    "a head": b"HEAD /quick HTTP/1.1\r\n%b%b\r\n",
    "by a view": b"GET /view HTTP/1.1\r\n%b%b\r\n",
    "not at once": b"GET /later HTTP/1.1\r\n%b%b\r\n",
    "a fault at once": b"GET /fault HTTP/1.1\r\n%b%b\r\n",
    "nowhere": b"GET /nowhere HTTP/1.1\r\n%b%b\r\n",
    "two at once": b"GET /quick HTTP/1.1\r\nHost: a\r\n\r\nGET /view HTTP/1.1\r\n%b%b\r\n",
    "with a body": b"GET /quick HTTP/1.1\r\nContent-Length: 4\r\n%b%b\r\nbody",
    "posted": b"POST /view HTTP/1.1\r\nContent-Length: 4\r\n%b%b\r\nbody",
    "in chunks": b"GET /quick HTTP/1.1\r\nTransfer-Encoding: chunked\r\n%b%b\r\n"
    b"1\r\nx\r\n0\r\n\r\n",
    "expecting": b"GET /quick HTTP/1.1\r\nExpect: 100-continue\r\n%b%b\r\n",
    "a query": b"GET /quick?a=%%20b HTTP/1.1\r\n%b%b\r\n",
    "repeated headers": b"GET /quick HTTP/1.1\r\nX-One: 1\r\nX-One: 2\r\n%b%b\r\n",
    "a long head": b"GET /quick HTTP/1.1\r\nX-Long: "
    + b"y" * 7_900
    + b"\r\nX-More: "
    + b"z" * 900
    + b"\r\n%b%b\r\n",
}
OLD = {
    "HTTP/1.0": b"GET /quick HTTP/1.0\r\n\r\n",
    "HTTP/1.0 kept, then closed": b"GET /quick HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    b"GET /quick HTTP/1.0\r\n\r\n",
}
RAW = {name: text % (HOST, CLOSE) for name, text in REQUESTS.items()} | OLD


class Server:
    """The app under a worker class, with one process and one thread."""

    def __init__(self, folder: Path, worker: str) -> None:
        self.busy = folder / "busy"
        self.port = free_port()
        environ = os.environ | {
            "PORT": str(self.port),
            "BUSY": str(self.busy),
            "WEB_WORKERS": "1",
            "WEB_THREADS": "1",
        }
        command = [sys.executable, "-m", "gunicorn", "-c", "python:backend.gunicorn_conf"]
        command += ["--worker-class", worker, "tests.flows.quick:app"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environ, stderr=(folder / "log").open("w")
        )

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), TIMEOUT_S)

    def answer(self, request: bytes) -> bytes:
        """All that comes until the server closes."""
        with self.connect() as connection:
            connection.sendall(request)
            return read_all(connection)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(TIMEOUT_S)


@contextmanager
def serving(folder: Path, worker: str) -> Iterator[Server]:
    server = Server(folder, worker)
    try:
        wait_for(server)
        yield server
    finally:
        server.busy.unlink(missing_ok=True)
        server.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("ours"), OURS) as found:
        yield found


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("plain"), "gthread") as found:
        yield found


@pytest.mark.parametrize("request_", RAW.values(), ids=RAW)
def test_every_request_gets_what_the_usual_worker_answers(
    server: Server, plain: Server, request_: bytes
) -> None:
    ours = steady(server.answer(request_))

    assert ours.startswith(b"HTTP/1.")
    assert ours == steady(plain.answer(request_))


@pytest.mark.parametrize("request_", RAW.values(), ids=RAW)
def test_a_request_may_come_in_pieces(server: Server, request_: bytes) -> None:
    whole = steady(server.answer(request_))
    with server.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(request_), max(7, len(request_) // 40)):
            connection.sendall(request_[at : at + max(7, len(request_) // 40)])

        assert steady(read_all(connection)) == whole


def test_memory_answers_while_every_thread_is_busy(server: Server) -> None:
    server.busy.touch()
    with server.connect() as slow:
        slow.sendall(b"GET /slow HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n")
        for _ in range(3):
            assert server.answer(RAW["in memory"]).endswith(b"from memory")
        server.busy.unlink()

        assert read_all(slow).endswith(b"at last")


def test_a_connection_that_says_nothing_or_half_of_it_holds_no_thread(server: Server) -> None:
    half = RAW["by a view"][:-2]
    silent = [server.connect() for _ in range(5)]
    for connection, begun in zip(silent, (b"", b"GET /qu", b"P", half, b""), strict=True):
        connection.sendall(begun)

    assert server.answer(RAW["by a view"]).endswith(b"a view")
    silent[0].sendall(RAW["by a view"])
    assert read_all(silent[0]).endswith(b"a view")
    silent[3].sendall(b"\r\n")
    assert read_all(silent[3]).endswith(b"a view")
    for connection in silent:
        connection.close()


def test_a_connection_that_its_client_does_not_close_keeps_nobody_waiting(server: Server) -> None:
    """Each would cost the next one two seconds: the last of them more than it waits here."""
    ended = [server.connect() for _ in range(30)]
    for connection in ended:
        connection.sendall(RAW["by a view"])

    assert all(read_all(connection).endswith(b"a view") for connection in ended)
    for connection in ended:
        connection.close()


@pytest.mark.parametrize("said", [b"GARBAGE\r\n", b"G\x00T / HTTP/1.1\r\n", b"GET\r\n\r\n"])
def test_what_is_no_http_is_refused_and_not_waited_for(server: Server, said: bytes) -> None:
    answer = server.answer(said)

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in answer


def test_one_connection_asks_for_memory_and_views_in_turn(server: Server) -> None:
    with server.connect() as connection:
        for _ in range(20):
            for path, body in ((b"/quick", b"from memory"), (b"/view", b"a view")):
                connection.sendall(b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n")
                assert read_one(connection).endswith(b"\r\n\r\n" + body)


def test_who_reads_slowly_gets_all_of_a_long_answer_and_keeps_nobody_waiting(
    server: Server,
) -> None:
    with server.connect() as slow:
        slow.sendall(b"GET /long HTTP/1.1\r\n" + HOST + b"\r\n")
        first = slow.recv(1_000)
        for _ in range(3):
            assert server.answer(RAW["in memory"]).endswith(b"from memory")
        whole = read_one(slow, first)
        slow.sendall(RAW["in memory"])

        assert whole.partition(b"\r\n\r\n")[2] == LONG
        assert read_all(slow).endswith(b"from memory")


def test_who_goes_away_disturbs_nobody(server: Server) -> None:
    for request in (RAW["in memory"], b"GET /long HTTP/1.1\r\n" + HOST + b"\r\n", b"GET /qu"):
        with server.connect() as gone:
            gone.sendall(request)

    assert server.answer(RAW["in memory"]).endswith(b"from memory")
    assert server.answer(RAW["by a view"]).endswith(b"a view")


def test_a_worker_that_stops_answers_what_is_asked_and_says_that_it_closes(
    tmp_path: Path,
) -> None:
    answers: list[bytes] = []
    with serving(tmp_path, OURS) as server, server.connect() as kept:
        while not answers or b"Connection: keep-alive" in answers[-1]:
            kept.sendall(b"GET /quick HTTP/1.1\r\n" + HOST + b"\r\n")
            answers.append(read_one(kept))
            if len(answers) == 3:
                server.process.send_signal(signal.SIGTERM)

    assert b"Connection: close" in answers[-1]
    assert all(answer.endswith(b"from memory") for answer in answers)


def steady(answer: bytes) -> bytes:
    """Without what differs from one answer to the next."""
    return re.sub(rb"(Date|X-Request-Id): [^\r]*", rb"\1", answer)


def read_all(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(1 << 20):
        parts.append(part)
    return b"".join(parts)


def read_one(connection: socket.socket, begun: bytes = b"") -> bytes:
    """One answer with its Content-Length."""
    answer = bytearray(begun)
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(1 << 20)
    head = bytes(answer).index(b"\r\n\r\n") + 4
    found = re.search(rb"Content-Length: (\d+)", bytes(answer[:head]))
    assert found is not None
    while len(answer) < head + int(found[1]):
        answer += connection.recv(1 << 20)
    return bytes(answer)


def wait_for(server: Server) -> None:
    for _ in range(TIMEOUT_S * 10):
        try:
            server.connect().close()
        except OSError:
            assert server.process.poll() is None
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server did not start")
