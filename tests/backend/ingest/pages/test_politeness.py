"""Publishers' servers are asked as they wish, and whatever they answer ends as an outcome."""

import gzip
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from backend.ingest.pages import schedule
from backend.ingest.pages.fetcher import LEASE, LOOP
from backend.outbound.fetch import FetchPolicy
from tests.backend.ingest.pages.pages import LAST, PARAGRAPHS, POLICY, Room, feed_of, page_of
from tests.backend.injection import (
    Injected,
    counted_faults,
    failing_statements,
    faults,
    nth_of,
)
from tests.backend.outbound.hostile import answers, raw
from tests.backend.outbound.server import answer

pytestmark = pytest.mark.any_engine

RUSSIAN = (
    "Лоцманы паромов в устье реки начнут забастовку в понедельник утром, сообщил их профсоюз.",
    "Ночных рейсов стало вдвое больше прошлой зимой, когда старый мост закрыли для грузовиков.",
    "Управление гавани ответило, что предложило ещё двух лоцманов на каждую вахту.",
    "Последняя забастовка лоцманов девять лет назад продолжалась шесть дней и дала надбавку.",
)


def items_of(room: Room, paths: list[str]) -> bytes:
    """A feed of several teasers."""
    parts = [feed_of(room.server.url(path)).decode() for path in paths]
    items = [
        part[part.index("<item>") : part.index("</channel>")].replace(">one<", f">{path}<")
        for part, path in zip(parts, paths, strict=True)
    ]
    return parts[0].replace(items[0].replace(f">{paths[0]}<", ">one<"), "".join(items)).encode()


def test_what_robots_txt_forbids_is_not_asked_for(room: Room) -> None:
    room.server.answers("/robots.txt", b"User-agent: *\nDisallow: /a/\n")
    room.start(page_of())

    room.fetch()

    assert room.asked() == 0
    assert room.counts() == {"robots": 1}
    assert not room.fetch()


@pytest.mark.parametrize(
    ("rules", "is_asked"),
    [
        (b"User-agent: Tagwire\nDisallow: /\n\nUser-agent: *\nDisallow:\n", False),
        (b"User-agent: OtherBot\nDisallow: /\n", True),
        (b"User-agent: *\nDisallow: /\nAllow: /a/\n", True),
        (b"\xef\xbb\xbfUser-agent: *\nDisallow: /*/1$\n", False),
        (b"<html>not a robots file</html>", True),
        (b"\xff\x00" * 2_000, True),
    ],
)
def test_robots_txt_is_read_as_its_standard_says(room: Room, rules: bytes, is_asked: bool) -> None:
    room.server.answers("/robots.txt", rules)
    room.start(page_of())

    room.fetch()

    assert (room.asked() == 1) == is_asked


@pytest.mark.parametrize("status", ["500 Broken", "503 Unavailable", "429 Too Many Requests"])
def test_a_server_whose_robots_txt_is_in_trouble_is_asked_for_nothing(
    room: Room, status: str
) -> None:
    room.server.answers("/robots.txt", b"", status)
    room.start(page_of())

    room.fetch()
    assert room.asked() == 0
    assert room.counts() == {}

    room.server.answers("/robots.txt", b"User-agent: *\nDisallow:\n")
    room.fly(hours=1)
    assert LAST in room.text()


def test_robots_txt_is_asked_for_once_a_day(room: Room) -> None:
    paths = [f"/a/{number}" for number in range(4)]
    for path in paths:
        room.server.answers(path, page_of())
    room.start(page_of())
    fetcher = room.fetcher()
    room.poll_again(items_of(room, paths))
    room.fly(fetcher, minutes=20)
    assert room.counts()["taken"] >= 4
    assert room.asked("/robots.txt") == 1

    room.poll_again(items_of(room, ["/a/9"]), days=2)
    room.fly(fetcher, minutes=5)

    assert room.asked("/robots.txt") == 2


def test_a_host_is_asked_for_one_page_at_a_time_with_a_pause(room: Room) -> None:
    paths = [f"/a/{number}" for number in range(3)]
    for path in paths:
        room.server.answers(path, page_of())
    room.start(page_of())
    room.poll_again(items_of(room, paths))
    fetcher = room.fetcher()

    assert room.fetch(fetcher)
    assert not room.fetch(fetcher), "its pause"
    room.clock.now += schedule.PAUSE
    assert room.fetch(fetcher)


