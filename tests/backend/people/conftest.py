"""An app whose site is visited over TLS, as cookies need it."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.people import SECURE


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app(PUBLIC_URL=SECURE)
