"""An address moves by proof: a nonce goes to it, and until it comes back nobody loses an alert."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import EDITOR, Clock, bearer
from tests.factories import Phone
from tests.push.conftest import UNREGISTERED, Provider
from tests.push.delivery.test_concurrency import at_once
from tests.push.editor import TAG, alert

pytestmark = pytest.mark.usefixtures("tagged")

Work = Callable[[], None]
OLD, FRESH, FID = "phone-7:APA91b-old", "phone-7:APA91b-fresh", "phone-7"


def join(client: FlaskClient, kind: str, value: str, **more: Any) -> dict[str, Any]:
    """Register an app that follows the topic; what the answer says of it."""
    body = {"platform": "android", "address": {"kind": kind, "value": value}, **more}
    made: dict[str, Any] = client.post("/v1/installations", json=body).get_json()
    Phone(made["id"], made["secret"], value, client).follow(TAG)
    return made


def state(client: FlaskClient, made: dict[str, Any]) -> str:
    found = client.get(f"/v1/installations/{made['id']}", headers=bearer(made["secret"]))
    return str(found.get_json()["address"]["state"])


def confirm(client: FlaskClient, made: dict[str, Any], nonce: str) -> int:
    url = f"/v1/installations/{made['id']}/address/confirm"
    answer = client.post(url, headers=bearer(made["secret"]), json={"nonce": nonce})
    return answer.status_code


def nonces(provider: Provider, *addresses: str) -> list[str]:
    """The nonces that arrived at these addresses, none of which a reader sees."""
    found = [m for m in provider.messages if m["data"].get("type") == "address_nonce"]
    assert all("notification" not in message for message in found)
    return [
        message["data"]["nonce"]
        for message in found
        if {message.get("token"), message.get("fid")} & {*addresses}
    ]


def alerted(client: FlaskClient, work: Work, provider: Provider) -> list[str]:
    """Who is sent the next alert."""
    provider.sent.clear()
    alert(client)
    work()
    shown = [message for message in provider.messages if "notification" in message]
    return sorted(message.get("token") or message["fid"] for message in shown)


@pytest.mark.parametrize(("kind", "value"), [("token", FRESH), ("fid", FID)])
def test_the_phone_changes_hands_when_the_nonce_comes_back(
    client: FlaskClient, work: Work, provider: Provider, kind: str, value: str
) -> None:
    old = join(client, "token", OLD)
    new = join(client, kind, value)
    assert (new["address"], new["has_address"]) == ({"state": "confirm"}, False)
    assert alerted(client, work, provider) == [OLD]

    [nonce] = nonces(provider, value)
    assert confirm(client, new, "not-the-nonce") == 422
    assert state(client, new) == "confirm"
    assert confirm(client, new, nonce) == 200
    assert confirm(client, new, nonce) == 200

    assert (state(client, old), state(client, new)) == ("none", "active")
    assert alerted(client, work, provider) == [value]


def test_a_nonce_proves_the_address_that_it_was_sent_to_and_no_other(
    client: FlaskClient, work: Work, provider: Provider
) -> None:
    join(client, "token", OLD)
    join(client, "token", "phone-8:APA91b-old")
    own, thief = join(client, "token", FRESH), join(client, "fid", "phone-8")
    work()

    [nonce] = nonces(provider, FRESH)
    assert confirm(client, thief, nonce) == 422
    assert confirm(client, own, nonce) == 200


def test_a_nonce_is_good_for_a_day_and_another_one_is_to_be_had(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    join(client, "token", OLD)
    new = join(client, "token", FRESH)
    work()
    clock.forward(hours=25)
    assert confirm(client, new, nonces(provider, FRESH)[0]) == 422

    body = {"address": {"kind": "token", "value": FRESH}}
    url = f"/v1/installations/{new['id']}"
    again = client.patch(url, headers=bearer(new["secret"]), json=body).get_json()
    work()

    assert again["address"] == {"state": "confirm"}
    assert confirm(client, new, nonces(provider, FRESH)[1]) == 200


def test_however_many_claim_an_address_it_is_sent_few_nonces_and_its_phone_can_answer(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    join(client, "fid", FID)
    own = join(client, "fid", FID)
    for _ in range(40):
        join(client, "fid", FID)
        clock.forward(seconds=30)
        work()

    arrived = nonces(provider, FID)
    assert len(arrived) == 5  # after 1, 2, 4 and 8 minutes
    assert confirm(client, own, arrived[-1]) == 200


def test_during_a_halt_no_nonce_leaves(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    client.post("/v1/newsroom/halt", headers=EDITOR)
    join(client, "token", OLD)
    join(client, "token", FRESH)
    work()
    assert not provider.sent

    client.delete("/v1/newsroom/halt", headers=EDITOR)
    clock.forward(seconds=2)
    work()
    assert len(nonces(provider, FRESH)) == 1


def test_an_app_that_knows_no_nonces_is_alerted_once_the_old_token_is_gone(
    client: FlaskClient, work: Work, provider: Provider
) -> None:
    old, new = join(client, "token", OLD), join(client, "token", FRESH)
    provider.answer(OLD, UNREGISTERED)
    assert alerted(client, work, provider) == [OLD]

    assert (state(client, old), state(client, new)) == ("none", "active")
    assert alerted(client, work, provider) == [FRESH]


def test_of_many_that_bring_the_nonce_back_at_once_one_has_the_address(
    app: Flask,
    make_app: Callable[..., Flask],
    client: FlaskClient,
    work: Work,
    provider: Provider,
) -> None:
    join(client, "fid", FID)
    claimants = [join(client, "fid", FID) for _ in range(4)]
    work()
    [nonce] = nonces(provider, FID)
    machines = [make_app().test_client() for _ in claimants]

    answers = at_once(
        *(
            lambda machine=machine, made=made: confirm(machine, made, nonce)
            for machine, made in zip(machines, claimants, strict=True)
        )
    )

    assert Counter(answers) == {200: 1, 422: 3}
    assert [state(client, made) for made in claimants].count("active") == 1
    assert alerted(client, work, provider) == [FID]
