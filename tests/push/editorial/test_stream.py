"""An editor watches an alert leave: server-sent events with state and counts."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient

from tests.conftest import EDITOR
from tests.factories import register
from tests.push.conftest import Provider
from tests.push.editor import NOTIFICATIONS, TAG, alert, read

pytestmark = pytest.mark.usefixtures("tagged")
MOST_ON_THREADS = 4


def events(chunks: Any) -> Any:
    for chunk in chunks:
        data, id_, *rest = chunk.split(b"\n")
        assert data.startswith(b"data: ")
        assert id_.startswith(b"id: ")
        assert rest == [b"", b""]
        yield orjson.loads(data[6:])


def last_event_id(event: Any) -> dict[str, str]:
    """What a browser that heard this event says when it asks again."""
    return {"Last-Event-ID": event.partition(b"id: ")[2].strip().decode()}


def test_each_event_tells_the_state_of_its_moment_and_the_last_is_the_end(
    client: FlaskClient, work: Callable[[], None], provider: Provider
) -> None:
    register(client, TAG)
    notification = alert(client)

    answer = client.get(f"{NOTIFICATIONS}/{notification['id']}/stream", headers=EDITOR)
    stream = events(answer.response)
    begun = next(stream)
    work()
    end = next(stream)

    assert answer.mimetype == "text/event-stream"
    assert begun["state"] == "planning"
    assert (end["state"], end["counts"]["accepted"]) == ("sent", 1)
    assert end["counts"] == read(client, notification)["counts"]
    assert list(stream) == []


def test_nobody_waits_for_an_alert_that_is_not_there(client: FlaskClient) -> None:
    assert client.get(f"{NOTIFICATIONS}/nothing/stream", headers=EDITOR).status_code == 404


def test_streams_are_bounded_and_a_closed_one_gives_its_place_back(client: FlaskClient) -> None:
    register(client, TAG)
    address = f"{NOTIFICATIONS}/{alert(client)['id']}/stream"

    open_ = [client.get(address, headers=EDITOR) for _ in range(MOST_ON_THREADS)]
    refused = client.get(address, headers=EDITOR)
    assert [each.status_code for each in open_] == [200] * MOST_ON_THREADS
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0

    open_.pop().close()
    assert client.get(address, headers=EDITOR).status_code == 200


def test_who_was_cut_off_hears_of_changes_alone_and_of_the_end_once(
    client: FlaskClient, work: Callable[[], None], provider: Provider
) -> None:
    register(client, TAG)
    address = f"{NOTIFICATIONS}/{alert(client)['id']}/stream"
    last = last_event_id(next(iter(client.get(address, headers=EDITOR).response)))

    work()
    told = list(client.get(address, headers={**EDITOR, **last}).response)

    assert [event["state"] for event in events(told)] == ["sent"]
    end = last_event_id(told[-1])
    assert client.get(address, headers={**EDITOR, **end}).status_code == 204
    assert client.get(address, headers={**EDITOR, **last}).status_code == 200
