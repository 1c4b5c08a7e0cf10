"""Two workers that die one after the other prove nothing against an address in a silence."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import Clock
from tests.factories import register
from tests.push.conftest import ACCEPTED, LOST, Provider
from tests.push.delivery.loop import Killed, Loop
from tests.push.editor import TAG, alert, read

pytestmark = pytest.mark.usefixtures("tagged")


@pytest.fixture
def loop(app: Flask, provider: Provider, clock: Clock) -> Iterator[Loop]:
    with app.app_context():
        yield Loop(app, provider, clock)


@pytest.mark.parametrize("is_silent", [True, False])
def test_two_deaths_cost_nobody_an_alert_that_the_provider_cannot_have_had(
    client: FlaskClient, loop: Loop, provider: Provider, is_silent: bool
) -> None:
    phones = [register(client, TAG) for _ in range(4)]
    deaths = iter(range(2))

    def die() -> None:
        if next(deaths, None) is not None:
            raise Killed

    provider.on_submit = die
    first = alert(client, expires_in_s=6 * 3600)
    loop.run(seconds=80)
    assert loop.deaths == 2
    assert read(client, first)["state"] == "sending"

    provider.usual = LOST if is_silent else ACCEPTED
    second = alert(client, title="Another", expires_in_s=6 * 3600)
    loop.run(seconds=30)
    provider.usual = ACCEPTED
    loop.run(hours=1)

    counts = read(client, first)["counts"]
    assert (counts["accepted"], counts["ambiguous"]) == ((4, 0) if is_silent else (0, 4))
    assert read(client, second)["counts"]["accepted"] == 4
    told = [m["token"] for m in provider.messages if m["notification"]["title"] != "Another"]
    assert {told.count(phone.address) for phone in phones} == {3 if is_silent else 2}
