"""Following is idempotent, in any spelling, and bounded."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from backend.audience.service import MOST_TOPICS
from tests.conftest import EDITOR
from tests.factories import Phone, draft, publish, register


def topics(phone: Phone) -> list[str]:
    url = f"/v1/installations/{phone.id}/topics"
    found: list[str] = phone.client.get(url, headers=phone.auth).get_json()["topics"]
    return found


def replace(phone: Phone, wanted: list[str]) -> dict[str, Any]:
    url = f"/v1/installations/{phone.id}/topics"
    answer = phone.client.put(url, headers=phone.auth, json={"topics": wanted})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def test_following_twice_is_following_once(client: FlaskClient) -> None:
    publish(client, tags=["Harbour"])
    phone = register(client, "tag:Harbour", "tag:harbour", "tag:%23HARBOUR")

    assert topics(phone) == ["tag:Harbour"]


def test_unfollowing_is_idempotent(client: FlaskClient) -> None:
    publish(client, tags=["Harbour"])
    phone = register(client, "tag:Harbour", "breaking")

    for topic in ("tag:harbour", "tag:harbour", "tag:nowhere", "nonsense"):
        url = f"/v1/installations/{phone.id}/topics/{topic}"
        assert client.delete(url, headers=phone.auth).status_code == 204

    assert topics(phone) == ["breaking"]


def test_a_topic_that_does_not_exist_cannot_be_followed(client: FlaskClient) -> None:
    phone = register(client)

    for topic in ("tag:nowhere", "nonsense", "breaking:x", "source:", "category:none", "tag:"):
        url = f"/v1/installations/{phone.id}/topics/{topic}"
        assert client.put(url, headers=phone.auth).status_code == 404


def test_replacing_keeps_what_stays_and_drops_the_rest(client: FlaskClient) -> None:
    publish(client, tags=["Harbour", "Ferry", "북한-러시아"], category="World News")
    phone = register(client, "tag:Harbour", "tag:Ferry")

    done = replace(phone, ["tag:Ferry", "category:World News", "source:Herald", "tag:북한-러시아"])

    assert set(done["topics"]) == {
        "tag:Ferry",
        "category:world-news",
        "source:herald",
        "tag:북한-러시아",
    }
    assert done["dropped"] == []
    assert replace(phone, []) == {"topics": [], "dropped": []}


def test_an_installation_follows_a_bounded_number_of_topics(client: FlaskClient) -> None:
    names = [f"Harbour{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(MOST_TOPICS + 2)]
    for start in range(0, len(names), 50):
        url = f"/v1/newsroom/articles/herald/{start}"
        body = draft(tags=names[start : start + 50], title="Wind")
        assert client.put(url, headers=EDITOR, json=body).status_code == 201
    phone = register(client)

    done = replace(phone, [f"tag:{name}" for name in names])

    assert len(done["topics"]) == MOST_TOPICS
    assert [dropped["reason"] for dropped in done["dropped"]] == ["too-many", "too-many"]
    one_more = f"/v1/installations/{phone.id}/topics/tag:{names[-1]}"
    already = f"/v1/installations/{phone.id}/topics/tag:{names[0]}"
    assert client.put(one_more, headers=phone.auth).status_code == 409
    assert client.put(already, headers=phone.auth).status_code == 204


@pytest.mark.parametrize(
    "body",
    [{}, {"topics": "x"}, {"topics": [1]}, {"topics": ["x" * 301]}, {"topics": ["a"] * 2001}],
)
def test_a_bad_list_of_topics_is_refused(client: FlaskClient, body: dict[str, Any]) -> None:
    phone = register(client)

    url = f"/v1/installations/{phone.id}/topics"
    answer = client.put(url, headers=phone.auth, json=body)

    assert answer.status_code == 422
    assert "topics" in answer.get_json()["errors"]
