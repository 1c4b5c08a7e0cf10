"""Two people of a newsroom, on a site over TLS: one writes, the other may approve."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.people import SECURE, Person, person


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app(PUBLIC_URL=SECURE)


@pytest.fixture
def ann(app: Flask) -> Person:
    return person(app, "ann", "editor")


@pytest.fixture
def bob(app: Flask) -> Person:
    return person(app, "bob", "admin")
