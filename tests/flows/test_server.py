"""The ASGI front under gunicorn answers as plain threads do, and strangers hold nobody up."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.flows.quick import LONG, STREAMED
from tests.flows.running import ROOT, free_port
from tests.waiting import PATIENCE_S, comes_to_hold

pytestmark = pytest.mark.slow

TIMEOUT_S = PATIENCE_S
OURS = "tests.flows.quick:asgi"
PLAIN = "tests.flows.quick:app"
HOST = b"Host: news.example\r\n"
CLOSE = b"Connection: close\r\n"
STALL = b"GET /stall HTTP/1.1\r\n" + HOST + b"\r\n"
WAITING = b"GET /waiting HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n"
# Each ends in a request after which the server closes.
REQUESTS = {
    "in memory": b"GET /quick HTTP/1.1\r\n%b%b\r\n",
    "a head": b"HEAD /quick HTTP/1.1\r\n%b%b\r\n",
    "by a view": b"GET /view HTTP/1.1\r\n%b%b\r\n",
    "not at once": b"GET /later HTTP/1.1\r\n%b%b\r\n",
    "a fault at once": b"GET /fault HTTP/1.1\r\n%b%b\r\n",
    "nowhere": b"GET /nowhere HTTP/1.1\r\n%b%b\r\n",
    "an absolute target": b"GET http://news.example/view HTTP/1.1\r\n%b%b\r\n",
    "a fragment": b"GET /view#part HTTP/1.1\r\n%b%b\r\n",
    "an encoded path": b"GET /vi%%65w?a=%%C3%%A9&b=%%ff HTTP/1.1\r\n%b%b\r\n",
    "every resource": b"OPTIONS * HTTP/1.1\r\n%b%b\r\n",
    "a header with an underscore": b"GET /echo HTTP/1.1\r\nX_A: 1\r\n%b%b\r\n",
    "a chunk extension": b"POST /view HTTP/1.1\r\nTransfer-Encoding: chunked\r\n%b%b\r\n"
    b"4;a=b\r\nbody\r\n0\r\nX-Trailer: 1\r\n\r\n",
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
OLD = {"HTTP/1.0": b"GET /quick HTTP/1.0\r\n\r\n"}
RAW = {name: text % (HOST, CLOSE) for name, text in REQUESTS.items()} | OLD


# What is no request, or could be read as another one by a proxy in front: request smuggling.
REFUSED = {
    "no method": (b"GARBAGE\r\n", 400),
    "a method that nobody knows": (b"BREW /view HTTP/1.1\r\n%b%b\r\n", 400),
    "a NUL": (b"G\x00T / HTTP/1.1\r\n", 400),
    "no target": (b"GET\r\n\r\n", 400),
    "a method in small letters": (b"get /view HTTP/1.1\r\n%b%b\r\n", 400),
    "another version": (b"GET /view HTTP/3.0\r\n%b%b\r\n", 400),
    "a version without its framing": (b"GET /view HTTP/2.0\r\n%b%b\r\n", 400),
    "a version without heads": (b"GET /view HTTP/0.9\r\n%b%b\r\n", 400),
    "a target that is not ASCII": (b"GET /vi\xc3\xa9w HTTP/1.1\r\n%b%b\r\n", 400),
    "line feeds alone": (b"GET /view HTTP/1.1\nHost: a\n\n", 400),
    "a folded header": (b"GET /view HTTP/1.1\r\nX-A: 1\r\n 2\r\n%b%b\r\n", 400),
    "a blank before the colon": (b"GET /view HTTP/1.1\r\nX-A : 1\r\n%b%b\r\n", 400),
    "a blank in a name": (b"GET /view HTTP/1.1\r\nX A: 1\r\n%b%b\r\n", 400),
    "a NUL in a value": (b"GET /view HTTP/1.1\r\nX-A: a\x00b\r\n%b%b\r\n", 400),
    "no host": (b"GET /view HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET /view HTTP/1.1\r\nHost: b\r\n%b%b\r\n", 400),
    "length and chunks": (
        b"POST /view HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n%b%b\r\n"
        b"0\r\n\r\n",
        400,
    ),
    "two lengths": (
        b"POST /view HTTP/1.1\r\nContent-Length: 4\r\nContent-Length: 5\r\n%b%b\r\nbody",
        400,
    ),
    "a list of lengths": (b"POST /view HTTP/1.1\r\nContent-Length: 4, 4\r\n%b%b\r\nbody", 400),
    "a signed length": (b"POST /view HTTP/1.1\r\nContent-Length: +4\r\n%b%b\r\nbody", 400),
    "two codings": (
        b"POST /view HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"
        b"%b%b\r\n0\r\n\r\n",
        400,
    ),
    "chunks in HTTP/1.0": (
        b"POST /view HTTP/1.0\r\nTransfer-Encoding: chunked\r\n%b%b\r\n0\r\n\r\n",
        400,
    ),
    "a coding around chunks": (
        b"POST /view HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n%b%b\r\n0\r\n\r\n",
        400,
    ),
    "a list of chunks": (
        b"POST /view HTTP/1.1\r\nTransfer-Encoding: , chunked\r\n%b%b\r\n0\r\n\r\n",
        400,
    ),
    "an unknown coding": (
        b"POST /view HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n%b%b\r\n0\r\n\r\n",
        400,
    ),
    "a chunk without a size": (
        b"POST /view HTTP/1.1\r\nTransfer-Encoding: chunked\r\n%b%b\r\nzz\r\nbody\r\n0\r\n\r\n",
        400,
    ),
    "a chunk size with a prefix": (
        b"POST /view HTTP/1.1\r\nTransfer-Encoding: chunked\r\n%b%b\r\n0x4\r\nbody\r\n0\r\n\r\n",
        400,
    ),
    "too long a line": (b"GET /view?" + b"a" * 40_000 + b" HTTP/1.1\r\n%b%b\r\n", 414),
    "too long a header": (b"GET /view HTTP/1.1\r\nX-A: " + b"a" * 9_000 + b"\r\n%b%b\r\n", 431),
    "too many headers": (b"GET /view HTTP/1.1\r\n" + b"X-A: 1\r\n" * 101 + b"%b%b\r\n", 431),
}


class Server:
    """An app under gunicorn, with one process and one thread."""

    def __init__(self, folder: Path, app: str, *options: str) -> None:
        self.busy = folder / "busy"
        self.log = folder / "log"
        self.port = free_port()
        environ = os.environ | {
            "PORT": str(self.port),
            "BUSY": str(self.busy),
            "WEB_WORKERS": "1",
            "WEB_THREADS": "1",
            "PYTHONHASHSEED": "0",  # the order of a set of methods in an Allow header
        }
        command = [sys.executable, "-m", "gunicorn", "-c", "python:backend.asgi.gunicorn_conf"]
        self.process = subprocess.Popen(
            [*command, *options, app], cwd=ROOT, env=environ, stderr=self.log.open("w")
        )

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), TIMEOUT_S)

    def answer(self, request: bytes) -> bytes:
        """All that comes until the server closes."""
        return self.answer_in_pieces(request, len(request))

    def answer_in_pieces(self, request: bytes, size: int) -> bytes:
        """Asked again, as it says, of a server that other tests keep from being on time."""
        until = time.monotonic() + TIMEOUT_S
        while is_late(found := self._answer(request, size)) and time.monotonic() < until:
            time.sleep(0.1)
        return found

    def _answer(self, request: bytes, size: int) -> bytes:
        with self.connect() as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for at in range(0, len(request), size):
                connection.sendall(request[at : at + size])
            return read_all(connection)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(TIMEOUT_S)


@contextmanager
def serving(folder: Path, app: str, *options: str) -> Iterator[Server]:
    server = Server(folder, app, *options)
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
    threads = "--worker-class", "gthread", "--threads", "1"
    with serving(tmp_path_factory.mktemp("plain"), PLAIN, *threads) as found:
        yield found


@pytest.mark.parametrize("request_", RAW.values(), ids=RAW)
def test_every_request_gets_what_plain_threads_answer(
    server: Server, plain: Server, request_: bytes
) -> None:
    ours = server.answer(request_)

    assert ours.startswith(b"HTTP/1.")
    assert steady(ours) == steady(plain.answer(request_))


@pytest.mark.parametrize(("said", "status"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_http_or_could_be_read_in_two_ways_is_refused(
    server: Server, said: bytes, status: int
) -> None:
    """The connection ends with it: nothing behind it is taken for a request."""
    hidden = b"GET /quick HTTP/1.1\r\n" + HOST + b"\r\n"
    text = said % (HOST, CLOSE) if b"%b" in said else said

    answer = server.answer(text + hidden)

    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"from memory" not in answer
    assert b"text/html" not in answer


@pytest.mark.parametrize("request_", RAW.values(), ids=RAW)
def test_a_request_may_come_in_pieces(server: Server, request_: bytes) -> None:
    in_pieces = server.answer_in_pieces(request_, max(7, len(request_) // 40))

    assert steady(in_pieces) == steady(server.answer(request_))


@pytest.mark.parametrize("name", ["in memory", "by a view", "not at once", "posted"])
def test_who_says_no_more_is_still_answered(server: Server, name: str) -> None:
    with server.connect() as connection:
        connection.sendall(RAW[name].replace(CLOSE, b""))
        connection.shutdown(socket.SHUT_WR)

        assert read_all(connection).startswith(b"HTTP/1.1 200 ")


def test_who_leaves_with_a_request_behind_a_stream_ends_it_unlogged(tmp_path: Path) -> None:
    with serving(tmp_path, OURS) as server:
        for path in (b"/news", b"/stream"):
            with server.connect() as gone:
                gone.sendall(b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n" + RAW["by a view"])
                assert gone.recv(1_000).startswith(b"HTTP/1.1 200 ")
        until = time.monotonic() + TIMEOUT_S
        while not server.answer(WAITING).endswith(b"\r\n0 wait"):
            assert time.monotonic() < until
        assert "Traceback" not in server.log.read_text()


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


def test_a_worker_that_stops_answers_what_is_asked_and_ends_the_connection(
    tmp_path: Path,
) -> None:
    """It says so with its last answer, or closes right behind one that it had begun before."""
    answers: list[bytes] = []
    with serving(tmp_path, OURS) as server, server.connect() as kept:
        while answer := ask_again(kept):
            answers.append(answer)
            if len(answers) == 3:
                server.process.send_signal(signal.SIGTERM)

    assert len(answers) >= 3
    assert all(answer.endswith(b"from memory") for answer in answers)


def test_a_stop_ends_what_is_running_and_refuses_nobody_who_was_let_in(tmp_path: Path) -> None:
    with serving(tmp_path, OURS) as server, server.connect() as slow, server.connect() as queued:
        server.busy.touch()
        slow.sendall(b"GET /slow HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n")
        queued.sendall(RAW["by a view"])
        assert server.answer(RAW["in memory"]).endswith(b"from memory")
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        server.busy.unlink()

        assert read_all(slow).endswith(b"at last")
        assert read_all(queued).endswith(b"a view")
        assert server.process.wait(TIMEOUT_S) == 0


def test_a_stop_lets_go_of_who_waits_for_news_or_reads_nothing(tmp_path: Path) -> None:
    """Before gunicorn kills the process, with what it has to write."""
    with serving(tmp_path, OURS) as server, server.connect() as waiting, server.connect() as deaf:
        waiting.sendall(b"GET /news HTTP/1.1\r\n" + HOST + b"\r\n")
        deaf.sendall(b"GET /long HTTP/1.1\r\n" + HOST + b"\r\n")
        assert waiting.recv(1_000)
        assert deaf.recv(1_000)
        server.process.send_signal(signal.SIGQUIT)

        assert server.process.wait(TIMEOUT_S) == 0
        assert "ERROR" not in server.log.read_text()


def test_a_reload_refuses_nobody(tmp_path: Path) -> None:
    with serving(tmp_path, OURS) as server:
        server.process.send_signal(signal.SIGHUP)
        until = time.monotonic() + 4
        while time.monotonic() < until:
            assert server.answer(RAW["in memory"]).endswith(b"from memory")
            assert server.answer(RAW["by a view"]).endswith(b"a view")


def test_a_worker_that_has_answered_enough_is_replaced(tmp_path: Path) -> None:
    with serving(tmp_path, OURS, "--max-requests", "20") as server:
        for _ in range(60):
            assert b"200 OK" in answer_of_any_worker(server)


def test_a_connection_that_is_kept_for_nothing_ends(tmp_path: Path) -> None:
    with serving(tmp_path, OURS, "--keep-alive", "1") as server, server.connect() as kept:
        kept.sendall(b"GET /quick HTTP/1.1\r\n" + HOST + b"\r\n")

        assert read_all(kept).endswith(b"from memory")


def test_more_than_fits_into_the_queue_is_refused_at_once(server: Server) -> None:
    """One runs, 32 wait; those who come later are told when to come again."""
    server.busy.touch()
    waiting = [server.connect() for _ in range(40)]
    for connection in waiting:
        connection.sendall(b"GET /slow HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n")
    refused = [read_all(connection) for connection in waiting[33:]]
    server.busy.unlink()
    answered = [read_all(connection) for connection in waiting[:33]]

    assert all(answer.endswith(b"at last") for answer in answered)
    for answer in refused:
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"\r\nretry-after: 2\r\n" in answer
        assert b"\r\ncontent-type: application/problem+json\r\n" in answer


def test_a_body_that_comes_slowly_holds_no_thread(server: Server) -> None:
    posts = [server.connect() for _ in range(5)]
    for connection in posts[:3]:
        connection.sendall(b"POST /view HTTP/1.1\r\nContent-Length: 4\r\n" + HOST + CLOSE)
        connection.sendall(b"\r\nbo")
    for connection in posts[3:]:
        connection.sendall(b"POST /view HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + HOST)
        connection.sendall(CLOSE + b"\r\n4\r\nbo")

    assert server.answer(RAW["by a view"]).endswith(b"a view")
    for connection in posts[:3]:
        connection.sendall(b"dy")
    for connection in posts[3:]:
        connection.sendall(b"dy\r\n0\r\n\r\n")
    assert all(read_all(connection).endswith(b"body") for connection in posts)


def test_a_body_that_is_too_long_is_refused_unread_and_the_refusal_can_be_read(
    server: Server,
) -> None:
    with server.connect() as connection:
        head = b"POST /view HTTP/1.1\r\nContent-Length: 3000000\r\n" + HOST + CLOSE
        connection.sendall(head + b"\r\n" + b"x" * 3_000_000)

        assert read_all(connection).startswith(b"HTTP/1.1 ")


def test_a_stream_leaves_chunk_by_chunk_and_holds_no_thread_while_it_is_not_read(
    server: Server,
) -> None:
    with server.connect() as reader:
        reader.sendall(b"GET /stream HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n")
        begun = reader.recv(1_000)
        assert server.answer(RAW["by a view"]).endswith(b"a view")
        whole = begun + read_all(reader)

    assert b"transfer-encoding: chunked" in whole.lower()
    assert whole.count(b"one of many") == STREAMED
    assert whole.endswith(b"\r\n0\r\n\r\n")


def test_who_comes_while_the_loop_is_late_is_told_so_at_once(server: Server) -> None:
    with server.connect() as old:
        old.sendall(STALL * 6)
        for _ in range(4):
            assert read_one(old).endswith(b"from memory"), "who was there before is answered"
        with server.connect() as reader, server.connect() as probe:
            reader.sendall(RAW["in memory"])
            probe.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n")

            refused = read_all(reader)
            assert refused.startswith(b"HTTP/1.1 503 ")
            assert b"Retry-After: 2\r\n" in refused
            assert not read_all(probe).startswith(b"HTTP/1.1 503 ")
    until = time.monotonic() + TIMEOUT_S
    while b"200 OK" not in server.answer(RAW["in memory"]):
        assert time.monotonic() < until, "it is on time again"


def test_a_crowd_that_connects_at_once_is_let_in_while_the_server_is_busy(server: Server) -> None:
    """Of more than its backlog the system would drop some, which try again after seconds."""
    assert b"200 OK" in server.answer(RAW["in memory"])
    children = subprocess.run(
        ["pgrep", "-P", str(server.process.pid)], capture_output=True, text=True, check=True
    )
    worker = int(children.stdout)
    with ExitStack() as stack:
        os.kill(worker, signal.SIGSTOP)
        stack.callback(os.kill, worker, signal.SIGCONT)
        crowd = [stack.enter_context(server.connect()) for _ in range(600)]
        for each in crowd:
            each.sendall(RAW["in memory"])
        os.kill(worker, signal.SIGCONT)

        assert all(b"200 OK" in read_all(each) for each in crowd)


def test_who_waits_for_news_holds_no_thread(server: Server) -> None:
    with ExitStack() as waiting:
        for _ in range(5):
            connection = waiting.enter_context(server.connect())
            connection.sendall(b"GET /news HTTP/1.1\r\n" + HOST + b"\r\n")
            begun = b""
            while b"wait" not in begun:
                begun += connection.recv(1_000)
        assert server.answer(RAW["by a view"]).endswith(b"a view")


def test_what_is_refused_names_nobody_in_the_log(server: Server) -> None:
    server.answer(b"GET /secret-word\x00 HTTP/1.1\r\n\r\n")

    assert "secret-word" not in server.log.read_text()
    assert "127.0.0.1" not in server.log.read_text()


def is_late(answer: bytes) -> bool:
    return answer.startswith(b"HTTP/1.1 503 ") and b"retry-after:" in answer.lower()


def ask_again(kept: socket.socket) -> bytes:
    """The next answer on a kept connection; empty when the server has ended it."""
    try:
        kept.sendall(b"GET /quick HTTP/1.1\r\n" + HOST + b"\r\n")
        return read_one(kept)
    except ConnectionError:
        return b""


def answer_of_any_worker(server: Server) -> bytes:
    """A worker that ends closes its connections: who meets that asks the next one."""
    try:
        return server.answer(RAW["by a view"]) or answer_of_any_worker(server)
    except ConnectionError:
        return answer_of_any_worker(server)


def steady(answer: bytes) -> bytes:
    """Without what differs from one answer to the next, or between the two servers.

    They call themselves otherwise, one of them answers HTTP/1.0 in kind and repeats HTTP/1.1's own
    rule that a connection is kept, and ASGI has no reason phrases, names headers in small letters,
    and sends `100 Continue` only when the body is wanted. The order of headers means nothing.
    """
    answer = answer.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    return b"".join(map(_steady_part, re.split(rb"(?=HTTP/1\.[01] )", answer)))


def _steady_part(answer: bytes) -> bytes:
    head, gap, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    named = (line.partition(b": ") for line in lines)
    kept = sorted(
        (name.lower(), b"" if name.lower() in {b"date", b"x-request-id"} else value)
        for name, _, value in named
        if name.lower() != b"server" and value != b"keep-alive"
    )
    return b"\n".join([status[9:12], *map(b": ".join, kept)]) + gap + body


def read_all(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(1 << 20):
        parts.append(part)
    return b"".join(parts)


def read_one(connection: socket.socket, begun: bytes = b"") -> bytes:
    """One answer with its Content-Length; empty when the connection ended before it."""
    answer = bytearray(begun)
    while b"\r\n\r\n" not in answer:
        part = connection.recv(1 << 20)
        if not part:
            assert not answer, "the connection ended in the middle of a head"
            return b""
        answer += part
    head = bytes(answer).index(b"\r\n\r\n") + 4
    found = re.search(rb"(?i)content-length: (\d+)", bytes(answer[:head]))
    assert found is not None
    while len(answer) < head + int(found[1]):
        part = connection.recv(1 << 20)
        assert part, "the connection ended in the middle of an answer"
        answer += part
    return bytes(answer)


def wait_for(server: Server) -> None:
    def listens() -> bool:
        try:
            server.connect().close()
        except OSError:
            assert server.process.poll() is None
            return False
        return True

    assert comes_to_hold(listens), server.log.read_text()
