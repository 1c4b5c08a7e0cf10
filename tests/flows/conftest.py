"""Starts what a flow needs and stops it by its process id."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import SECRET_KEY
from tests.flows.running import Running


@pytest.fixture
def start(tmp_path: Path, empty_database: str) -> Iterator[Callable[..., Running]]:
    """Starts `tagwire up` on the engine under test; SQLite is the default that needs no setting."""
    started: list[Running] = []
    given = {}
    if not empty_database.startswith("sqlite"):
        given = {"DATABASE_URL": empty_database, "SECRET_KEY": SECRET_KEY, "DEMO": "1"}

    def run(**settings: str) -> Running:
        started.append(Running(tmp_path, **given | settings))
        return started[-1]

    yield run
    for running in started:
        running.stop()
