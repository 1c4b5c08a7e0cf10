"""A page that everybody wants at once is rendered by one of them."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import event

from backend.core.db import db
from backend.feed.single_flight import SingleFlight
from tests.conftest import SITE
from tests.factories import publish

WAITING = 8


@pytest.mark.parametrize("path", ["/v1/articles/{id}", "/tag/Harbour", "/v1/tags/harbour/articles"])
def test_a_surge_on_a_page_that_changed_renders_it_once(
    make_app: Callable[..., Flask], path: str
) -> None:
    app = make_app()
    client = app.test_client()
    address = path.format(id=publish(client, external_id="1", tags=["Harbour"])["id"])
    client.get(address)
    publish(client, external_id="1", tags=["Harbour"], title="Changed")
    rendered: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "card" in statement:
            rendered.append(statement)
            time.sleep(0.05)  # all others arrive meanwhile

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", hear)
    client.get(address)
    once = len(rendered)
    publish(client, external_id="1", tags=["Harbour"], title="Corrected")
    rendered.clear()
    barrier = Barrier(WAITING)

    def ask(_: int) -> str:
        barrier.wait()
        return app.test_client().get(address, base_url=SITE).text

    with ThreadPoolExecutor(WAITING) as pool:
        answers = set(pool.map(ask, range(WAITING)))

    assert len(answers) == 1
    assert "Corrected" in answers.pop()
    assert 0 < len(rendered) <= once


def test_who_waited_in_vain_goes_on_alone() -> None:
    flights = SingleFlight(timedelta(0))

    assert flights.lead("page")
    assert not flights.lead("page")
    assert flights.lead("other")
    flights.land("page")
    assert flights.lead("page")
