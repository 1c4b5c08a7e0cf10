"""Editors name the phones that dry runs go to."""

from flask.testing import FlaskClient

from tests.conftest import EDITOR
from tests.factories import register

DEVICES = "/v1/newsroom/devices"


def test_test_phones_are_marked_listed_and_let_go(client: FlaskClient) -> None:
    phone, other = register(client, app_version="4.1"), register(client, platform="ios")

    for each in (phone, other):
        assert client.put(f"{DEVICES}/{each.id}", headers=EDITOR).status_code == 204
    page = client.get(DEVICES, headers=EDITOR, query_string={"limit": 1}).get_json()
    rest = {"limit": 1, "cursor": page["next_cursor"]}
    [last] = client.get(DEVICES, headers=EDITOR, query_string=rest).get_json()["devices"]

    assert [each["platform"] for each in page["devices"]] == ["ios"]
    assert (last["id"], last["app_version"], last["has_address"]) == (phone.id, "4.1", True)
    assert phone.address not in str(last)
    assert client.delete(f"{DEVICES}/{phone.id}", headers=EDITOR).status_code == 204
    left = client.get(DEVICES, headers=EDITOR).get_json()["devices"]
    assert [each["id"] for each in left] == [other.id]
    assert client.put(f"{DEVICES}/nobody", headers=EDITOR).status_code == 404
