"""What is merged, forbidden, taken down or removed says first how much goes with it."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.conftest import EDITOR
from tests.factories import publish, register
from tests.push.editor import NOTIFICATIONS, alert

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


MOVED = {"keep": {"links": 1}, "remove": {"articles": 2, "links": 2, "alerts": 1}}


@pytest.mark.parametrize("articles", [*MOVED])
def test_removing_a_source_says_how_much_it_has(
    client: FlaskClient, newsroom: str, articles: str
) -> None:
    query = {"dry_run": "true", "articles": articles}

    seen = preview(client, "DELETE", "sources/herald", query_string=query)

    assert seen == NOTHING | {"followers": 1} | MOVED[articles]
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


def shorten(client: FlaskClient, *urls: str) -> None:
    for url in urls:
        answer = client.post("/v1/newsroom/links", headers=EDITOR, json={"url": url})
        assert answer.status_code == 201, answer.text


def seen_from_outside(client: FlaskClient) -> dict[str, set[str]]:
    """The articles that are not down, the links that lead to one, and the alerts not recalled."""
    articles = client.get("/v1/newsroom/articles?limit=100", headers=EDITOR).get_json()["articles"]
    up = {each["id"] for each in articles if each["state"] != "taken_down"}
    links = client.get("/v1/newsroom/links?limit=100", headers=EDITOR).get_json()["links"]
    alerts = client.get(NOTIFICATIONS, headers=EDITOR).get_json()["notifications"]
    return {
        "articles": up,
        "links": {each["code"] for each in links if {*each["url"].split("/")} & up},
        "alerts": {each["id"] for each in alerts if each["state"] != "recalled"},
    }


@pytest.fixture
def busy(client: FlaskClient) -> dict[str, Any]:
    """Articles in each state, links to them as people write them, and alerts about them."""
    made = {name: publish(client, external_id=name, tags=["Harbour"]) for name in "abcd"}
    held = publish(client, embargo_until="2026-03-02T20:00:00Z", tags=["Harbour"])
    publish(client, source="gazette", external_id="other", tags=["Harbour"])
    register(client, "tag:Harbour", "source:herald")
    for name, article in made.items():
        plain = f"http://news.test/article/{article['id']}"
        shorten(client, *([article["url"], f"{plain}?ref=x"] if name in "ad" else [plain]))
        alert(client, article_id=article["id"], send_at="2026-03-02T20:00:00Z")
    for fields in ({}, {"approval": True}, {"dry_run": True}):
        alert(client, article_id=made["b"]["id"], **fields)
    shorten(client, "http://news.test/tag/harbour", "http://news.test/tag/%23HARBOUR")
    client.delete(f"/v1/newsroom/articles/{made['d']['id']}", headers=EDITOR)
    return {**made, "held": held}


@pytest.mark.parametrize("name", ["a", "b", "d", "held", "source"])
def test_what_is_told_of_a_takedown_and_a_removal_is_what_happens(
    client: FlaskClient, busy: dict[str, Any], name: str
) -> None:
    is_source = name == "source"
    path = "sources/herald" if is_source else f"articles/{busy[name]['id']}"
    query = {"articles": "remove"} if is_source else {}

    told = preview(client, "DELETE", path, query_string={**query, "dry_run": "true"})
    before = seen_from_outside(client)
    client.delete(f"/v1/newsroom/{path}", headers=EDITOR, query_string=query)
    after = seen_from_outside(client)

    gone = {each: len(before[each] - after[each]) for each in before}
    assert {each: told[each] for each in gone} == gone
    assert is_source <= (gone["articles"] == 4 and gone["links"] == 4 and gone["alerts"] == 6)


@pytest.mark.parametrize("source", [None, "herald"])
@pytest.mark.usefixtures("busy")
def test_what_is_told_of_a_ban_is_what_happens(client: FlaskClient, source: str | None) -> None:
    body = {"source": source}
    told = preview(client, "POST", "tags/harbour/forbid", json=body | {"dry_run": True})["preview"]
    before = carrying(client)

    client.post("/v1/newsroom/tags/harbour/forbid", headers=EDITOR, json=body)

    assert told["articles"] == before - carrying(client) == (5 if source else 6)
    assert (told["links"], told["followers"]) == (2, 1)


@pytest.mark.usefixtures("busy")
def test_what_is_told_of_a_merge_and_of_a_name_is_what_happens(client: FlaskClient) -> None:
    publish(client, tags=["Port"])
    told = preview(client, "PATCH", "tags/Harbour", json={"name": "Quay", "dry_run": True})
    body = {"into": "Port", "dry_run": True}
    seen = preview(client, "POST", "tags/Harbour/merge", json=body)["preview"]
    count = carrying(client)

    client.post("/v1/newsroom/tags/Harbour/merge", headers=EDITOR, json={"into": "Port"})

    moved = carrying(client, "Port") - 1
    assert told["preview"]["articles"] == seen["articles"] == moved == count == 6
    assert (told["preview"]["links"], seen["links"]) == (2, 2)


def carrying(client: FlaskClient, tag: str = "Harbour") -> int:
    query = {"tag": tag, "limit": 100}
    found = client.get("/v1/newsroom/articles", headers=EDITOR, query_string=query).get_json()
    return len(found["articles"])
