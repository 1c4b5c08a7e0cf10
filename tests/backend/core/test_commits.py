"""Who waits for commits: told of each, told of nothing else, and never for long without looking."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from typing import Any, cast

import pytest
from flask import Flask
from sqlalchemy import text

from backend.core.commits import (
    LONGEST_REST,
    Bell,
    Channel,
    Commits,
    commits_of,
    rest,
    seconds_until,
)
from backend.core.db import db, transaction
from tests.conftest import START
from tests.waiting import comes_to_hold

WAITED_FOR: dict[Channel, tuple[str, ...]] = import_module(
    "backend.migrations.versions.0044_wake"
).WAITED_FOR
EACH_TABLE = [(channel, table) for channel, tables in WAITED_FOR.items() for table in tables]


class Told:
    """Commits that are told in this order; afterwards there are none."""

    def __init__(self, *news: bool) -> None:
        self.news: Iterator[bool] = iter(news)

    def has_news(self) -> bool:
        return next(self.news, False)


class Turns:
    """A stop signal that comes after so many waits."""

    def __init__(self, turns: int) -> None:
        self.left = turns

    def wait(self, _seconds: float) -> bool:
        self.left -= 1
        return self.left < 0


@pytest.fixture
def commits(app: Flask) -> Iterator[Commits]:
    with app.app_context():
        found = commits_of(db.engine, "tagwire_newsroom")
        assert found.has_news()  # it knows nothing yet
        yield found


def hears(commits: Commits) -> bool:
    """A notification needs a moment to arrive."""
    return comes_to_hold(commits.has_news)


def touch(table: str) -> None:
    with transaction() as session:
        session.execute(text(f"DELETE FROM {table}"))


def test_a_commit_is_told_once(commits: Commits) -> None:
    assert not commits.has_news()
    touch("purge_progress")

    assert hears(commits)
    assert not commits.has_news()


def test_what_is_rolled_back_or_only_read_is_no_news(commits: Commits) -> None:
    session = db.session()
    session.execute(text("SELECT * FROM purge_progress"))
    session.rollback()
    session.execute(text("DELETE FROM purge_progress"))
    session.rollback()

    assert not commits.has_news()


@pytest.mark.parametrize(("channel", "table"), EACH_TABLE)
def test_whoever_writes_what_a_process_waits_for_wakes_it(
    app: Flask, channel: Channel, table: str
) -> None:
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            pytest.skip("its file tells of every commit")
        waiting = commits_of(db.engine, channel)
        waiting.has_news()
        touch(table)

        assert hears(waiting)


@pytest.mark.parametrize(
    ("ahead", "seconds"),
    [
        (None, LONGEST_REST.total_seconds()),
        (timedelta(days=1), LONGEST_REST.total_seconds()),
        (timedelta(seconds=3), 3),
        (timedelta(0), 0),
        (timedelta(days=-1), 0),
    ],
)
def test_a_rest_ends_when_something_is_due_and_soon_anyway(
    ahead: timedelta | None, seconds: float
) -> None:
    assert seconds_until(START + ahead if ahead is not None else None, START) == seconds


@pytest.mark.parametrize(
    ("news", "waits"),
    [((True,), 0), ((False, False, True), 2), ((), 5)],
    ids=["already", "after two looks", "stopped"],
)
def test_a_rest_ends_with_a_commit_or_when_stopped(news: tuple[bool, ...], waits: int) -> None:
    stopped = Turns(4)

    rest(Told(*news), None, START, cast(Any, stopped))

    assert 4 - stopped.left == waits


def test_a_bell_that_rang_since_it_was_heard_keeps_nobody_waiting() -> None:
    bell = Bell(Told(False, True))
    heard = bell.rings

    bell.watch(cast(Any, Turns(2)))

    assert bell.rings == heard + 2  # the commit, and that it was stopped
    bell.wait(heard, seconds=3600)


def test_a_commit_wakes_every_thread_that_waits() -> None:
    bell, heard = Bell(Told(True)), 0
    threads = [threading.Thread(target=bell.wait, args=(heard, 3600.0)) for _ in range(3)]
    for each in threads:
        each.start()

    bell.watch(cast(Any, Turns(1)))

    for each in threads:
        each.join(30)
    assert not any(each.is_alive() for each in threads)
