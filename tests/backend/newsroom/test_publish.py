"""An article that was sent is in its feeds, once, and what was refused changed nothing."""

import pytest
from flask.testing import FlaskClient

from tests.conftest import EDITOR
from tests.factories import draft, publish, register


def test_a_published_article_is_in_the_feed_of_its_tag(client: FlaskClient) -> None:
    article = publish(client, title="Ports reopen", tags=["Harbour"])

    feed = client.get("/v1/tags/harbour/articles").get_json()

    assert [found["id"] for found in feed["articles"]] == [article["id"]]
    assert feed["articles"][0]["title"] == "Ports reopen"
    assert feed["tag"]["heading"] == "Latest news with #Harbour"
    assert feed["next_cursor"] is None
    assert feed["gap"] is False


def test_publishing_again_changes_nothing(client: FlaskClient) -> None:
    body = draft(tags=["Harbour"])
    url = "/v1/newsroom/articles/herald/42"

    first = client.put(url, headers=EDITOR, json=body)
    second = client.put(url, headers=EDITOR, json=body)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.get_json() == second.get_json()
    assert len(client.get("/v1/tags/Harbour/articles").get_json()["articles"]) == 1


def test_pages_follow_each_other_without_loss(client: FlaskClient) -> None:
    ids = [publish(client, tags=["Harbour"])["id"] for _ in range(7)]

    seen, cursor = [], None
    while True:
        page = client.get(
            "/v1/tags/Harbour/articles", query_string={"limit": 3, "cursor": cursor or None}
        ).get_json()
        seen += [found["id"] for found in page["articles"]]
        assert page["gap"] is False, "more to come is no gap for who asked for no `until`"
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == ids[::-1]


def test_a_taken_down_article_is_gone_and_stays_down(client: FlaskClient) -> None:
    article = publish(client, external_id="7", tags=["Harbour"])

    answer = client.delete("/v1/newsroom/articles/herald/7?reason=legal", headers=EDITOR)

    assert answer.status_code == 204
    assert client.get(f"/v1/articles/{article['id']}").status_code == 410
    assert client.get("/v1/tags/Harbour/articles").get_json()["articles"] == []
    again = client.put("/v1/newsroom/articles/herald/7", headers=EDITOR, json=draft())
    assert again.status_code == 410
    assert "(legal)" in again.get_json()["detail"], "its newsroom is told why"
    assert "legal" not in client.get(f"/v1/articles/{article['id']}").text, "nobody else is"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"titel": "x"}, "titel"),
        ({"title": 7}, "title"),
        ({"title": ""}, "title"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"published_at": "yesterday"}, "published_at"),
        ({"published_at": "2026-01-01T00:00:00"}, "published_at"),
        ({"tags": "one"}, "tags"),
        ({"breaking": "yes"}, "breaking"),
        ({"image": {"url": "x"}}, "image"),
    ],
)
def test_a_bad_field_is_named(client: FlaskClient, body: dict[str, object], field: str) -> None:
    answer = client.put("/v1/newsroom/articles/herald/1", headers=EDITOR, json={**draft(), **body})

    problem = answer.get_json()
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert field in problem["errors"]


def test_an_installation_follows_known_topics_and_is_told_of_unknown_ones(
    client: FlaskClient,
) -> None:
    publish(client, tags=["Harbour"], category="Politics")
    phone = register(client)

    answer = client.put(
        f"/v1/installations/{phone.id}/topics",
        headers=phone.auth,
        json={"topics": ["tag:harbour", "category:politics", "breaking", "tag:Nowhere", "x"]},
    )

    assert answer.get_json() == {
        "topics": ["tag:Harbour", "category:politics", "breaking"],
        "dropped": [
            {"topic": "tag:Nowhere", "reason": "unknown"},
            {"topic": "x", "reason": "unknown"},
        ],
    }
