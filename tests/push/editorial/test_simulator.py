"""A test alert of the phone simulator: to the phone that asks, and in the demo alone."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.conftest import EDITOR
from tests.factories import register


@pytest.mark.parametrize(("demo", "status"), [("1", 202), ("0", 404)])
def test_a_phone_of_the_demo_alerts_itself(
    make_app: Callable[..., Flask], demo: str, status: int
) -> None:
    client = make_app(DEMO=demo).test_client()
    phone, other = register(client), register(client)
    path = f"/simulator/phones/{phone.id}/alert"

    assert client.post(path).status_code == 401
    assert client.post(path, headers=other.auth).status_code in {403, 404}
    assert client.post(path, headers=phone.auth).status_code == status

    sent = client.get("/v1/newsroom/notifications", headers=EDITOR).get_json()["notifications"]
    assert [each["title"] for each in sent] == (["A test alert"] if status == 202 else [])
