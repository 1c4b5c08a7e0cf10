"""Preferences change only where they are given, and bad ones change nothing."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.conftest import EDITOR
from tests.factories import publish, register

DEFAULTS: dict[str, Any] = {
    "quiet_hours": None,
    "breaking_overrides_quiet_hours": True,
    "daily_limit": None,
    "muted_sources": [],
    "languages": [],
    "levels": {},
}


def test_a_new_installation_has_no_restrictions(client: FlaskClient) -> None:
    phone = register(client)

    url = f"/v1/installations/{phone.id}/preferences"
    assert client.get(url, headers=phone.auth).get_json() == DEFAULTS


def test_levels_are_replaced_as_a_whole_and_live_as_long_as_the_follow(
    client: FlaskClient,
) -> None:
    publish(client, tags=["Harbour"])
    phone = register(client, "tag:Harbour", "source:herald")
    url = f"/v1/installations/{phone.id}"

    def levels() -> dict[str, str]:
        found = client.get(f"{url}/preferences", headers=phone.auth).get_json()
        named: dict[str, str] = found["levels"]
        return named

    phone.prefer(levels={"tag:harbour": "important", "source:herald": "silent"})
    assert levels() == {"tag:Harbour": "important", "source:herald": "silent"}
    topics = {"topics": ["tag:Harbour"]}
    client.put(f"{url}/topics", headers=phone.auth, json=topics)
    phone.follow("source:herald")
    assert levels() == {"tag:Harbour": "important"}
    phone.prefer(levels={"source:herald": "breaking"})
    assert levels() == {"source:herald": "breaking"}


def test_a_level_moves_with_its_follow_when_tags_are_merged_and_back(client: FlaskClient) -> None:
    publish(client, tags=["Harbour", "Port"])
    phone = register(client, "tag:Harbour")
    phone.prefer(levels={"tag:Harbour": "silent"})
    url = f"/v1/installations/{phone.id}/preferences"
    merge = "/v1/newsroom/tags/Harbour/merge"

    assert client.post(merge, headers=EDITOR, json={"into": "Port"}).status_code == 200
    merged = client.get(url, headers=phone.auth).get_json()["levels"]
    assert client.delete(merge, headers=EDITOR).status_code == 200
    undone = client.get(url, headers=phone.auth).get_json()["levels"]

    assert merged == {"tag:Port": "silent"}
    assert undone == {"tag:Harbour": "silent"}


def test_only_what_is_given_changes(client: FlaskClient) -> None:
    publish(client)
    phone = register(client)
    phone.prefer(quiet_hours={"start": "22:00", "end": "07:00"}, muted_sources=["herald"])

    phone.prefer(daily_limit=3, breaking_overrides_quiet_hours=False)

    url = f"/v1/installations/{phone.id}/preferences"
    assert client.get(url, headers=phone.auth).get_json() == {
        "quiet_hours": {"start": "22:00", "end": "07:00"},
        "breaking_overrides_quiet_hours": False,
        "daily_limit": 3,
        "muted_sources": ["herald"],
        "languages": [],
        "levels": {},
    }

    phone.prefer(quiet_hours=None, daily_limit=None, muted_sources=[])
    phone.prefer(breaking_overrides_quiet_hours=True)
    assert client.get(url, headers=phone.auth).get_json() == DEFAULTS


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"quiet_hours": {"start": "22:00"}}, "quiet_hours"),
        ({"quiet_hours": {"start": "24:00", "end": "07:00"}}, "quiet_hours"),
        ({"quiet_hours": {"start": "22:00", "end": "22:00"}}, "quiet_hours"),
        ({"quiet_hours": {"start": "22:00\n", "end": "07:00"}}, "quiet_hours"),
        ({"quiet_hours": "always"}, "quiet_hours"),
        ({"daily_limit": -1}, "daily_limit"),
        ({"daily_limit": 1.5}, "daily_limit"),
        ({"daily_limit": 10**30}, "daily_limit"),
        ({"breaking_overrides_quiet_hours": 1}, "breaking_overrides_quiet_hours"),
        ({"breaking_overrides_quiet_hours": "yes"}, "breaking_overrides_quiet_hours"),
        ({"muted_sources": ["nobody"]}, "muted_sources"),
        ({"muted_sources": [None]}, "muted_sources"),
        ({"languages": ["en_US"]}, "languages"),
        ({"languages": "en"}, "languages"),
        ({"languages": ["en"] * 11}, "languages"),
        ({"levels": {"tag:Nowhere": "silent"}}, "levels"),
        ({"levels": {"breaking": "loud"}}, "levels"),
        ({"quiet": None}, "quiet"),
    ],
)
def test_a_bad_preference_is_named_and_changes_nothing(
    client: FlaskClient, body: dict[str, Any], field: str
) -> None:
    phone = register(client)
    url = f"/v1/installations/{phone.id}/preferences"

    answer = client.patch(url, headers=phone.auth, json={"daily_limit": 5} | body)

    assert answer.status_code == 422
    assert field in answer.get_json()["errors"]
    assert client.get(url, headers=phone.auth).get_json() == DEFAULTS
