"""An outage of the provider loses nobody, and the state of the alert tells the truth."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from push.transport.outcome import Answer
from tests.conftest import Clock
from tests.factories import register
from tests.push.conftest import (
    ACCEPTED,
    LOST,
    UNAVAILABLE,
    UNREGISTERED,
    Provider,
    refusal,
)
from tests.push.editor import TAG, alert, read

pytestmark = [pytest.mark.usefixtures("tagged"), pytest.mark.any_engine]

Work = Callable[[], None]

UNSENT = Answer(0, unsent=True)
PAGE = Answer(502, b"<html>Bad Gateway</html>")
RESET = Answer(0, among=50)
OUTAGES = {"silence": LOST, "reset": RESET, "refused": UNSENT, "503": UNAVAILABLE, "502": PAGE}


def pass_time(clock: Clock, work: Work, *, seconds: float, step: float = 5) -> None:
    for _ in range(int(seconds / step)):
        clock.forward(seconds=step)
        work()


@pytest.mark.parametrize("seconds", [12, 60, 1800])
@pytest.mark.parametrize("kind", OUTAGES)
def test_everybody_is_reached_once_the_provider_is_well_again(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock, kind: str, seconds: int
) -> None:
    phones = [register(client, TAG) for _ in range(30)]
    provider.usual = OUTAGES[kind]
    notification = alert(client)
    work()
    pass_time(clock, work, seconds=seconds, step=max(6, seconds / 60))
    assert read(client, notification)["state"] == "sending"
    assert read(client, notification)["counts"]["pending"] == len(phones)
    during = provider.addresses.copy()

    provider.usual = ACCEPTED
    pass_time(clock, work, seconds=100)

    final = read(client, notification)
    assert (final["state"], final["failure"]) == ("sent", None)
    assert final["counts"]["accepted"] == len(phones)
    assert all(provider.addresses[phone.address] - during[phone.address] == 1 for phone in phones)
    probed = sum(during.values()) - len(phones)
    assert probed <= 5 * (5 + seconds / 6), "a handful at a time"


def test_five_whose_every_answer_was_lost_are_reached(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    phones = [register(client, TAG) for _ in range(5)]
    for phone in phones:
        provider.answer(phone.address, LOST, LOST, ACCEPTED)
    notification = alert(client)
    work()
    pass_time(clock, work, seconds=300)

    assert read(client, notification)["counts"]["accepted"] == 5


@pytest.mark.parametrize(
    ("answer", "reason", "column"),
    [
        (LOST, "no_answer", "ambiguous"),
        (UNAVAILABLE, "unavailable", "failed"),
        (UNSENT, "unavailable", "failed"),
    ],
)
def test_what_nobody_accepted_until_it_expired_has_failed(
    client: FlaskClient,
    work: Work,
    provider: Provider,
    clock: Clock,
    answer: Answer,
    reason: str,
    column: str,
) -> None:
    for _ in range(4):
        register(client, TAG)
    provider.usual = answer
    notification = alert(client, expires_in_s=300)
    work()
    pass_time(clock, work, seconds=310)

    final = read(client, notification)
    assert (final["state"], final["failure"]["reason"]) == ("failed", reason)
    assert (final["counts"]["accepted"], final["counts"][column]) == (0, 4)
    assert final["counts"]["by_platform"]["android"][column] == 4


def test_who_is_held_until_the_end_was_not_sent_it(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    phone = register(client, TAG)
    phone.prefer(
        quiet_hours={"start": "11:00", "end": "20:00"}, breaking_overrides_quiet_hours=False
    )
    notification = alert(client, expires_in_s=600)
    work()
    pass_time(clock, work, seconds=900, step=60)

    final = read(client, notification)
    assert (final["state"], final["failure"]["reason"]) == ("failed", "expired_while_held")


def test_an_address_that_breaks_connections_ends_alone_and_nobody_else_is_counted_for_it(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    phones = [register(client, TAG) for _ in range(40)]
    killer = phones[11]
    provider.breaks_connections = killer.address
    notification = alert(client)
    work()
    pass_time(clock, work, seconds=240)

    final = read(client, notification)
    assert (final["state"], final["counts"]["accepted"]) == ("sent", 39)
    assert final["counts"]["ambiguous"] == 1


def test_tries_belong_to_the_address(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    """Neighbours that are busy, or over a quota, use up nobody's repeat."""
    busy, over, lost, fine = [register(client, TAG) for _ in range(4)]
    provider.room = 2
    provider.answer(busy.address, UNAVAILABLE, ACCEPTED)
    provider.answer(over.address, refusal(429, "QUOTA_EXCEEDED", retry_after="2"), ACCEPTED)
    provider.answer(lost.address, LOST, ACCEPTED)
    notification = alert(client)
    work()
    pass_time(clock, work, seconds=200)

    assert read(client, notification)["counts"]["accepted"] == 4
    assert provider.addresses[lost.address] == 2
    assert provider.addresses[fine.address] == 1


def test_a_single_address_goes_on_from_refusal_to_refusal_until_it_is_taken(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    phone, _ = register(client, TAG), register(client, TAG)
    provider.answer(phone.address, *[UNAVAILABLE] * 12, ACCEPTED)
    notification = alert(client, expires_in_s=40_000)
    work()
    pass_time(clock, work, seconds=20_000, step=100)

    final = read(client, notification)
    assert (final["state"], final["counts"]["accepted"]) == ("sent", 2)


def test_nobody_waits_for_the_quota_of_one_device(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    device = {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        "violations": [{"subject": "device", "description": "Device message rate exceeded."}],
    }
    phones = [register(client, TAG) for _ in range(30)]
    provider.room = 5
    body = refusal(429, "QUOTA_EXCEEDED", details=[device], retry_after="40")
    provider.answer(phones[0].address, body, ACCEPTED)
    notification = alert(client)
    work()
    assert read(client, notification)["counts"]["accepted"] == 29

    pass_time(clock, work, seconds=35)
    assert provider.addresses[phones[0].address] == 1
    pass_time(clock, work, seconds=40)
    assert read(client, notification)["counts"]["accepted"] == 30


@pytest.mark.parametrize(("dead", "retired"), [(28, 28), (35, 0), (44, 0)])
def test_the_breaker_against_mass_retirement_is_at_thirty_percent(
    client: FlaskClient, work: Work, provider: Provider, dead: int, retired: int
) -> None:
    phones = [register(client, TAG) for _ in range(100)]
    for phone in phones[:dead]:
        provider.answer(phone.address, UNREGISTERED)
    notification = alert(client)
    work()

    assert read(client, notification)["counts"]["retired"] == retired
