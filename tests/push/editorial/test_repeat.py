"""Repeats: an alert once more, for those of whom nobody knows whether they got it."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.http.keys import create_key
from push.delivery.retention import forget_recipients
from tests.conftest import EDITOR, Clock, bearer
from tests.factories import Phone, publish, register
from tests.push.conftest import ACCEPTED, LOST, UNREGISTERED, Provider
from tests.push.editor import NOTIFICATIONS, TAG, alert, command, read

pytestmark = pytest.mark.usefixtures("tagged")

Work = Callable[[], None]


@pytest.fixture
def lose(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> Callable[..., tuple[Phone, dict[str, Any]]]:
    """An alert that one phone of three ended without a certain outcome of, and one is gone."""

    def run(**fields: Any) -> tuple[Phone, dict[str, Any]]:
        lost, gone, _fine = (register(client, TAG) for _ in range(3))
        provider.answer(lost.address, LOST, LOST, ACCEPTED)
        provider.answer(gone.address, UNREGISTERED)
        notification = alert(client, **fields)
        if fields.get("approval"):
            return lost, notification
        settle(work, clock)
        assert read(client, notification)["counts"]["ambiguous"] == 1
        return lost, notification

    return run


def settle(work: Work, clock: Clock, *, step_s: int = 10) -> None:
    for _ in range(12):
        work()
        clock.forward(seconds=step_s)


def test_it_goes_to_them_alone_in_place_of_what_may_be_there(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock, lose: Any
) -> None:
    lost, notification = lose()
    before = len(provider.sent)

    answer = command(client, notification, "repeat")
    settle(work, clock)

    assert answer.status_code == 202
    assert answer.get_json()["repeats"] == notification["id"]
    first, *_others, last = [m for m in provider.messages if m["token"] == lost.address]
    assert len(provider.sent) == before + 1
    assert last["data"]["url"] == first["data"]["url"]
    assert last["android"] == first["android"] | {"ttl": last["android"]["ttl"]}
    final = read(client, answer.get_json())
    assert (final["state"], final["counts"]["audience"], final["counts"]["accepted"]) == (
        "sent",
        1,
        1,
    )
    assert command(client, notification, "repeat").status_code == 409, "nobody is left"


def test_asking_twice_sends_once_and_the_next_is_for_those_still_unknown(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock, lose: Any
) -> None:
    lost, notification = lose()
    provider.answer(lost.address, LOST)

    first, again = (command(client, notification, "repeat").get_json() for _ in range(2))
    settle(work, clock, step_s=400)
    provider.answer(lost.address, ACCEPTED)
    second = command(client, first, "repeat").get_json()
    settle(work, clock)

    assert first["id"] == again["id"]
    assert read(client, first)["failure"]["reason"] == "no_answer"
    assert (second["repeats"], read(client, second)["state"]) == (notification["id"], "sent")


def test_what_needed_a_second_person_needs_one_again(
    app: Flask, client: FlaskClient, work: Work, provider: Provider, clock: Clock, lose: Any
) -> None:
    with app.app_context():
        second = bearer(create_key("editor", "second", (), now=clock.now))
    lost, notification = lose(approval=True)
    client.post(f"{NOTIFICATIONS}/{notification['id']}/approve", headers=second)
    settle(work, clock)
    before = len(provider.sent)

    waiting = command(client, notification, "repeat").get_json()
    settle(work, clock)
    assert (waiting["state"], len(provider.sent)) == ("awaiting_approval", before)
    assert command(client, waiting, "approve").status_code == 403
    client.post(f"{NOTIFICATIONS}/{waiting['id']}/approve", headers=second)
    settle(work, clock)

    assert read(client, waiting)["state"] == "sent"
    assert provider.messages[-1]["token"] == lost.address


def test_a_correction_reaches_who_is_sent_the_repeat(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock, lose: Any
) -> None:
    lost, notification = lose()
    provider.answer(lost.address, LOST, LOST, ACCEPTED)
    repeated = command(client, notification, "repeat").get_json()
    command(client, repeated, "correct", title="Bridge open")
    settle(work, clock)

    own = [m for m in provider.messages if m["token"] == lost.address]
    assert "Bridge open" in str(own[-1])
    assert len({m["android"]["collapse_key"] for m in own}) == 1


def test_what_is_refused(client: FlaskClient, work: Work, clock: Clock, lose: Any) -> None:
    _, notification = lose()
    under_way, dry = alert(client, title="Another"), alert(client, dry_run=True)
    settle(work, clock)
    assert command(client, dry, "repeat").status_code == 409
    assert command(client, under_way, "repeat").status_code == 409, "all outcomes are certain"
    assert command(client, {"id": "none"}, "repeat").status_code == 404
    assert command(client, alert(client, title="Third"), "repeat").status_code == 409
    command(client, notification, "recall")
    assert command(client, notification, "repeat").status_code == 409


def test_while_its_article_is_down_it_can_be_corrected_and_not_repeated(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock, lose: Any
) -> None:
    article = publish(client, external_id="bridge", tags=["Harbour"])
    lost, notification = lose(article_id=article["id"])
    url = f"/v1/newsroom/articles/{article['id']}"
    client.delete(url, headers=EDITOR)

    refused = command(client, notification, "repeat")
    assert refused.status_code == 409
    assert "article of this notification was taken down" in refused.get_json()["detail"]
    assert command(client, notification, "correct", title="We were wrong").status_code == 202
    settle(work, clock)
    assert "We were wrong" in str(provider.messages[-1])

    assert client.post(f"{url}/restore", headers=EDITOR).status_code == 200
    assert command(client, notification, "repeat").status_code == 202
    settle(work, clock)
    assert provider.messages[-1]["token"] == lost.address


def test_nobody_knows_whom_after_the_sweep(
    app: Flask, client: FlaskClient, clock: Clock, lose: Any
) -> None:
    _, notification = lose()
    clock.forward(days=5)
    with app.app_context():
        list(forget_recipients(now=clock.now))

    assert command(client, notification, "repeat").status_code == 409
