"""A page that became stale is made once for all who ask for it, also in an overload."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from flask import Flask, request_started
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder

from backend.asgi.renewal import Renewals
from backend.http.fast_path import fast_path
from tests.at_front import Asked, at_once
from tests.conftest import EDITOR
from tests.coroutines import run
from tests.factories import publish

PAGE = Asked("GET", "/tag/Harbour", headers={"accept": "text/html"})
OVERLOAD_S = 1


@contextmanager
def entered(app: Flask) -> Iterator[list[Any]]:
    """The requests that come to Flask meanwhile."""
    found: list[Any] = []

    def hear(_app: Flask, **_: Any) -> None:
        found.append(1)

    with request_started.connected_to(hear, app):
        yield found


def test_of_many_who_ask_for_a_stale_page_one_has_it_made(app: Flask, client: FlaskClient) -> None:
    publish(client, tags=["Harbour"], title="Ships wait")
    at_once(app, PAGE)
    publish(client, tags=["Harbour"], title="Ships go")

    with entered(app) as came:
        answers = at_once(app, *[PAGE] * 12)

    assert [each.status for each in answers] == [200] * 12
    assert all(b"Ships go" in each.body for each in answers)
    assert len(came) == 1


def test_in_an_overload_it_is_made_and_nobody_who_asks_for_it_is_refused(
    app: Flask, client: FlaskClient
) -> None:
    publish(client, tags=["Harbour"], title="Ships wait")
    at_once(app, PAGE)
    publish(client, tags=["Harbour"], title="Ships go")
    never_asked = Asked("GET", "/v1/search?q=ships")

    with entered(app) as came:
        answers = at_once(app, PAGE, never_asked, PAGE, PAGE, late_s=OVERLOAD_S)

    assert [each.status for each in answers] == [200, 503, 200, 200]
    assert b"Ships go" in answers[-1].body
    assert len(came) == 1


def test_who_waits_for_what_is_kept_for_nobody_is_answered_as_if_alone(
    app: Flask, client: FlaskClient
) -> None:
    article = publish(client, external_id="1", tags=["Harbour"])
    page = Asked("GET", f"/v1/articles/{article['id']}")
    at_once(app, page)
    client.delete("/v1/newsroom/articles/herald/1", headers=EDITOR)

    assert {each.status for each in at_once(app, *[page] * 5)} == {410}


def test_a_page_is_stale_from_the_change_of_what_it_shows_on(
    app: Flask, client: FlaskClient
) -> None:
    """One that is fresh is waited for by nobody, also where Flask has to answer it: another
    machine may count the calls.
    """
    publish(client, tags=["Harbour"])
    at_once(app, PAGE)
    environ = EnvironBuilder(PAGE.path, base_url="http://news.test", headers=PAGE.headers.items())
    stale = fast_path(app).stale_page

    assert stale(environ.get_environ()) is None
    publish(client, tags=["Harbour"])
    assert stale(environ.get_environ()) is not None


def test_nobody_waits_for_ever_nor_for_a_maker_that_failed() -> None:
    async def scenario() -> list[bool]:
        renewals, found = Renewals(timedelta(milliseconds=10)), []
        try:
            with renewals.making("page"):
                await renewals.made("page")  # in vain
                found.append(renewals.is_under_way("page"))
                waiting = asyncio.create_task(renewals.made("page"))
                await asyncio.sleep(0)
                raise ValueError("it failed")
        except ValueError:
            await waiting
        return [*found, renewals.is_under_way("page")]

    assert run(scenario()) == [True, False]
