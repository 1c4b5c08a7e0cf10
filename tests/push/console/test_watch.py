"""Who watches an alert leave sees it as long as their session or key lasts, and no longer."""

from collections.abc import Callable, Iterator
from contextvars import copy_context
from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.http.keys import create_key, revoke_keys
from tests.conftest import Clock, bearer
from tests.people import Person
from tests.push.editor import NOTIFICATIONS, alert

pytestmark = pytest.mark.usefixtures("tagged")


def states(asked: Callable[..., Any], address: str, **more: Any) -> Iterator[str]:
    """The state that each event of a stream says; every stream runs in a context of its own."""
    context = copy_context()
    events = iter(context.run(asked, f"{address}/stream", **more).response)
    while (event := context.run(next, events, None)) is not None:
        yield orjson.loads(event.partition(b"\n")[0].removeprefix(b"data: "))["state"]


@pytest.mark.parametrize("by", ["log-out", "role", "disabled"])
def test_a_stream_ends_with_the_session_that_opened_it_and_no_other_does(
    client: FlaskClient, ann: Person, bob: Person, by: str
) -> None:
    address = f"{NOTIFICATIONS}/{alert(client)['id']}"
    of_ann, of_bob = (states(each.get, address) for each in (ann, bob))
    assert next(of_ann) == next(of_bob) == "planning"

    if by == "log-out":
        ann.send("/console/logout")
    else:
        changes = {"role": {"role": "publisher", "sources": ["herald"]}}
        change = changes.get(by, {"disabled": True})
        bob.send(f"/v1/newsroom/users/{ann.id}", "PATCH", json=change)

    assert list(of_ann) == []
    bob.send(f"{address}/recall")
    assert list(of_bob)[-1] == "recalled"


def test_a_stream_ends_with_the_key_that_opened_it(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    with app.app_context():
        secret = create_key("editor", "desk", (), now=clock.now)
    address = f"{NOTIFICATIONS}/{alert(client)['id']}"
    watched = states(client.get, address, headers=bearer(secret))
    assert next(watched) == "planning"

    with app.app_context():
        revoke_keys("desk", now=clock.now)

    assert list(watched) == []
