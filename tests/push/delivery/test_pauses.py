"""A platform whose key the provider lacks waits alone, loses nobody and goes on by itself."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client import REGISTRY

from push.delivery import pauses
from push.store import pause_reasons
from push.transport.outcome import Answer
from tests.conftest import EDITOR, Clock
from tests.factories import multiply, register
from tests.push.conftest import ACCEPTED, Provider, refusal
from tests.push.editor import TAG, alert, command, read

pytestmark = pytest.mark.usefixtures("tagged")

Work = Callable[[], None]

NO_KEY = refusal(401, "THIRD_PARTY_AUTH_ERROR")
IPHONES = 1_200


@pytest.fixture
def androids(client: FlaskClient) -> int:
    return len([register(client, TAG) for _ in range(20)])


@pytest.fixture
def iphones(app: Flask, client: FlaskClient, androids: int, provider: Provider) -> list[str]:
    """Many phones that cannot be reached without the key; their addresses."""
    first = register(client, TAG, platform="ios", address="the-first-iphone")
    before = client.get(f"/v1/newsroom/audience?topics={TAG}", headers=EDITOR).get_json()
    multiply(app, first, IPHONES - 1)
    numbers = range(before["audience"] + 1, before["audience"] + IPHONES)
    addresses = [first.address, *(f"address-of-copy-{number}" for number in numbers)]
    lock(provider, addresses)
    return addresses


def lock(provider: Provider, addresses: list[str]) -> None:
    for address in addresses:
        provider.answer(address, NO_KEY)


def mend(provider: Provider) -> None:
    provider.answers.clear()


def audience(client: FlaskClient) -> int:
    answer = client.get(f"/v1/newsroom/audience?topics={TAG}", headers=EDITOR)
    return int(answer.get_json()["audience"])


def test_the_others_go_on_and_the_editor_is_told(
    client: FlaskClient, work: Work, provider: Provider, androids: int, iphones: list[str]
) -> None:
    provider.room = 100
    times = REGISTRY.get_sample_value("tagwire_push_pauses_total", {"platform": "ios"}) or 0

    notification = alert(client)
    work()

    found = read(client, notification)
    assert found["state"] == "sending"
    assert found["counts"]["accepted"] == androids
    assert (found["counts"]["failed"], found["counts"]["pending"]) == (0, IPHONES)
    paused = {"reason": pause_reasons.reason_of("ios"), "since": "2026-03-02T12:00:00Z"}
    assert found["paused"] == paused
    assert found["pauses"] == [{**paused, "platform": "ios"}]
    assert sum(provider.addresses[address] for address in iphones) <= 100
    assert audience(client) == androids + IPHONES
    now_paused = REGISTRY.get_sample_value("tagwire_push_pauses_total", {"platform": "ios"})
    assert now_paused == times + 1


def test_the_provider_is_asked_only_now_and_then_and_about_others_each_time(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock, iphones: list[str]
) -> None:
    alert(client)
    work()
    for _ in range(5):
        provider.sent.clear()
        work()
        assert provider.sent == []
        clock.now += pauses.PAUSE_LASTS
        work()
        assert len(provider.sent) == pauses.PROBES


def test_with_the_key_it_goes_on_and_nobody_is_lost_or_alerted_twice(
    client: FlaskClient,
    work: Work,
    provider: Provider,
    clock: Clock,
    androids: int,
    iphones: list[str],
) -> None:
    notification = alert(client)
    work()
    for _ in range(20):  # more often than a message is tried
        clock.now += pauses.PAUSE_LASTS
        work()
    mend(provider)
    provider.sent.clear()
    for _ in range(3):
        clock.now += pauses.PAUSE_LASTS
        work()

    final = read(client, notification)
    assert (final["state"], final["failure"], final["paused"]) == ("sent", None, None)
    assert final["counts"]["accepted"] == final["counts"]["audience"] == androids + IPHONES
    assert provider.addresses == dict.fromkeys(iphones, 1)


def test_what_waits_expires_with_its_alert_and_says_why(
    client: FlaskClient,
    work: Work,
    provider: Provider,
    clock: Clock,
    androids: int,
    iphones: list[str],
) -> None:
    notification = alert(client, expires_in_s=60)
    work()
    clock.forward(seconds=61)
    mend(provider)
    provider.sent.clear()
    work()

    final = read(client, notification)
    assert provider.sent == []
    assert (final["state"], final["paused"]) == ("sent", None)
    assert "ios: the provider lacks" in final["failure"]["detail"]
    assert final["counts"]["failed"] == IPHONES
    assert audience(client) == androids + IPHONES


def test_what_waits_can_be_recalled(
    client: FlaskClient,
    work: Work,
    provider: Provider,
    clock: Clock,
    androids: int,
    iphones: list[str],
) -> None:
    notification = alert(client)
    work()
    found = command(client, notification, "recall").get_json()
    mend(provider)
    provider.sent.clear()
    clock.now += pauses.PAUSE_LASTS
    work()

    assert (found["sent"], found["not_sent"], found["unknown"]) == (androids, IPHONES, 0)
    assert provider.sent == []


def test_a_key_that_is_revoked_meanwhile_pauses_the_rest(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock, iphones: list[str]
) -> None:
    mend(provider)
    provider.room = 100

    def revoke_after_some() -> None:
        if len(provider.sent) >= 600:
            lock(provider, iphones)

    provider.on_submit = revoke_after_some
    notification = alert(client)
    work()
    found = read(client, notification)
    assert [pause["platform"] for pause in found["pauses"]] == ["ios"]
    assert found["counts"]["failed"] == 0
    assert len(provider.sent) < 900

    provider.on_submit = None
    mend(provider)
    for _ in range(3):
        clock.now += pauses.PAUSE_LASTS
        work()
    assert read(client, notification)["counts"]["accepted"] == found["counts"]["audience"]


def test_another_alert_is_paused_for_itself(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock, iphones: list[str]
) -> None:
    """A dry run to a phone with another build of the app says nothing of everybody's."""
    first = alert(client)
    work()
    mend(provider)
    second = alert(client, title="Another")
    work()

    assert read(client, first)["state"] == "sending"
    assert read(client, second)["state"] == "sent"


