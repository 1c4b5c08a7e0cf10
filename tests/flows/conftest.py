"""Starts what a flow needs and stops it by its process id."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import SECRET_KEY, copied
from tests.flows.running import Running

Start = Callable[..., Running]


@pytest.fixture
def start(tmp_path: Path, template: str) -> Iterator[Start]:
    """Starts `tagwire up` on a database of the engine under test that is migrated and empty."""
    with on_a_copy(template, tmp_path) as run:
        yield run


@pytest.fixture
def start_anew(tmp_path: Path, empty_database: str) -> Iterator[Start]:
    """The same on a database without a table."""
    with starting(tmp_path, empty_database) as run:
        yield run


@contextmanager
def on_a_copy(template: str, folder: Path) -> Iterator[Start]:
    """SQLite's copy is where `tagwire up` looks for it without a setting."""
    place = folder / "var"
    place.mkdir()
    with copied(template, place) as database, starting(folder, database) as run:
        yield run


@contextmanager
def starting(folder: Path, database: str) -> Iterator[Start]:
    """Starts it with these settings, the program itself when one is given."""
    started: list[Running] = []
    given = {}
    if not database.startswith("sqlite"):
        given = {"DATABASE_URL": database, "SECRET_KEY": SECRET_KEY, "DEMO": "1"}

    def run(*program: str, **settings: str) -> Running:
        started.append(Running(folder, program, **given | settings))
        return started[-1]

    yield run
    for running in started:
        running.stop()
