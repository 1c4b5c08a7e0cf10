"""Several web processes on one database answer as one: what one writes, all of them show."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from backend.catalog.sitemap_part import part_of
from backend.catalog.slug import slug_of
from backend.core.db import to_us
from tests.conftest import SECRET_KEY
from tests.flows.running import KEY, Running

pytestmark = pytest.mark.slow

PATH = "/v1/tags/harbour/articles?limit=1"


@pytest.fixture
def running(database_url: str, tmp_path: Path) -> Iterator[Running]:
    found = Running(
        tmp_path,
        DATABASE_URL=database_url,
        SECRET_KEY=SECRET_KEY,
        DEMO="0",
        WEB_WORKERS="2",
        RATELIMIT_ENABLED="0",
    )
    assert found.wait_for("/readyz", 200), found.log.read_text()
    yield found
    found.stop()


# Where readers may meet an article: every kind of answer that is kept.
SURFACES = (
    "/v1/articles/{id}",
    "/v1/tags/harbour/articles",
    "/v1/sources/herald/articles",
    "/v1/search?q=ferry",
    "{page}",
    "/tag/Harbour",
    "/tag/Harbour.rss",
    "/source/herald",
    "/search?q=ferry",
    "/",
    "/sitemap-news.xml",
    "{sitemap}",
)


@dataclass(frozen=True)
class Sighting:
    began_at: float
    path: str
    text: str


def put(running: Running, number: int) -> dict[str, str]:
    body = {
        "title": f"Ferry {number}",
        "url": f"https://herald.example/{number}",
        "body_text": "It sails.",
        "tags": ["Harbour"],
    }
    answer = running.call(
        "PUT", f"/v1/newsroom/articles/herald/{number}", json_body=body, secret=KEY
    )
    assert answer.status == 201, answer.text
    part = part_of(number, to_us(datetime.now(UTC)))
    return {
        "id": answer.json["id"],
        "page": urlsplit(answer.json["url"]).path,
        "sitemap": f"/sitemap-articles-{part.name}.xml",
    }


def shows(text: str, title: str) -> bool:
    """Whether it says the title, with marks of a search or without, or leads to its page."""
    unmarked = text.replace("<mark>", "").replace("</mark>", "")
    return title in unmarked or f"/{slug_of(title)}<" in text


def newest(running: Running) -> set[str]:
    """What the processes show as the newest; every call is a connection of its own."""
    answers = [running.call("GET", PATH) for _ in range(6)]
    return {answer.json["articles"][0]["title"] for answer in answers}


def test_whichever_process_answers_it_shows_what_was_written_last(running: Running) -> None:
    put(running, 0)
    for number in range(1, 16):
        put(running, number)
        assert newest(running) == {f"Ferry {number}"}

    for number in range(15, 10, -1):
        url = f"/v1/newsroom/articles/herald/{number}"
        assert running.call("DELETE", url, secret=KEY).status == 204
        assert newest(running) == {f"Ferry {number - 1}"}


def test_what_was_taken_down_no_process_shows_on_any_address(running: Running) -> None:
    """While readers ask for all of it: what began after the answer to the takedown counts."""
    articles = [put(running, number) for number in range(101, 107)]
    paths = list(dict.fromkeys(path.format(**each) for path in SURFACES for each in articles))
    seen: list[Sighting] = []
    is_over = threading.Event()

    def read_on(paths: list[str]) -> None:
        for path in cycle(paths):
            if is_over.is_set():
                return
            began_at = time.monotonic()
            seen.append(Sighting(began_at, path, running.call("GET", path).text))

    with ThreadPoolExecutor(3) as readers:
        done = [readers.submit(read_on, paths[at::3]) for at in range(3)]
        gone_at: dict[str, float] = {}
        for number in range(101, 107):
            while len(seen) < len(paths) * (len(gone_at) + 1) and not any(map(Future.done, done)):
                time.sleep(0.01)
            url = f"/v1/newsroom/articles/herald/{number}"
            assert running.call("DELETE", url, secret=KEY).status == 204
            gone_at[f"Ferry {number}"] = time.monotonic()
        while len(seen) < len(paths) * 7 and not any(map(Future.done, done)):
            time.sleep(0.01)
        is_over.set()
        assert [each.result() for each in done] == [None] * 3

    shown = {each.path for each in seen if any(shows(each.text, title) for title in gone_at)}
    assert len(shown) == len(paths)
    late = [
        (each.path, title)
        for each in seen
        for title, at in gone_at.items()
        if each.began_at > at and shows(each.text, title)
    ]
    assert not late
