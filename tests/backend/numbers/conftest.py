"""The numbers of days as the poller makes them and editors read them."""

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.core.db import release
from backend.numbers import daily
from deeplinks.counts.buffer import count_buffer
from tests.conftest import EDITOR, Clock

NUMBERS = "/v1/newsroom/numbers"


@pytest.fixture
def made(app: Flask, clock: Clock) -> Callable[[], None]:
    """Brings the numbers of days up to date, as the poller does."""

    return partial(make_days, app, clock)


def make_days(app: Flask, clock: Clock) -> None:
    count_buffer(app).flush()
    with app.app_context():
        context = app.extensions["tagwire"]
        kept_for = context.settings.numbers_kept
        deque(daily.make_due(context.hooks, kept_for, now=clock.now), maxlen=0)
        deque(daily.forget_old(kept_for, now=clock.now), maxlen=0)
        release()


def read(client: FlaskClient, kind: str, **query: object) -> dict[str, Any]:
    answer = client.get(NUMBERS, headers=EDITOR, query_string={"kind": kind, **query})
    assert answer.status_code == 200, answer.get_json()
    found: dict[str, Any] = answer.get_json()
    return found


def rows(client: FlaskClient, kind: str, **query: object) -> dict[str, dict[str, Any]]:
    """The counts of each row that has any."""
    found = read(client, kind, **query)["rows"]
    return {row["key"]: row["counts"] for row in found if set(row["counts"].values()) != {0}}
