"""What comes before a request is whole: bounded in size and time, and refused as a problem."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from backend.asgi.protocol import MOST_PIPELINED
from tests.flows.test_server import CLOSE, HOST, OURS, RAW, Server, read_all, read_one, serving

pytestmark = pytest.mark.slow

KEPT_S = 2
CHUNKS = b"POST /view HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + HOST + b"\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n6\r\n%b\r\n0\r\n\r\n"
ENDLESS = {
    "a value": (b"GET /quick HTTP/1.1\r\nX-A: ", b"a" * 1_000),
    "fields": (b"GET /quick HTTP/1.1\r\n", b"X-A: 1\r\n" * 100),
    "a target": (b"GET /", b"a" * 1_000),
    "empty lines": (b"", b"\r\n" * 500),
    "a trailer": (CHUNKS + b"0\r\nX-A: ", b"a" * 1_000),
    "a chunk's extension": (CHUNKS + b"1;a=", b"a" * 1_000),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """It ends a connection that says nothing after two seconds."""
    folder = tmp_path_factory.mktemp("heads")
    with serving(folder, OURS, "--keep-alive", str(KEPT_S)) as found:
        yield found


def send_on(connection: socket.socket, more: bytes, pause_s: float = 0) -> None:
    """Until nothing of it is read any more, or for ever as tests go."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        connection.sendall(more)
        time.sleep(pause_s)


def heard(connection: socket.socket) -> bytes:
    with suppress(ConnectionError):
        return read_all(connection)
    return b""


@pytest.mark.parametrize("said", [b"", b"\r\n", b"GET /qu"], ids=["nothing", "a line", "half"])
def test_a_connection_that_asks_for_nothing_ends(server: Server, said: bytes) -> None:
    with server.connect() as silent:
        silent.sendall(said)

        assert heard(silent) == b""


@pytest.mark.parametrize("said", [b"\r\n", b"GET /qu"], ids=["a line", "half"])
def test_one_that_was_answered_and_asks_for_nothing_more_ends(server: Server, said: bytes) -> None:
    with server.connect() as kept:
        kept.sendall(b"GET /quick HTTP/1.1\r\n" + HOST + b"\r\n")
        assert read_one(kept).endswith(b"from memory")
        kept.sendall(said)

        assert heard(kept) == b""


def test_a_head_that_trickles_is_given_up(server: Server) -> None:
    """A byte now and then does not keep it open: it has as long as one that says nothing."""
    with server.connect() as slow:
        slow.sendall(b"GET /quick HTTP/1.1\r\nX-A: ")
        with pytest.raises(ConnectionError):
            send_on(slow, b"a", pause_s=0.2)


@pytest.mark.parametrize(("begun", "more"), ENDLESS.values(), ids=ENDLESS)
def test_a_head_without_an_end_is_cut_off(server: Server, begun: bytes, more: bytes) -> None:
    with server.connect() as connection:
        connection.sendall(begun)
        with pytest.raises(ConnectionError):
            send_on(connection, more)


