"""Feeds as the real processes serve them, and what they tell a cache in front."""

import signal
from collections.abc import Callable

import pytest

from tests.backend.outbound.server import publisher
from tests.flows.running import KEY, Running
from tests.waiting import until

pytestmark = pytest.mark.slow

Start = Callable[..., Running]
ARTICLE = {"title": "Ferry", "url": "https://p.example/1", "body_text": "x", "tags": ["Harbour"]}


def put(running: Running) -> str:
    path = "/v1/newsroom/articles/herald/1"
    answer = running.call("PUT", path, json_body=ARTICLE, secret=KEY)
    assert answer.status == 201, answer.text
    return str(answer.json["id"])


def test_a_cursor_of_ten_kilobytes_is_refused_in_the_words_of_every_wrong_one(
    start: Start,
) -> None:
    running = start(DEMO="0")
    assert running.wait_for("/readyz", 200), running.log.read_text()
    put(running)

    for place in ("articles?cursor=", "articles?until=", "changes?cursor="):
        answer = running.call("GET", f"/v1/tags/harbour/{place}{'A' * 10_240}")

        assert answer.status == 400
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json["type"] == "/problems/bad-cursor"


def test_a_purge_that_nobody_took_outlives_the_process(start: Start) -> None:
    with publisher() as cache:
        cache.answers("/purge", b"", "503 Away")
        settings = {"DEMO": "0", "PURGE_URL": cache.url("/purge")}
        running = start(**settings)
        assert running.wait_for("/readyz", 200), running.log.read_text()
        article = put(running)
        until(lambda: len(cache.asked) >= 2)
        running.process.send_signal(signal.SIGKILL)
        running.process.wait()
        assert running.wait_for("/healthz", 0)

        cache.answers("/purge", b"", "200 OK")
        cache.asked.clear()
        start(**settings)
        until(lambda: cache.asked)

    assert f"article-{article}" in cache.asked[0].headers["surrogate-key"].split()
