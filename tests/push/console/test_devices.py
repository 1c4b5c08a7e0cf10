"""The newsroom's test phones in the console: named, tried, let go."""

from collections.abc import Callable

from tests.conftest import EDITOR, Clock
from tests.people import SECURE, Person
from tests.push.conftest import UNREGISTERED, Provider

API = "/v1/newsroom/devices"
DEVICES = "/console/devices"


def registered(ann: Person) -> str:
    address = {"kind": "token", "value": "address-of-a-test-phone"}
    body = {"platform": "ios", "address": address}
    answer = ann.client.post("/v1/installations", base_url=SECURE, json=body)
    found: str = answer.get_json()["id"]
    return found


def test_a_phone_is_added_by_its_id_renamed_and_let_go(ann: Person) -> None:
    assert "There is no test phone yet." in ann.get(DEVICES).text
    phone = registered(ann)

    ann.send(DEVICES, data={"id": phone, "name": "Ann's iPhone"})
    assert "Ann&#39;s iPhone" in ann.get(DEVICES).text
    ann.send(f"{DEVICES}/{phone}", data={"name": "Desk"})
    assert [each["name"] for each in ann.get(API).get_json()["devices"]] == ["Desk"]
    ann.send(f"{DEVICES}/{phone}/remove")
    assert ann.get(API).get_json()["devices"] == []


def test_a_phone_that_cannot_be_added_is_shown_as_it_was_typed(ann: Person) -> None:
    for name in (" ", "x" * 61, "kept & safe"):
        answer = ann.send(DEVICES, data={"id": "nobody", "name": name})
        assert answer.status_code == 422
        assert 'value="nobody"' in answer.text


def test_a_call_without_a_name_keeps_the_name(ann: Person) -> None:
    phone = registered(ann)
    for body in ({"name": "Desk"}, {}, None):
        sent = {} if body is None else {"json": body}
        answer = ann.client.put(f"{API}/{phone}", base_url=SECURE, headers=EDITOR, **sent)
        assert answer.status_code == 204

    assert [each["name"] for each in ann.get(API).get_json()["devices"]] == ["Desk"]
    acts = ann.client.get("/v1/newsroom/audit", base_url=SECURE, headers=EDITOR).get_json()
    assert "Desk" not in str(acts["entries"])
    assert {each["act"] for each in acts["entries"]} >= {"device.marked"}


def test_a_try_says_how_it_went(
    ann: Person, work: Callable[[], None], provider: Provider, clock: Clock
) -> None:
    assert "Nothing was tried" in ann.get(DEVICES).text
    phone = registered(ann)
    ann.send(DEVICES, data={"id": phone, "name": "Desk"})

    tried = ann.send(f"{DEVICES}/try")
    assert "A try is under way" in ann.get(tried.location).text
    assert ann.get(f"{API}:test").get_json()["state"] == "under_way"
    work()
    assert "The provider took it for 1 phone." in ann.get(DEVICES).text
    clock.forward(minutes=1)
    provider.answer("address-of-a-test-phone", UNREGISTERED)
    ann.send(f"{DEVICES}/try")
    work()
    last = ann.get(f"{API}:test").get_json()
    assert last["state"] == "failed"
    assert last["reason"] in ann.get(DEVICES).text


def test_nothing_is_tried_while_everything_is_halted(ann: Person) -> None:
    ann.send("/v1/newsroom/halt")

    answer = ann.send(f"{DEVICES}/try")

    assert answer.status_code == 409
    assert "everything is halted" in answer.text
    assert ann.get(f"{API}:test").status_code == 404
