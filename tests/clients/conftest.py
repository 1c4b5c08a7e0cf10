"""The document, and a server that a generated client calls."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients import generators
from tests.flows.running import KEY, Running
from tools.contract import ROOT, served

TAG = "Wharf"


@dataclass(frozen=True)
class Newsroom:
    """A server with two articles of a tag; since `sync_cursor` one came and one was taken down."""

    url: str
    sync_cursor: str
    removed_id: str


@pytest.fixture(scope="session")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("document") / "openapi.json"
    path.write_text(json.dumps(served()), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    generators.folder()
    # The code beside this test, also where another tree's is installed.
    running = Running(tmp_path_factory.mktemp("newsroom"), PYTHONPATH=str(ROOT))
    try:
        assert running.wait_for("/readyz", 200)
        yield filled(running)
    finally:
        running.stop()


def filled(running: Running) -> Newsroom:
    put(running, "One")
    removed_id = put(running, "Two")
    page = running.call("GET", f"/v1/tags/{TAG}/articles").json
    put(running, "Three")
    gone = running.call("DELETE", "/v1/newsroom/articles/herald/two", secret=KEY)
    assert gone.status == 204
    return Newsroom(running.url, page["sync_cursor"], removed_id)


def put(running: Running, title: str) -> str:
    path = f"/v1/newsroom/articles/herald/{title.lower()}"
    body = {
        "title": title,
        "url": f"https://herald.example/{title}",
        "body_text": "Nothing more is known.",
        "tags": [TAG],
        "published_at": "2026-03-02T10:00:00Z",
    }
    answer = running.call("PUT", path, json_body=body, secret=KEY)
    assert answer.status == 201, answer.text
    return str(answer.json["id"])
