"""The reader's latest word: what was decided since the audience was cut is obeyed at the claim."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from push.audience.fan_out import fan_out_next
from tests.conftest import EDITOR, Clock
from tests.factories import Phone, publish, register
from tests.push.conftest import LOST, Provider
from tests.push.editor import TAG, alert, read

pytestmark = pytest.mark.usefixtures("tagged")

Work = Callable[[], None]
NIGHT = {"start": "11:00", "end": "20:00"}


def cut(app: Flask, clock: Clock) -> None:
    """The audience is cut, and no batch of it claimed yet."""
    with app.app_context():
        while fan_out_next(now=clock.now):
            pass


def unfollow(phone: Phone) -> None:
    phone.client.delete(f"/v1/installations/{phone.id}/topics/{TAG}", headers=phone.auth)


def give_away(phone: Phone) -> None:
    """Another installation, which follows nothing, registers with the whole token."""
    register(phone.client, address=phone.address)


def erase(phone: Phone) -> None:
    phone.client.delete(f"/v1/installations/{phone.id}", headers=phone.auth)


def fill_the_day(phone: Phone) -> None:
    phone.prefer(daily_limit=0)


def mute(phone: Phone) -> None:
    phone.prefer(muted_sources=["herald"])


def test_each_reason_is_counted_exactly(
    app: Flask, client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    stays = register(client, TAG)
    changes = [unfollow, give_away, erase, fill_the_day, mute, mute]
    phones = [register(client, TAG) for _ in changes]
    sleeper = register(client, TAG)
    notification = publish(client, tags=["Harbour"], breaking=True)["notification_id"]
    cut(app, clock)
    for act, phone in zip(changes, phones, strict=True):
        act(phone)
    sleeper.prefer(quiet_hours=NIGHT, breaking_overrides_quiet_hours=False)
    before = skipped(client)
    work()

    counts = read(client, notification)["counts"]
    assert provider.addresses == {stays.address: 1}
    assert counts["skipped_by_reason"] == {
        "unfollowed": 1,
        "moved": 1,
        "left": 1,
        "over_limit": 1,
        "muted": 2,
    }
    assert (counts["audience"], counts["accepted"], counts["held"]) == (1, 1, 1)
    assert counts["skipped"] == 6
    assert skipped(client) - before == 5  # who erased itself was counted at once


def skipped(client: FlaskClient) -> float:
    """What the metrics say of all reasons together."""
    lines = client.get("/metrics").text.splitlines()
    return sum(float(x.split()[-1]) for x in lines if x.startswith("tagwire_push_skipped_total{"))


@pytest.mark.parametrize(
    "change",
    [
        {"quiet_hours": None},
        {"quiet_hours": {"start": "21:00", "end": "22:00"}},
        {"breaking_overrides_quiet_hours": True},
    ],
)
def test_quiet_hours_that_are_switched_off_let_what_is_held_go_at_once(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock, change: dict[str, Any]
) -> None:
    phones = [register(client, TAG) for _ in range(3)]
    for phone in phones:
        phone.prefer(quiet_hours=NIGHT, breaking_overrides_quiet_hours=False)
    notification = alert(client, expires_in_s=86_400)
    work()
    assert not provider.sent

    phones[1].prefer(**change)
    clock.forward(seconds=1)
    work()
    assert provider.addresses == {phones[1].address: 1}
    assert read(client, notification)["counts"]["held"] == 2

    clock.forward(hours=9)
    work()
    assert provider.addresses == {phone.address: 1 for phone in phones}
    assert read(client, notification)["counts"]["accepted"] == 3


@pytest.mark.parametrize("others", [0, 1])
def test_who_wakes_while_an_alert_lives_is_sent_it_though_it_was_to_end_before_the_night(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock, others: int
) -> None:
    awake = [register(client, TAG) for _ in range(others)]
    sleepers = [register(client, TAG) for _ in range(2)]
    for phone in sleepers:
        phone.prefer(quiet_hours=NIGHT, breaking_overrides_quiet_hours=False)
    notification = alert(client, expires_in_s=3600)
    work()
    ended = read(client, notification)
    assert (ended["state"], ended["counts"]["held"]) == ("sent" if others else "failed", 2)

    sleepers[0].prefer(quiet_hours=None)
    clock.forward(seconds=1)
    work()
    found = read(client, notification)
    assert (found["state"], found["failure"], found["counts"]["held"]) == ("sent", None, 1)

    clock.forward(hours=2)
    sleepers[1].prefer(quiet_hours=None)
    work()
    assert provider.addresses == {phone.address: 1 for phone in (*awake, sleepers[0])}


def test_who_flies_into_the_day_is_alerted_on_landing_and_who_sleeps_longer_is_not_woken(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    lands, sleeps = register(client, TAG), register(client, TAG)
    for phone in (lands, sleeps):
        phone.prefer(quiet_hours=NIGHT, breaking_overrides_quiet_hours=False)
    alert(client, expires_in_s=86_400)
    work()

    url = f"/v1/installations/{lands.id}"
    client.patch(url, headers=lands.auth, json={"time_zone": "Asia/Tokyo"})
    sleeps.prefer(quiet_hours={"start": "11:00", "end": "22:00"})
    clock.forward(seconds=1)
    work()
    assert provider.addresses == {lands.address: 1}

    clock.forward(hours=9)
    work()
    assert provider.addresses[sleeps.address] == 0
    clock.forward(hours=2)
    work()
    assert provider.addresses[sleeps.address] == 1


def test_a_daily_limit_holds_on_the_day_after_a_halt(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    phone = register(client, TAG)
    phone.prefer(daily_limit=1)
    alert(client, title="Halted", expires_in_s=86_400)
    client.post("/v1/newsroom/halt", headers=EDITOR)
    work()  # counted for this day, and sent on the next one
    clock.forward(hours=13)
    client.delete("/v1/newsroom/halt", headers=EDITOR)
    work()
    over = alert(client, title="The same day")
    work()
    clock.forward(hours=24)
    alert(client, title="The next day")
    work()

    assert [m["notification"]["title"] for m in provider.messages] == ["Halted", "The next day"]
    assert read(client, over)["counts"]["skipped_by_reason"] == {"over_limit": 1}


def test_of_a_day_that_another_alert_filled_nothing_is_left_for_one_of_the_day_before(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    register(client, TAG).prefer(daily_limit=1)
    client.post("/v1/newsroom/halt", headers=EDITOR)
    for title in ("The day before", "Of the day"):
        clock.forward(hours=20)
        alert(client, title=title, expires_in_s=2 * 86_400)
        work()
    client.delete("/v1/newsroom/halt", headers=EDITOR)
    work()

    assert [m["notification"]["title"] for m in provider.messages] == ["Of the day"]


def test_who_may_have_it_already_and_leaves_is_ambiguous_and_keeps_the_day(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    phone, other = register(client, TAG), register(client, TAG)
    phone.prefer(daily_limit=1)
    provider.answer(phone.address, LOST)
    notification = alert(client)
    work()
    unfollow(phone)
    clock.forward(seconds=60)
    work()

    counts = read(client, notification)["counts"]
    assert (counts["ambiguous"], counts["skipped"], counts["audience"]) == (1, 0, 2)
    phone.follow(TAG)
    alert(client, title="Another")
    work()
    assert provider.addresses == {phone.address: 1, other.address: 2}
