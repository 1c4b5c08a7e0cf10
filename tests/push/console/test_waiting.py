"""Whoever may approve is told that something waits: on every page, and by a webhook."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.http.hooks import Event
from tests.conftest import Clock
from tests.factories import register
from tests.people import Person
from tests.push.conftest import Provider
from tests.push.console.test_alerts import Work, hash_on, write
from tests.push.editor import NOTIFICATIONS, TAG

pytestmark = pytest.mark.usefixtures("tagged")

REQUESTED = "notification.approval_requested"
ASKS = re.compile(r'hx-get="(/console/alerts/waiting\?shown=[\w-]+)"')


@pytest.fixture
def told(app: Flask) -> Iterator[list[Event]]:
    """What other systems were told to come and read."""
    events: list[Event] = []
    hooks = app.extensions["tagwire"].hooks.on_event
    hooks.append(lambda _session, event: events.append(event))
    yield events
    hooks.pop()


def test_every_page_says_to_who_may_approve_how_many_wait_and_goes_on_saying_it(
    ann: Person, bob: Person
) -> None:
    asks = ASKS.findall(bob.get("/console/account").text)
    path = write(ann)
    write(bob, title="Of his own")

    [told] = [bob.get(each).text for each in asks]
    page = bob.get("/console/account").text
    bob.send(f"{path}/approve", data={"content_hash": hash_on(bob.get(path).text)})

    for each in (told, page):
        assert f'<a href="{path}">1 alert waits for you</a>' in each
    [again] = ASKS.findall(told)
    assert ASKS.findall(page) == [again]
    assert "waits for you" not in bob.get(again).text
    assert "hx-get" not in ann.get("/console/account").text
    assert bob.get(ASKS.findall(bob.get(again).text)[0]).status_code == 204


def test_a_console_that_is_left_open_is_no_use_of_its_session(bob: Person, clock: Clock) -> None:
    for _ in range(12):
        left = bob.get("/console/alerts/waiting", headers={"X-Unattended": "1"}).status_code
        clock.forward(hours=1)

    assert left == 200
    assert not bob.is_logged_in()


def test_a_webhook_tells_of_each_request_for_approval_with_the_page_to_decide_on(
    client: FlaskClient, told: list[Event], ann: Person, bob: Person, work: Work, provider: Provider
) -> None:
    register(client, TAG)
    path = write(ann)
    write(ann, approval=False)
    ann.send(path.replace("/console/alerts", NOTIFICATIONS), "PATCH", json={"title": "Closed"})
    bob.send(f"{path}/send-back", data={"note": "Until when?"})
    ann.send(path.replace("/console/alerts", NOTIFICATIONS), "PATCH", json={"title": "Till noon"})
    bob.send(f"{path}/approve", data={"content_hash": hash_on(bob.get(path).text)})
    work()
    ann.send(f"{path}/correct", data={"title": "Bridge open", "body": ""})

    asked = [event for event in told if event.name == REQUESTED]
    assert [event.data["title"] for event in asked] == ["Bridge closed", "Till noon", "Bridge open"]
    assert asked[1].data == {
        "id": path.rpartition("/")[2],
        "title": "Till noon",
        "urgency": "normal",
        "by": "ann",
        "url": f"https://news.test{path}",
    }
    assert len(provider.messages) == 2
