"""What is merged, forbidden, taken down or removed says first how much goes with it."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.conftest import EDITOR
from tests.factories import publish, register
from tests.push.editor import alert

NOTHING = {"articles": 0, "followers": 0, "links": 0, "alerts": 0}


@pytest.fixture
def newsroom(client: FlaskClient) -> str:
    """Two articles of a source under one tag, a follower, links to all, an alert that waits."""
    made = publish(client, external_id="1", tags=["Harbour"])
    publish(client, external_id="2", tags=["Harbour", "Ferry"])
    publish(client, source="gazette", tags=["Harbour"])
    register(client, "tag:Harbour", "source:herald")
    for page in (made["url"], "http://news.test/tag/Harbour", "http://news.test/source/herald"):
        answer = client.post("/v1/newsroom/links", headers=EDITOR, json={"url": page})
        assert answer.status_code == 201, answer.text
    alert(client, article_id=made["id"], send_at="2026-03-02T20:00:00Z")
    return str(made["id"])


def preview(client: FlaskClient, method: str, path: str, **given: Any) -> Any:
    answer = client.open(f"/v1/newsroom/{path}", method=method, headers=EDITOR, **given)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def test_a_takedown_says_which_links_and_alerts_go(client: FlaskClient, newsroom: str) -> None:
    dry = {"query_string": {"dry_run": "true"}}

    seen = preview(client, "DELETE", f"articles/{newsroom}", **dry)

    assert seen == NOTHING | {"articles": 1, "links": 1, "alerts": 1}
    assert client.get(f"/v1/articles/{newsroom}").status_code == 200
    client.delete(f"/v1/newsroom/articles/{newsroom}", headers=EDITOR)
    assert preview(client, "DELETE", "articles/herald/1", **dry) == NOTHING


@pytest.mark.parametrize(("articles", "count"), [("keep", 0), ("remove", 2)])
def test_removing_a_source_says_how_much_it_has(
    client: FlaskClient, newsroom: str, articles: str, count: int
) -> None:
    query = {"dry_run": "true", "articles": articles}

    seen = preview(client, "DELETE", "sources/herald", query_string=query)

    assert seen == NOTHING | {"articles": count, "followers": 1, "links": 1}
    assert client.get("/v1/newsroom/sources/herald", headers=EDITOR).status_code == 200


@pytest.mark.parametrize(("source", "count"), [(None, 3), ("herald", 2)])
def test_a_ban_says_how_many_articles_lose_the_tag(
    client: FlaskClient, newsroom: str, source: str | None, count: int
) -> None:
    body = {"dry_run": True, "source": source}

    seen = preview(client, "POST", "tags/harbour/forbid", json=body)["preview"]

    assert seen == NOTHING | {"articles": count, "followers": 1, "links": 1}
    assert len(client.get("/v1/tags/Harbour/articles").get_json()["articles"]) == 3
    unknown = preview(client, "POST", "tags/Nobody/forbid", json={"dry_run": True})
    assert unknown["preview"] == NOTHING


def test_a_new_name_says_where_it_will_show(client: FlaskClient, newsroom: str) -> None:
    seen = preview(client, "PATCH", "tags/Harbour", json={"name": "Port", "dry_run": True})

    assert seen["name"] == "Harbour"
    assert seen["preview"] == NOTHING | {"articles": 3, "followers": 1, "links": 1}


def test_a_merge_says_how_many_links_lead_to_the_tag(client: FlaskClient, newsroom: str) -> None:
    body = {"into": "Ferry", "dry_run": True}

    seen = preview(client, "POST", "tags/Harbour/merge", json=body)["preview"]

    assert (seen["articles"], seen["followers"], seen["links"]) == (3, 1, 1)