def test_the_only_iphone_is_reached_when_the_key_is_there(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    phone = register(client, TAG, platform="ios")
    provider.answer(phone.address, NO_KEY, NO_KEY, ACCEPTED)
    notification = alert(client)
    for _ in range(3):
        work()
        clock.now += pauses.PAUSE_LASTS

    assert read(client, notification)["counts"]["accepted"] == 1


def test_addresses_that_alone_are_refused_fail_and_hold_up_nobody(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    """An app that was built for development, beside readers of the released one."""
    fine = [register(client, TAG, platform="ios") for _ in range(20)]
    odd = [fine.pop(place) for place in (0, 3, 6, 9, 12)]
    lock(provider, [phone.address for phone in odd])

    notification = alert(client)
    work()
    assert read(client, notification)["counts"]["accepted"] == len(fine)
    for _ in range(2):
        assert read(client, notification)["paused"] is None
        clock.forward(seconds=31)
        work()

    final = read(client, notification)
    assert (final["state"], final["paused"]) == ("sent", None)
    assert (final["counts"]["accepted"], final["counts"]["failed"]) == (len(fine), len(odd))
    assert "key of this platform" in final["failure"]["detail"]


def test_a_key_that_is_not_yet_known_everywhere_loses_nobody(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    phones = [register(client, TAG, platform="ios") for _ in range(8)]
    for phone in phones[2:]:
        provider.answer(phone.address, NO_KEY, ACCEPTED)

    notification = alert(client)
    work()
    clock.forward(seconds=16)
    work()

    final = read(client, notification)
    assert (final["state"], final["counts"]["accepted"]) == ("sent", len(phones))


# Our own key: refused for everybody, and mended without anybody's doing here.


@pytest.mark.parametrize("answer", [refusal(401), refusal(403)], ids=["token", "rights"])
def test_an_alert_waits_for_our_own_key_and_goes_on_when_it_is_mended(
    app: Flask, client: FlaskClient, work: Work, provider: Provider, clock: Clock, answer: Answer
) -> None:
    multiply(app, register(client, TAG), 1_199)
    provider.usual, provider.room = answer, 100

    notification = alert(client)
    for _ in range(20):
        work()
        clock.now += pauses.PAUSE_LASTS
    found = read(client, notification)
    assert found["state"] == "sending"
    assert [pause["reason"] for pause in found["pauses"]] == [pause_reasons.OUR_KEY]
    assert found["paused"]["since"] == "2026-03-02T12:00:00Z"
    assert len(provider.sent) < 300

    provider.usual = ACCEPTED
    for _ in range(3):
        work()
        clock.now += pauses.PAUSE_LASTS
    final = read(client, notification)
    assert (final["state"], final["failure"], final["paused"]) == ("sent", None, None)
    assert final["counts"]["accepted"] == final["counts"]["audience"] == 1_200


def test_a_token_that_is_revoked_in_the_middle_costs_nobody_the_alert(
    app: Flask, client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    multiply(app, register(client, TAG), 4_999)
    provider.room = 500

    def revoke_after_some() -> None:
        if len(provider.sent) >= 1_000:
            provider.usual = refusal(401)

    provider.on_submit = revoke_after_some
    notification = alert(client)
    work()
    assert read(client, notification)["paused"]
    assert len(provider.sent) < 4_000

    provider.on_submit, provider.usual = None, ACCEPTED
    for _ in range(3):
        clock.now += pauses.PAUSE_LASTS
        work()
    final = read(client, notification)
    assert (final["state"], final["counts"]["accepted"]) == ("sent", 5_000)


def test_a_key_that_is_never_mended_ends_the_alert_as_failed_for_it(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    provider.answer(register(client, TAG).address, refusal(403))
    notification = alert(client, expires_in_s=120)
    for _ in range(5):
        work()
        clock.now += pauses.PAUSE_LASTS

    final = read(client, notification)
    assert (final["state"], final["failure"]["reason"]) == ("failed", "credentials")
    assert (final["counts"]["failed"], final["counts"]["retired"]) == (1, 0)


def test_one_that_alone_lacks_the_rights_is_given_up_and_the_others_hear_at_once(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    phones = [register(client, TAG) for _ in range(12)]
    provider.answer(phones[0].address, refusal(403))
    notification = alert(client)
    for _ in range(4):
        work()
        assert read(client, notification)["counts"]["accepted"] == 11
        clock.forward(seconds=61)

    final = read(client, notification)
    assert (final["state"], final["counts"]["failed"], final["paused"]) == ("sent", 1, None)
