"""What is refused whatever its body says is answered before the body, and the connection ends."""

import json
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.flows.running import KEY, Running

pytestmark = pytest.mark.slow

HUGE = 3_000_000
REGISTER, CLAIM = b"POST /v1/installations", b"POST /v1/deeplinks/claim"
ARTICLE = b"PUT /v1/newsroom/articles/paper/1"
OURS = b"Authorization: Bearer %b\r\n" % KEY.encode()
WRONG = b"Authorization: Bearer none-of-ours\r\n"
# What is asked, with which key, and how long a body is announced.
REFUSED = {
    "too long": (REGISTER, b"", HUGE, 413),
    "too long for a read": (b"GET /v1/sources", b"", HUGE, 413),
    "too long for a page": (b"GET /", b"", HUGE, 413),
    "too long from an editor": (ARTICLE, OURS, HUGE, 413),
    "of more digits than a number has": (REGISTER, b"", 10**300, 400),
    "no key": (ARTICLE, b"", 900_000, 401),
    "a wrong key": (ARTICLE, WRONG, 900_000, 401),
    "no secret": (b"PUT /v1/installations/x/topics", b"", 900_000, 401),
    "no key and too long": (ARTICLE, b"", HUGE, 401),
    "no such address": (b"POST /v1/nothing", b"", HUGE, 404),
    "no such method": (b"POST /v1/sources", b"", 900_000, 405),
}


class Answer(NamedTuple):
    status: int
    head: bytes
    body: bytes

    @property
    def problem(self) -> Any:
        return json.loads(self.body)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("bodies")
    running = Running(folder, DEMO="0", DATABASE_URL=f"sqlite:///{folder}/t.db")
    assert running.wait_for("/readyz", 200), running.log.read_text()
    yield running
    running.stop()


def connect(site: Running) -> socket.socket:
    return socket.create_connection(("127.0.0.1", site.port), timeout=30)


def head(line: bytes, *fields: bytes) -> bytes:
    about = b"Host: news.example\r\nContent-Type: application/json\r\n"
    return line + b" HTTP/1.1\r\n" + about + b"".join(fields) + b"\r\n"


def length(size: int) -> bytes:
    return b"Content-Length: %d\r\n" % size


CHUNKED = b"Transfer-Encoding: chunked\r\n"
EXPECTING = b"Expect: 100-continue\r\n"


def read_one(connection: socket.socket) -> Answer:
    with connection.makefile("rb") as file:
        status = int(file.readline().split()[1])
        lines = []
        while (line := file.readline()) != b"\r\n":
            lines.append(line.lower())
        said = b"".join(lines)
        size = next(int(line.split()[1]) for line in lines if line.startswith(b"content-length"))
        return Answer(status, said, file.read(size))


def ends(connection: socket.socket) -> bool:
    """Whether nothing more comes, a reset included."""
    with suppress(ConnectionError):
        return connection.recv(1000) == b""
    return True