def test_two_workers_never_ask_one_host_at_once_and_no_page_twice(room: Room) -> None:
    room.start(page_of())
    seen: list[bool] = []

    def while_asked(connection: Any, _: Any) -> None:
        room.clock.forward(minutes=1)
        seen.append(room.fetch())
        connection.sendall(answer(page_of()))

    room.server.on("/a/1", while_asked)
    room.fetch()

    assert seen == [False]
    assert room.counts() == {"fetched": 1, "taken": 1}


def test_a_crawl_delay_is_kept(room: Room) -> None:
    room.server.answers("/robots.txt", b"User-agent: *\nCrawl-delay: 30\n")
    room.server.answers("/a/2", page_of())
    room.start(page_of())
    room.poll_again(items_of(room, ["/a/1", "/a/2"]))
    fetcher = room.fetcher()
    room.fetch(fetcher)

    room.clock.forward(seconds=29)
    assert not room.fetch(fetcher)
    room.clock.forward(seconds=1)
    assert room.fetch(fetcher)


def test_retry_after_is_kept_for_every_page_of_the_host(room: Room) -> None:
    room.server.answers("/a/1", b"", "503 Unavailable", Retry_After="7200")
    room.server.answers("/a/2", b"", "503 Unavailable", Retry_After="7200")
    room.start()
    room.poll_again(items_of(room, ["/a/1", "/a/2"]))
    room.fetch()

    for path in ("/a/1", "/a/2"):
        room.server.answers(path, page_of())
    room.fly(minutes=119)
    assert room.counts() == {}
    room.fly(minutes=10)

    assert room.counts()["taken"] >= 1


def test_a_page_that_is_not_there_is_tried_again_some_times_and_then_left(room: Room) -> None:
    room.start()
    asked_at = []

    def missing(connection: Any, _: Any) -> None:
        asked_at.append(room.clock())
        connection.sendall(answer(b"", "404 Not Found"))

    room.server.on("/a/1", missing)
    room.fly(days=5)

    waits = [later - earlier for earlier, later in pairwise(asked_at)]
    assert len(asked_at) == schedule.MOST_TRIES
    assert waits == sorted(waits)
    assert room.counts() == {"failed": 1}
    assert room.rows("SELECT error FROM article_page") == [("the server answered 404",)]


def test_redirects_lead_to_no_private_address_and_nowhere_robots_forbid(room: Room) -> None:
    room.policy = FetchPolicy(allow_networks=(ip_network("127.0.0.1/32"),), deadline_s=2)
    room.server.answers("/robots.txt", b"User-agent: *\nDisallow: /private/\n")
    room.server.answers("/private/1", page_of())
    room.start()
    room.server.redirects("/a/1", room.server.url("/a/1", host="127.0.0.2"))
    room.fetch()
    assert room.rows("SELECT error FROM article_page")[0][0].endswith("reserved address")

    room.server.redirects("/a/1", "/private/1")
    room.clock.forward(hours=1)
    room.fetch()

    assert room.counts() == {"robots": 1}
    assert room.asked("/private/1") == 0


def test_an_address_in_a_feed_reaches_no_other_port_of_an_opened_network(room: Room) -> None:
    room.settings = {}
    room.start(page_of())
    room.put(ports=None)

    room.fetch()

    assert room.asked() == 0
    [(error,)] = room.rows("SELECT error FROM article_page")
    assert "is not allowed" in error


BOMB = gzip.compress(b"<p>x</p>" * 1_000_000)


class Killed(BaseException):
    """Nothing is recorded any more, as after `kill -9`."""


class Killing:
    """Ends the worker before it asks anybody."""

    def of(self, *_: Any) -> Any:
        raise Killed


def slow(connection: Any, _: Any) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>")
    for _ in range(40):
        time.sleep(0.1)
        connection.sendall(b"<p>")


def huge(connection: Any, _: Any) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    for _ in range(400):
        connection.sendall(b"<p>more</p>" * 1_000)


def bomb(connection: Any, _: Any) -> None:
    connection.sendall(answer(BOMB, Content_Encoding="gzip", Content_Type="text/html"))


@pytest.mark.parametrize(
    ("handler", "deadline_s", "error"),
    [(slow, 0.5, "too long"), (huge, 10.0, "3,000,000 bytes"), (bomb, 10.0, "3,000,000 bytes")],
)
def test_a_page_that_is_slow_huge_or_a_bomb_is_a_failed_try(
    room: Room, handler: Callable[..., None], deadline_s: float, error: str
) -> None:
    room.policy = replace(POLICY, deadline_s=deadline_s)
    room.start()
    room.server.on("/a/1", handler)

    room.fetch()

    assert error in room.rows("SELECT error FROM article_page")[0][0]
    assert room.counts() == {}


