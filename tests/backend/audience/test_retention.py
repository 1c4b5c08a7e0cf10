"""An installation that never had an address nor followed anything goes after 30 days."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.audience.retention import forget_unused
from backend.http.context import current_context
from tests.conftest import Clock, bearer
from tests.factories import publish

ADDRESS = {"address": {"kind": "token", "value": "a-phone:APA91b-x"}}


def test_only_what_nobody_ever_used_is_forgotten(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    publish(client, tags=["Harbour"])
    unused, asked = join(client), join(client)
    had_address, followed, speaks = join(client, **ADDRESS), join(client), join(client)
    change(client, had_address, address=None)
    topic = f"/v1/installations/{followed['id']}/topics/tag:Harbour"
    for method in (client.put, client.delete):
        assert method(topic, headers=bearer(followed["secret"])).status_code == 204
    forget(app, clock, days=29)
    change(client, speaks, locale="ko")
    forget(app, clock, days=2)

    made = (unused, asked, had_address, followed, speaks)
    assert [is_there(client, each) for each in made] == [False, False, True, True, True]


@pytest.mark.parametrize("days", [1, 31])
def test_a_claim_of_an_address_is_no_use_of_it(
    app: Flask, client: FlaskClient, clock: Clock, days: int
) -> None:
    join(client, **ADDRESS)
    claims = join(client, address={"kind": "fid", "value": "a-phone"})
    forget(app, clock, days=days)

    assert is_there(client, claims) is (days < 30)


def join(client: FlaskClient, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = client.post(
        "/v1/installations", json={"platform": "web", **fields}
    ).get_json()
    return made


def change(client: FlaskClient, made: dict[str, Any], **fields: Any) -> None:
    url = f"/v1/installations/{made['id']}"
    assert client.patch(url, headers=bearer(made["secret"]), json=fields).status_code == 200


def forget(app: Flask, clock: Clock, **later: float) -> None:
    clock.forward(**later)
    with app.app_context():
        list(forget_unused(current_context().hooks, now=clock.now))


def is_there(client: FlaskClient, made: dict[str, Any]) -> bool:
    url = f"/v1/installations/{made['id']}"
    return client.get(url, headers=bearer(made["secret"])).status_code == 200
