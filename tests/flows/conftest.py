"""Starts what a flow needs and stops it by its process id."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.flows.running import Running


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def run(**settings: str) -> Running:
        started.append(Running(tmp_path, **settings))
        return started[-1]

    yield run
    for running in started:
        running.stop()
