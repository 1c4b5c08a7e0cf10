"""Browsers register their push subscriptions: what is taken, and whose it is."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from backend.audience.subscription import (
    KNOWN_SERVICES,
    Subscription,
    is_endpoint_of,
    phone_of,
    provider_of,
    subscription_of,
)
from tests.browsers import Browser, base64url

MOZILLA = "https://updates.push.services.mozilla.com/wpush/v2/a-token"


def registered(client: FlaskClient, address: dict[str, Any], **more: Any) -> Any:
    return client.post("/v1/installations", json={"platform": "web", "address": address} | more)


def changed(address: dict[str, Any], **keys: str) -> dict[str, Any]:
    told = address["subscription"]
    return address | {"subscription": told | {"keys": told["keys"] | keys}}


def test_a_browser_registers_with_what_it_was_given(client: FlaskClient) -> None:
    answer = registered(client, Browser().address)

    assert answer.status_code == 201, answer.get_json()
    found = answer.get_json()
    assert found["address"] == {"state": "active"}
    assert (found["address_kind"], found["has_address"]) == ("webpush", True)


def test_the_key_to_subscribe_with_is_public_and_stays(client: FlaskClient) -> None:
    key = client.get("/v1/config").get_json()["web_push"]["public_key"]

    assert len(key) == 87
    assert client.get("/v1/config").get_json()["web_push"]["public_key"] == key
    told = Browser().address | {"application_server_key": key}
    assert registered(client, told).status_code == 201
    other = base64url(Browser().public_key)
    refused = registered(client, Browser().address | {"application_server_key": other})
    assert refused.status_code == 422
    assert "application_server_key" in refused.get_json()["errors"]["address"]


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        ({"p256dh": base64url(b"\4" + b"\1" * 64)}, "p256dh"),
        ({"p256dh": base64url(b"\2" + b"\1" * 64)}, "p256dh"),
        ({"p256dh": "A" * 87}, "p256dh"),
        ({"p256dh": "B"}, "p256dh"),
        ({"auth": base64url(b"1" * 17)}, "auth"),
        ({"auth": "A" * 21}, "auth"),
        ({"auth": "not base64url at all!!"}, "auth"),
    ],
)
def test_keys_to_which_nothing_can_be_encrypted_are_refused(
    client: FlaskClient, keys: dict[str, str], named: str
) -> None:
    refused = registered(client, changed(Browser().address, **keys))

    assert refused.status_code == 422
    assert [*refused.get_json()["errors"]["address"]["subscription"]["keys"]] == [named]


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/fcm/send/a",
        "https://127.0.0.1/a",
        "https://localhost/a",
        "https://news.example/a",
        "https://fcm.googleapis.com.evil.example/a",
        "https://evilpush.apple.com/a",
        "https://push.apple.com/a",
        "https://fcm.googleapis.com:8443/a",
        "https://me@fcm.googleapis.com/a",
        "https://fcm.googleapis.com@evil.example/a",
        "https://evil.example/.push.apple.com",
        "https://evil.example#.push.apple.com",
        "https://evil.example\\.push.apple.com/a",
        "https://evil.example .push.apple.com/a",
        "https://fcm.googleapis.com/a b",
        "https://fcm.googleapis.com/a\n",
        "https://[::1]/a",
        "https://fcm.googleapis.com:0/a",
        "https://fcm.googleapis.com:x/a",
        "https://fcm.googleapis.com/" + "a" * 2_000,
    ],
)
def test_only_push_services_that_are_known_are_ever_called(
    client: FlaskClient, endpoint: str
) -> None:
    refused = registered(client, Browser(endpoint).address)

    assert refused.status_code == 422
    assert "endpoint" in refused.get_json()["errors"]["address"]["subscription"]


@given(st.text(max_size=60))
def test_no_text_makes_a_stranger_s_host_a_push_service(text: str) -> None:
    for endpoint in (text, f"https://{text}", f"https://evil.example{text}/"):
        if is_endpoint_of(endpoint, KNOWN_SERVICES):
            assert provider_of("webpush", f"{endpoint} k a v") in KNOWN_SERVICES


@pytest.mark.parametrize(
    ("endpoint", "provider"),
    [
        ("https://fcm.googleapis.com/fcm/send/a", "fcm.googleapis.com"),
        (MOZILLA, "*.push.services.mozilla.com"),
        ("https://wns2-by3p.notify.windows.com/w/?token=a%2b", "*.notify.windows.com"),
        ("https://web.push.apple.com/QGu", "*.push.apple.com"),
        ("https://push.example:8443/a", "push.example:8443"),
    ],
)
def test_hosts_of_one_service_are_one_provider(endpoint: str, provider: str) -> None:
    extra = ("push.example:8443",)

    assert is_endpoint_of(endpoint, (*KNOWN_SERVICES, *extra))
    subscription = Subscription(endpoint, "p", "a", "k")
    assert provider_of("webpush", subscription.value) == provider
    assert provider_of("token", "a:token") == provider_of("fid", "f") == ""
    assert subscription_of(subscription.value) == subscription


def test_a_phone_of_the_app_has_no_browser_s_address(client: FlaskClient) -> None:
    refused = registered(client, Browser().address, platform="android")

    assert refused.status_code == 422
    assert "address" in refused.get_json()["errors"]


@pytest.mark.parametrize(
    "address",
    [
        {"kind": "webpush"},
        {"kind": "webpush", "value": "https://fcm.googleapis.com/a"},
        {"kind": "token", "subscription": Browser().address["subscription"]},
        Browser().address | {"value": "a"},
        {"kind": "token", "value": "a", "application_server_key": "abc"},
    ],
)
def test_a_kind_of_address_comes_with_its_own_parts(
    client: FlaskClient, address: dict[str, Any]
) -> None:
    assert registered(client, address).status_code == 422


def test_the_same_subscription_proves_that_it_is_the_same_browser(client: FlaskClient) -> None:
    browser = Browser()
    old = registered(client, browser.address).get_json()
    new = registered(client, browser.address).get_json()

    assert new["address"] == {"state": "active"}
    head = {"Authorization": f"Bearer {old['secret']}"}
    was = client.get(f"/v1/installations/{old['id']}", headers=head).get_json()
    assert was["address"] == {"state": "none"}


def test_whoever_knows_the_endpoint_alone_takes_it_from_nobody(client: FlaskClient) -> None:
    browser = Browser()
    owner = registered(client, browser.address).get_json()
    thief = registered(client, Browser(browser.endpoint).address).get_json()

    assert thief["address"] == {"state": "confirm"}
    head = {"Authorization": f"Bearer {owner['secret']}"}
    kept = client.get(f"/v1/installations/{owner['id']}", headers=head).get_json()
    assert kept["address"] == {"state": "active"}


def test_other_browsers_of_one_service_are_not_mistaken_for_each_other(
    client: FlaskClient,
) -> None:
    first, second = (Browser(f"{MOZILLA}-{number}") for number in (1, 2))

    states = [registered(client, each.address).get_json()["address"] for each in (first, second)]

    assert states == [{"state": "active"}] * 2
    assert phone_of(first.endpoint) != phone_of(second.endpoint)


def test_a_page_changes_its_subscription_with_its_own_secret(client: FlaskClient) -> None:
    made = registered(client, Browser().address).get_json()
    head = {"Authorization": f"Bearer {made['secret']}"}
    path = f"/v1/installations/{made['id']}"

    moved = client.patch(path, json={"address": Browser(MOZILLA).address}, headers=head)
    refused = client.patch(
        path, json={"address": Browser("https://a.example/").address}, headers=head
    )

    assert moved.get_json()["address"] == {"state": "active"}
    assert refused.status_code == 422
    assert client.get(path, headers=head).get_json()["address"] == {"state": "active"}