@pytest.mark.parametrize(("line", "key", "size", "status"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_by_its_head_is_answered_before_its_body(
    site: Running, line: bytes, key: bytes, size: int, status: int
) -> None:
    """Not one byte of the body is sent."""
    with connect(site) as connection:
        connection.sendall(head(line, key, length(size)))
        answer = read_one(connection)

        assert answer.status == status
        assert answer.head.count(b"connection: close\r\n") == 1
        if line != b"GET /":
            assert answer.problem["status"] == status
        assert ends(connection)


@pytest.mark.parametrize(("line", "key", "size", "status"), REFUSED.values(), ids=REFUSED)
def test_who_waits_with_its_body_is_not_told_to_go_on(
    site: Running, line: bytes, key: bytes, size: int, status: int
) -> None:
    with connect(site) as connection:
        connection.sendall(head(line, key, length(size), EXPECTING))

        assert read_one(connection).status == status
        assert ends(connection)


def test_a_short_body_is_not_asked_for_before_its_key_is_looked_up(site: Running) -> None:
    with connect(site) as connection:
        connection.sendall(head(ARTICLE, WRONG, length(10), EXPECTING))

        assert read_one(connection).status == 401


def test_who_may_is_told_to_go_on_and_keeps_its_connection(site: Running) -> None:
    body = b'{"title": "Ferries stop", "url": "https://paper.example/1"}'
    with connect(site) as connection:
        for status in (201, 200):
            connection.sendall(head(ARTICLE, OURS, length(len(body)), EXPECTING))
            assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
            connection.sendall(body)
            answer = read_one(connection)

            assert answer.status == status
            assert b"connection: close" not in answer.head


@pytest.mark.parametrize("line", [REGISTER, CLAIM, ARTICLE, b"DELETE /v1/newsroom/articles/a/1"])
def test_a_body_in_chunks_is_read_up_to_the_limit(site: Running, line: bytes) -> None:
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    with connect(site) as connection:
        connection.sendall(head(line, OURS, CHUNKED) + chunk * 17)
        answer = read_one(connection)

        assert answer.status == 413
        assert b"connection: close\r\n" in answer.head
        assert ends(connection)


def test_a_body_in_chunks_of_who_may_not_is_not_read(site: Running) -> None:
    for key in (b"", WRONG):
        with connect(site) as connection:
            connection.sendall(head(ARTICLE, key, CHUNKED) + b"1\r\n{\r\n")

            assert read_one(connection).status == 401
            assert ends(connection)


def test_a_body_in_chunks_within_the_limit_is_taken(site: Running) -> None:
    body = b'{"platform": "android"}'
    with connect(site) as connection:
        for _ in range(2):
            chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
            connection.sendall(head(REGISTER, CHUNKED) + chunks)

            assert read_one(connection).status == 201


def test_who_sends_all_of_it_first_can_still_read_the_refusal(site: Running) -> None:
    with connect(site) as connection:
        connection.sendall(head(REGISTER, length(HUGE)) + b"x" * HUGE)

        assert read_one(connection).problem["type"].endswith("/too-large")


def test_what_stands_behind_an_unread_body_is_no_request(site: Running) -> None:
    """Neither at once nor when the body is through."""
    hidden = head(b"GET /v1/sources")
    for line in (b"POST /v1/nothing", REGISTER):
        with connect(site) as connection:
            connection.sendall(head(line, length(HUGE)) + b"x" * HUGE + hidden)
            read_one(connection)

            assert ends(connection)


def test_who_sends_for_ever_is_cut_off(site: Running) -> None:
    """By bytes: nobody reads on for longer because more comes."""
    with connect(site) as connection:
        connection.sendall(head(REGISTER, length(10**12)))
        assert read_one(connection).status == 413
        with pytest.raises(OSError):
            connection.sendall(b"x" * 500_000_000)


def test_bodies_that_are_not_read_do_not_fill_memory(site: Running) -> None:
    web = web_of(site)
    send_much(site)
    before = resident_mb(web)
    for _ in range(8):
        send_much(site)

    assert resident_mb(web) < before * 1.2


def send_much(site: Running) -> None:
    """20 connections, each with as much of a huge body as it is let.

    Who is told to come again does: other tests may keep the server from being on time.
    """
    left = 20
    while left:
        statuses = Counter(send_at_once(site, left))
        assert set(statuses) <= {413, 503}, statuses
        left = statuses[503]
        time.sleep(0.1 if left else 0)


def send_at_once(site: Running, count: int) -> list[int]:
    connections = [connect(site) for _ in range(count)]
    for connection in connections:
        connection.sendall(head(REGISTER, length(10**9)))
        connection.setblocking(False)
    for connection in connections:
        with suppress(OSError):
            connection.send(b"x" * 4_000_000)
    statuses = []
    for connection in connections:
        connection.setblocking(True)
        statuses.append(read_one(connection).status)
        connection.close()
    return statuses


def web_of(site: Running) -> int:
    """The process that has the most memory: gunicorn's worker has all of the app."""
    seen = [site.process.pid]
    for pid in seen:
        seen += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    return max(seen, key=resident_mb)


def resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 1_000_000
