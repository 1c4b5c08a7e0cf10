"""What two days told is read while everybody else can write, and then only what is new."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, event

from backend.core.db import db
from tests.backend.stories.telling import RESIGNS, SOURCES, story_of, tell
from tests.conftest import EDITOR

PATH = "/v1/newsroom/articles"


@pytest.fixture
def read_from(make_app: Callable[..., Flask]) -> Callable[[Flask], list[int]]:
    """The number of the row from which each write transaction of an app reads what was told."""

    def listen(app: Flask) -> list[int]:
        found: list[int] = []

        def asked(
            connection: Connection, _cursor: object, statement: str, values: Any, *_: object
        ) -> None:
            is_of_window = "FROM story_terms" in statement and "story_terms.seq >=" in statement
            if is_of_window and connection.get_execution_options().get("writes"):
                found.append(values["seq"] if isinstance(values, dict) else values[0])

        with app.app_context():
            event.listen(db.engine, "before_cursor_execute", asked)
        return found

    return listen


def test_what_begins_to_publish_reads_the_window_before_it_writes(
    make_app: Callable[..., Flask], read_from: Callable[[Flask], list[int]]
) -> None:
    old, new = make_app(), make_app()
    for source, told in zip(SOURCES[1:3], RESIGNS[1:3], strict=True):
        tell(old.test_client(), source, told)
    asked = read_from(new)

    first = tell(new.test_client(), SOURCES[0], RESIGNS[0])

    assert asked
    assert 0 not in asked
    assert story_of(new.test_client(), first["id"])["source_count"] == 3


@pytest.mark.parametrize("act", ["corrected", "taken down"])
def test_the_newest_may_change_and_the_window_is_not_read_anew(
    make_app: Callable[..., Flask], read_from: Callable[[Flask], list[int]], act: str
) -> None:
    apps = make_app(), make_app()
    clients = [app.test_client() for app in apps]
    for client, source, told in zip(clients * 2, SOURCES[:4], RESIGNS[:4], strict=True):
        newest = tell(client, source, told)["id"]
    asked = [read_from(app) for app in apps]

    if act == "corrected":
        answer = clients[1].patch(f"{PATH}/{newest}", json={"title": "A notice"}, headers=EDITOR)
    else:
        answer = clients[1].delete(f"{PATH}/{newest}", headers=EDITOR)
    assert answer.status_code < 300
    for client, source, told in zip(clients, SOURCES[4:6], RESIGNS[4:6], strict=True):
        last = tell(client, source, told)["id"]

    assert all(asked)
    assert all(0 not in each for each in asked)
    assert story_of(clients[0], last)["source_count"] == (6 if act == "corrected" else 5)
