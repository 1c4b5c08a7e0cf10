"""What many phones say at once is written together, each as if it were alone."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from push.store.id_list import contains, pack
from tests.at_front import Asked, at_once
from tests.factories import Phone, register
from tests.push.editor import TAG, alert, read

AT = "2026-03-02T12:00:00Z"


@pytest.mark.usefixtures("tagged")
def test_what_many_say_at_once_is_counted_once_each(
    app: Flask, client: FlaskClient, work: Callable[[], None]
) -> None:
    phones = [register(client, TAG) for _ in range(3)]
    sent = alert(client)
    work()
    other = register(client, TAG)
    twice = [_event(sent, "received"), _event(sent, "opened"), _event(sent, "opened")]
    answers = at_once(
        app,
        *(_said(phone, phone, *twice) for phone in phones),
        _said(other, other, _event(sent, "opened"), _event({"id": "nothing"}, "opened")),
        _said(phones[0], phones[1], *twice),
        _said(phones[0], phones[0], {"type": "eaten", "notification_id": "x", "at": AT}),
        Asked("POST", f"/v1/installations/{phones[0].id}/events", {"events": twice}),
    )
    again = at_once(app, _said(phones[0], phones[0], *twice))[0]

    assert [_statuses(each.body) for each in answers[:3]] == [
        ["counted", "counted", "repeated"]
    ] * 3
    assert _statuses(answers[3].body) == ["ignored", "ignored"]
    assert [each.status for each in answers[4:]] == [404, 202, 401]
    assert _statuses(answers[5].body) == ["refused"]
    assert _statuses(again.body) == ["repeated"] * 3
    counts = read(client, sent)["counts"]
    assert (counts["received"], counts["opened"]) == (3, 3)


def _event(sent: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"type": kind, "notification_id": sent["id"], "at": AT}


def _said(who: Phone, whose: Phone, *events: dict[str, Any]) -> Asked:
    path = f"/v1/installations/{whose.id}/events"
    return Asked("POST", path, {"events": list(events)}, who.auth)


def _statuses(body: bytes) -> list[str]:
    return [each["status"] for each in orjson.loads(body)["results"]]


@given(st.sets(st.integers(1, 3_000_000)), st.integers(1, 3_000_000))
def test_an_id_is_found_in_a_packed_set(ids: set[int], other: int) -> None:
    packed = pack(ids)

    assert all(contains(packed, each) for each in ids)
    assert contains(packed, other) is (other in ids)
