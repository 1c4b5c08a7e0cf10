"""A room with a publisher on a real socket."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.backend.ingest.pages.pages import Room
from tests.backend.outbound.server import Publisher, publisher
from tests.conftest import Clock


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | {"FETCH_ALLOW_NETWORKS": "127.0.0.0/8"}


@pytest.fixture
def server() -> Iterator[Publisher]:
    with publisher() as found:
        yield found


@pytest.fixture
def room(app: Flask, client: FlaskClient, clock: Clock, server: Publisher) -> Room:
    return Room(app, client, clock, server)