@pytest.mark.parametrize("kind", ["application/pdf", "video/mp4", "application/json"])
def test_what_is_no_page_is_left(room: Room, kind: str) -> None:
    room.server.answers("/a/1", page_of(), Content_Type=kind)
    room.start()

    room.fetch()

    assert room.counts() == {"fetched": 1, "no_page": 1}


@pytest.mark.parametrize(
    ("charset", "header"),
    [
        ("windows-1251", "text/html"),
        ("windows-1251", "text/html; charset=windows-1251"),
        ("koi8-r", "text/html"),
        ("utf-8", "text/html; charset=windows-1251"),
    ],
)
def test_a_page_is_read_in_its_own_encoding(room: Room, charset: str, header: str) -> None:
    title = "Лоцманы паромов начнут забастовку"
    page = page_of(*RUSSIAN, title=title, lang="ru", charset=charset)
    room.server.answers("/a/1", page, Content_Type=header)
    room.start(text="Лоцманы паромов начнут забастовку в понедельник…", title=title)

    room.fetch()

    assert all(each in room.text() for each in RUSSIAN)


def test_a_killed_worker_holds_its_host_until_its_lease_ends_and_its_try_counts(
    room: Room,
) -> None:
    room.start(page_of())
    with pytest.raises(Killed):
        room.fetch(room.fetcher(robots=Killing()))

    room.clock.forward(minutes=4)
    assert not room.fetch()
    room.clock.forward(seconds=LEASE.total_seconds() + 1, minutes=1)
    assert room.fetch()

    assert LAST in room.text()
    assert room.rows("SELECT tries FROM article_page") == [(2,)]


def test_a_page_that_kills_every_worker_is_left_alone(room: Room) -> None:
    room.start(page_of())
    for _ in range(schedule.MOST_TRIES):
        with pytest.raises(Killed):
            room.fetch(room.fetcher(robots=Killing()))
        room.clock.forward(days=1)
    room.fetch()

    assert room.counts() == {"failed": 1}
    assert not room.fetch()


def test_a_worker_that_comes_late_changes_nothing(room: Room) -> None:
    room.start()

    def overtaken(connection: Any, _: Any) -> None:
        room.clock.now += LEASE + timedelta(minutes=10)
        room.server.answers("/a/1", page_of(*PARAGRAPHS[::-1]))
        room.fetch()
        connection.sendall(answer(page_of()))

    room.server.on("/a/1", overtaken)
    room.fetch()

    assert room.counts() == {"fetched": 1, "taken": 1}
    assert room.text().index(PARAGRAPHS[-1]) < room.text().index(PARAGRAPHS[0])


@pytest.mark.slow
def test_a_fault_at_any_statement_is_a_try_and_the_text_comes_in_the_end(room: Room) -> None:
    room.start(page_of())
    for nth in count(1, 7):
        path = f"/b/{nth}"
        room.server.answers(path, page_of(*PARAGRAPHS, f"Number {nth} of these."))
        document = feed_of(room.server.url(path)).replace(b">one<", f">n{nth}<".encode())
        room.poll_again(document, hours=25)
        with failing_statements(room.app, nth_of(nth)) as statements:
            room.fly(seconds=20)
        room.fly(hours=2)

        assert 1 <= room.asked(path) <= 2
        bodies = room.rows("SELECT body_html FROM article")
        assert sum(f"Number {nth} of" in body for (body,) in bodies) == 1
        if not statements.failed:
            break
    assert nth > 20


def test_a_fault_nobody_foresaw_is_counted_retried_and_left_in_the_end(
    room: Room, caplog: Any
) -> None:
    class Broken:
        def of(self, *_: Any) -> Any:
            raise Injected

    room.start(page_of())
    counted = faults(room.client, LOOP)

    room.fly(room.fetcher(robots=Broken()), days=4)

    assert faults(room.client, LOOP) - counted == schedule.MOST_TRIES
    assert room.counts() == {"failed": 1}
    assert room.rows("SELECT error FROM article_page")[0][0].startswith("internal fault ")


@pytest.mark.slow
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(reply=answers())
def test_whatever_a_server_answers_no_fault_comes_of_it(room: Room, reply: bytes) -> None:
    number = len(room.server.asked)
    path = f"/h/{number}"
    counted = counted_faults(LOOP)
    room.start(path=path)
    room.poll_again(feed_of(room.server.url(path)).replace(b">one<", f">h{number}<".encode()))
    room.server.on(path, raw(reply))

    room.fly(minutes=1, rests=6)

    assert counted_faults(LOOP) == counted
    assert room.asked(path) >= 1
