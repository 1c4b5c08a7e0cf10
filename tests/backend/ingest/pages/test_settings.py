"""Whether pages are fetched is set over API, command and file, shown with counts, and runs."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tagwire import main
from tests.backend.ingest.pages.pages import LAST, PATH, Room, feed_of, page_of
from tests.backend.outbound.server import answer
from tests.conftest import EDITOR
from tests.preloaded import Begun, begin
from tests.waiting import until


def run(room: Room, *words: str) -> Any:
    return room.app.test_cli_runner().invoke(main, ["sources", *words])


def shown(room: Room) -> dict[str, Any]:
    found: dict[str, Any] = room.client.get(PATH, headers=EDITOR).get_json()
    return found


def test_a_new_source_has_the_text_of_its_feed_alone(room: Room) -> None:
    made = room.put(feed_url="https://harbour.example/feed")

    assert made["full_text"] == "feed"
    assert set(made["page_counts"].values()) == {0}


def test_a_command_sets_it_and_says_what_is_missing(room: Room) -> None:
    room.put(feed_url="https://harbour.example/feed")

    refused = run(room, "set", "harbour", "full_text=page")
    done = run(room, "set", "harbour", "full_text=page", "rights=full")

    assert refused.exit_code == 1
    assert "rights are full" in refused.output
    assert done.exit_code == 0, done.output
    assert shown(room)["full_text"] == "page"
    wrong = run(room, "set", "harbour", "full_text=all")
    assert "full_text: Must be one of" in wrong.output


def test_a_file_sets_it(room: Room, tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    file.write_text('[harbour]\nfeed_url = "https://h.example/f"\nrights = "full"\n')
    with file.open("a") as more:
        more.write('full_text = "page"\n')

    done = run(room, "apply", str(file))

    assert done.exit_code == 0, done.output
    assert shown(room)["full_text"] == "page"


@pytest.mark.parametrize("value", ["all", None, 1])
def test_what_it_cannot_be_is_refused_by_name(room: Room, value: object) -> None:
    given = {"feed_url": "https://h.example/f", "rights": "full", "full_text": value}
    answer = room.client.put(f"{PATH}?check=false", json=given, headers=EDITOR)

    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == ["full_text"]


def test_without_a_feed_there_is_nothing_to_set(room: Room) -> None:
    fields = {"full_text": "page", "rights": "full"}
    answer = room.client.put(PATH, json=fields, headers=EDITOR)

    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == ["full_text"]


def test_what_became_of_pages_is_shown_listed_and_metered(room: Room) -> None:
    room.start(page_of())
    assert "tagwire_pages_waiting 1.0" in room.client.get("/metrics").text
    room.fetch()

    counts = shown(room)["page_counts"]
    assert (counts["fetched"], counts["taken"], counts["robots"]) == (1, 1, 0)
    assert "(pages: 1 fetched, 1 taken)" in run(room, "list").output
    metrics = room.client.get("/metrics").text
    assert "tagwire_pages_waiting 0.0" in metrics
    assert 'tagwire_pages_total{outcome="taken"}' in metrics


def test_a_source_that_is_removed_or_paused_has_no_page_fetched(room: Room) -> None:
    room.start(page_of())
    room.put(paused=True)
    assert not room.fetch()

    room.put(paused=False)
    room.client.delete(PATH, headers=EDITOR)

    assert not room.fetch()
    assert room.rows("SELECT * FROM article_page") == []
    assert room.asked() == 0


def test_the_old_setting_back_forgets_what_waits_and_keeps_what_came(room: Room) -> None:
    room.start(page_of())
    room.fetch()

    room.put(full_text="feed")

    assert LAST in room.text()
    assert room.rows("SELECT * FROM article_page") == []


@pytest.fixture
def poller(room: Room, environ: dict[str, str], tmp_path: Path) -> Iterator[Callable[[], Begun]]:
    """Starts processes of `tagwire poll`."""
    made: list[Begun] = []

    def start() -> Begun:
        with (tmp_path / "log").open("a") as log:
            made.append(begin(["poll"], tmp_path, os.environ | environ, log, log))
        return made[-1]

    yield start
    for process in made:
        process.kill()
        process.wait()


@pytest.mark.slow
def test_a_poller_that_is_killed_in_the_middle_of_a_page_leaves_a_failed_try(
    room: Room, poller: Callable[[], Begun]
) -> None:
    held = threading.Event()

    def hold(connection: Any, _: Any) -> None:
        held.wait(20)
        connection.sendall(answer(page_of()))

    room.server.on("/a/1", hold)
    room.start()
    process = poller()
    until(lambda: room.asked() == 1)

    process.send_signal(signal.SIGKILL)
    process.wait()
    held.set()

    [row] = room.rows("SELECT tries, outcome FROM article_page")
    assert tuple(row) == (1, None)
    [(host,)] = room.rows("SELECT lease_until IS NOT NULL FROM page_host")
    assert host
    assert LAST not in room.text()


@pytest.mark.slow
def test_the_poller_fetches_pages_beside_feeds(room: Room, poller: Callable[[], Begun]) -> None:
    room.start(page_of())
    room.server.answers("/feed", feed_of(room.server.url("/a/1"), title="Another one"))

    process = poller()
    until(lambda: LAST in room.text())

    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
