"""The page of the test bench: what each phone got, as it was sent, the newest first."""

import re
from datetime import UTC, datetime, timedelta

import orjson

from push.bench.page import MOST
from push.standin.service import Standin
from push.standin.validation import Taken, validate
from tests.conftest import Clock

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def bench(standin: Standin) -> str:
    reply = standin.answer("GET", "/standin/", "", b"")
    assert reply.status == 200
    assert reply.headers["Content-Type"].startswith("text/html")
    return reply.body.decode()


def take(standin: Standin, phone: str, title: str, after_s: int = 0) -> None:
    message = {"token": phone, "notification": {"title": title}, "data": {"url": "/a"}}
    request = validate(orjson.dumps({"message": message}))
    standin.taken.append(Taken(request, NOW + timedelta(seconds=after_s)))


def test_each_phone_has_its_messages_the_newest_first() -> None:
    standin = Standin(Clock(NOW))
    assert "No phone got anything yet." in bench(standin)

    for number, phone in enumerate(["ann", "ben", "ann"]):
        take(standin, phone, f"Title {number}", number)

    shown = bench(standin)
    assert re.findall(r"<bdi>(\w+)</bdi>", shown) == ["ann", "ben"]
    assert re.findall(r"Title \d", shown) == ["Title 2", "Title 0", "Title 1"]
    assert "2026-03-02 12:00:02 UTC" in shown


def test_what_a_message_says_is_text_and_no_markup() -> None:
    standin = Standin(Clock(NOW))
    take(standin, "ann", "</pre><script>alert(1)</script>")

    assert "<script>alert" not in bench(standin)


def test_a_page_holds_the_newest_and_says_how_many_there_are() -> None:
    standin = Standin(Clock(NOW))
    for number in range(MOST + 50):
        take(standin, "ann", "A title", number)

    shown = bench(standin)
    assert shown.count("<pre") == MOST
    assert f"The newest {MOST} of {MOST + 50} messages." in shown
