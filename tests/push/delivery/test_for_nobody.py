"""An alert is `sent` only where somebody accepted it: one for nobody has failed, and says why."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client import REGISTRY

from push.store.failure import DETAILS
from tests.conftest import Clock
from tests.factories import Phone, publish, register
from tests.push.conftest import Provider
from tests.push.editor import TAG, alert, command, read

pytestmark = pytest.mark.usefixtures("tagged")

Work = Callable[[], None]


def end_of(client: FlaskClient, notification: dict[str, Any] | str) -> tuple[str, str]:
    """Its state, and the reason of its failure, whose detail is the usual one."""
    found = read(client, notification)
    assert found["failure"]["detail"] == DETAILS[found["failure"]["reason"]]
    return found["state"], found["failure"]["reason"]


def test_nobody_follows(client: FlaskClient, work: Work) -> None:
    by_editor = alert(client)
    automatic = publish(client, tags=["Harbour"], breaking=True)["notification_id"]
    dry_run = alert(client, dry_run=True)
    work()

    for each in (by_editor, automatic, dry_run):
        assert end_of(client, each) == ("failed", "no_audience")


@pytest.mark.parametrize(
    ("wants", "why"),
    [
        ({"daily_limit": 0}, "over_limit"),
        ({"muted_sources": ["herald"]}, "muted"),
        ({"languages": ["xx"]}, "language"),
    ],
)
def test_every_reader_is_left_out(
    client: FlaskClient, work: Work, wants: dict[str, Any], why: str
) -> None:
    register(client, TAG).prefer(**wants)
    automatic = publish(client, tags=["Harbour"], breaking=True)["notification_id"]
    work()

    assert end_of(client, automatic) == ("failed", "all_skipped")
    assert read(client, automatic)["counts"]["skipped_by_reason"] == {why: 1}


def test_it_is_no_fault_of_the_sending(client: FlaskClient, work: Work) -> None:
    def alarms() -> list[float | None]:
        names = ("canary_failed", "breaker_total", "provider_silent")
        return [REGISTRY.get_sample_value(f"tagwire_push_{name}") for name in names]

    before = alarms()
    alert(client)
    work()

    assert alarms() == before


def test_what_everybody_had_enough_of_stays_in_the_inbox(client: FlaskClient, work: Work) -> None:
    phone = register(client, TAG)
    phone.prefer(daily_limit=0)
    notification = alert(client)
    work()

    assert [each["id"] for each in inbox(phone)] == [notification["id"]]


def test_a_correction_before_anybody_had_the_alert_goes_with_it(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    phone = register(client, TAG)
    night = {"start": "11:00", "end": "13:00"}
    phone.prefer(quiet_hours=night, breaking_overrides_quiet_hours=False)
    notification = alert(client, title="Old", expires_in_s=86_400)
    work()
    correction = command(client, notification, "correct", title="New").get_json()
    work()
    assert end_of(client, correction) == ("failed", "nobody_had_it")

    clock.forward(hours=2)
    work()

    assert [message["notification"]["title"] for message in provider.messages] == ["New"]
    assert read(client, notification)["state"] == "sent"


def inbox(phone: Phone) -> list[dict[str, Any]]:
    answer = phone.client.get(f"/v1/installations/{phone.id}/notifications", headers=phone.auth)
    found: list[dict[str, Any]] = answer.get_json()["notifications"]
    return found
