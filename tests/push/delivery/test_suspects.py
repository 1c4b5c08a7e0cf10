"""Many dead addresses at once are not believed, until they were dead on several days."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tagwire import main
from tests.conftest import Clock
from tests.factories import Phone, register
from tests.push.conftest import ACCEPTED, UNREGISTERED, Provider
from tests.push.editor import TAG, alert, read

pytestmark = pytest.mark.usefixtures("tagged")

Work = Callable[[], None]


@pytest.fixture
def phones(client: FlaskClient, provider: Provider) -> list[Phone]:
    """Fifty, thirty of them dead."""
    made = [register(client, TAG) for _ in range(50)]
    for phone in made[:30]:
        provider.answer(phone.address, UNREGISTERED)
    return made


def retired(client: FlaskClient, work: Work, clock: Clock, **later: float) -> int:
    """How many an alert retires."""
    clock.forward(**later)
    notification = alert(client)
    work()
    return int(read(client, notification)["counts"]["retired"])


def command(app: Flask, *words: str) -> list[str]:
    done = app.test_cli_runner().invoke(
        main, ["push", "retire", "--yes", *words], catch_exceptions=False
    )
    return done.output.splitlines()


def test_who_was_gone_in_alerts_of_three_days_is_retired_however_many(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock, phones: list[Phone]
) -> None:
    same_day = [retired(client, work, clock) for _ in range(4)]
    days = [retired(client, work, clock, days=1) for _ in range(2)]

    assert (same_day, days) == ([0, 0, 0, 0], [0, 30])
    provider.sent.clear()
    assert retired(client, work, clock, days=1) == 0
    assert len(provider.sent) == 20


def test_an_outage_that_ends_or_spares_nobody_retires_nobody(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock, phones: list[Phone]
) -> None:
    back, speaks = phones[0], phones[1]
    for _ in range(2):
        retired(client, work, clock, days=1)
    provider.answer(back.address, ACCEPTED)
    retired(client, work, clock)
    provider.answer(back.address, UNREGISTERED)
    client.patch(f"/v1/installations/{speaks.id}", headers=speaks.auth, json={"locale": "ko"})
    assert retired(client, work, clock, days=1) == 28

    provider.usual = UNREGISTERED
    provider.answers.clear()
    assert [retired(client, work, clock, days=1) for _ in range(4)] == [0, 0, 0, 0]


def test_the_command_lists_suspects_and_retires_who_is_confirmed(
    app: Flask, client: FlaskClient, work: Work, clock: Clock, phones: list[Phone]
) -> None:
    retired(client, work, clock)
    retired(client, work, clock, days=1)

    listed = command(app, "--dry-run")
    assert {line.split()[0] for line in listed[:-1]} == {phone.id for phone in phones[:30]}
    assert "suspected: unregistered, 2 days, 2026-03-03" in listed[0]
    assert listed[-1] == "30 suspects."
    assert not any(phone.address in line for phone in phones for line in listed)
    assert command(app) == ["0 retired."]

    assert command(app, "--days", "2")[-1] == "30 retired."
    assert command(app, "--dry-run") == ["0 suspects."]
    gone = client.get(f"/v1/installations/{phones[0].id}", headers=phones[0].auth).get_json()
    assert gone["address"] == {"state": "retired"}
