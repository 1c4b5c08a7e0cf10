"""Several web processes on one database answer as one: what one writes, all of them show."""

from collections.abc import Iterator
from pathlib import Path

import pytest

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
        WEB_WORKERS="2",
        RATELIMIT_ENABLED="0",
    )
    assert found.wait_for("/readyz", 200), found.log.read_text()
    yield found
    found.stop()


def put(running: Running, number: int) -> None:
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