def test_a_head_without_an_end_behind_a_request_under_way_is_cut_off(server: Server) -> None:
    server.busy.touch()
    with server.connect() as connection:
        connection.settimeout(3)
        connection.sendall(b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\nGET /quick HTTP/1.1\r\nX-A: ")
        with pytest.raises((ConnectionError, TimeoutError)):
            send_on(connection, b"a" * 1_000)
    server.busy.unlink()

    assert server.answer(RAW["by a view"]).endswith(b"a view")


def test_a_refusal_is_a_problem_document_and_ends_the_connection(server: Server) -> None:
    head, _, body = server.answer(b"GARBAGE\r\n\r\n").partition(b"\r\n\r\n")

    assert b"\r\nContent-Type: application/problem+json\r\n" in head
    assert b"\r\nConnection: close\r\n" in head
    assert json.loads(body)["status"] == 400


def test_what_cannot_be_read_takes_no_answer_from_the_request_before_it(server: Server) -> None:
    for request in (RAW["by a view"].replace(CLOSE, b""), RAW["in memory"].replace(CLOSE, b"")):
        answer = server.answer(request + b"GARBAGE\r\n\r\n")

        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("protocol", [b"h2c", b"websocket", b"a, b"])
@pytest.mark.parametrize("framing", [b"Content-Length: 6\r\n\r\n%b", CHUNKED])
def test_who_asks_for_another_protocol_is_answered_in_this_one(
    server: Server, protocol: bytes, framing: bytes
) -> None:
    """With all of the body, as Java's client sends it, and so is what comes behind it."""
    head = b"POST /view HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: " + protocol + b"\r\n" + HOST
    with server.connect() as connection:
        for body in (b"a text", b"GET / H"[:6]):
            connection.sendall(head + framing % body)
            assert read_one(connection).endswith(b"\r\n\r\n" + body)
        connection.sendall(head + framing % b"a text" + RAW["in memory"])

        answers = read_all(connection).split(b"HTTP/1.1 200 OK")[1:]
    assert [answer.rpartition(b"\r\n")[2] for answer in answers] == [b"a text", b"from memory"]


def test_nobody_gets_a_tunnel(server: Server) -> None:
    answer = server.answer(
        b"CONNECT news.example:443 HTTP/1.1\r\n" + HOST + b"\r\n" + RAW["in memory"]
    )

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"from memory" not in answer


def test_of_requests_without_number_some_are_answered(server: Server) -> None:
    """All of one read are parsed before the first is answered: each that waits takes memory."""
    answer = server.answer((b"GET /quick HTTP/1.1\r\n" + HOST + b"\r\n") * 1_000)

    assert answer.count(b"HTTP/1.1 200 ") == MOST_PIPELINED + 1
    assert answer.endswith(b"from memory")


def test_a_body_that_cannot_be_read_behind_its_refusal_ends_the_connection(
    server: Server,
) -> None:
    """It was answered by its head: a second answer would be taken for another request's."""
    head = b"POST /view HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Type: x/y\r\n" + HOST
    with server.connect() as connection:
        connection.sendall(b"POST /nowhere" + head[10:] + b"\r\n1\r\n{\r\n")
        first = read_one(connection)
        connection.sendall(b"no chunk\r\n")

        assert first.startswith(b"HTTP/1.1 404 ")
        assert heard(connection) == b""


def test_a_slow_body_in_chunks_takes_no_time_from_the_request_behind_it(server: Server) -> None:
    with server.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(CHUNKS + b"1\r\n")
        time.sleep(KEPT_S + 0.5)
        for part in (b"x", b"\r\n0\r\n\r\n"):
            connection.sendall(part)
            time.sleep(0.1)
        assert read_one(connection).endswith(b"x")
        for part in (RAW["in memory"][:10], RAW["in memory"][10:]):
            connection.sendall(part)
            time.sleep(0.1)

        assert read_all(connection).endswith(b"from memory")


def test_a_trailer_is_no_part_of_the_head(server: Server) -> None:
    """Who may trust a proxy's fields may not find a stranger's there."""
    trailer = b"0\r\nX-Forwarded-For: 192.0.2.1\r\nAuthorization: Bearer a\r\n\r\n"
    answer = server.answer(CHUNKS.replace(b"POST /view", b"GET /echo") + trailer + b"GARBAGE\r\n")

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"192.0.2.1" not in answer
    assert b"authorization" not in answer


def test_a_trailer_that_ends_the_connection_does(server: Server) -> None:
    """Nothing behind it is read: who sent on would wait for no answer."""
    answer = server.answer(CHUNKS + b"1\r\nx\r\n0\r\nConnection: close\r\n\r\n" + RAW["in memory"])

    assert answer.endswith(b"\r\n\r\nx")


@pytest.mark.parametrize("version", [b"1.0\r\n", b"1.1\r\nConnection: close\r\n"])
def test_who_asks_for_another_protocol_once_is_answered(server: Server, version: bytes) -> None:
    asked = b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    answer = server.answer(b"GET /quick HTTP/" + version + HOST + asked)

    assert answer.endswith(b"from memory")


def test_an_old_client_is_not_told_to_go_on(server: Server) -> None:
    head = b"POST /view HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"

    assert server.answer(head + b"body").startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("queued", [b"", RAW["by a view"].replace(CLOSE, b"")], ids=["one", "two"])
def test_a_body_that_cannot_be_read_stays_behind_the_answers_before_it(
    server: Server, queued: bytes
) -> None:
    """Its refusal would be taken for theirs, or for a part of it."""
    server.busy.touch()
    with server.connect() as connection:
        slow = b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\n"
        connection.sendall(slow + queued + CHUNKS + b"no chunk\r\n")
        time.sleep(0.2)
        server.busy.unlink()
        answers = read_all(connection)

    assert answers.count(b"HTTP/1.1 200 ") == answers.count(b"HTTP/1.1 ") == 1 + bool(queued)
    assert answers.endswith(b"a view" if queued else b"at last")
