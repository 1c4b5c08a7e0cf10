"""What only articles name that nobody may see is named in no list; with an article it returns."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.newsroom.retention import forget_articles
from backend.newsroom.service import release_due
from tests.conftest import EDITOR, START, Clock
from tests.factories import publish

ARTICLES = "/v1/newsroom/articles"
LISTS = {
    "/v1/tags?q=zepp": "zeppelin",
    "/v1/tags": "zeppelin",
    "/v1/tags/trending": "zeppelin",
    "/v1/tags/harbour": "zeppelin",
    "/v1/search/suggestions?q=zepp": "zeppelin",
    "/search?q=zepelin": "zeppelin",
    "/sitemap-tags-0.xml": "zeppelin",
    "/sitemap-sources.xml": "skyways",
    "/sitemap-categories.xml": "airships",
    "/": "zeppelin",
    "/v1/search/suggestions?q=sky": "skyways",
    "/v1/sources": "skyways",
    "/v1/categories": "airships",
    "/search?q=article": 'value="cy"',
}


@pytest.fixture
def named(client: FlaskClient, clock: Clock) -> list[dict[str, Any]]:
    """Two articles with a tag, a section, a publisher and a language that no other has."""
    others(client)
    clock.forward(minutes=2)
    made = [written(client) for _ in range(2)]
    clock.forward(minutes=2)
    return made


def others(client: FlaskClient) -> None:
    for number in range(7):
        tags = [] if number else ["Harbour"]
        publish(client, source="herald", tags=tags, category="World", language="en")


def written(client: FlaskClient, **fields: Any) -> dict[str, Any]:
    names = {"tags": ["Zeppelin", "Harbour"], "category": "Airships", "source": "skyways"}
    return publish(client, **{**names, "language": "cy", **fields})


def naming(client: FlaskClient) -> set[str]:
    """The lists that name it."""
    return {path for path, name in LISTS.items() if name in client.get(path).text.lower()}


def test_the_names_of_an_article_that_is_taken_down_go_with_it_and_return(
    client: FlaskClient, named: list[dict[str, Any]]
) -> None:
    assert naming(client) == {*LISTS}

    for article in named:
        assert client.delete(f"{ARTICLES}/{article['id']}", headers=EDITOR).status_code == 204

    assert naming(client) == set()
    for article in named:
        client.post(f"{ARTICLES}/{article['id']}/restore", headers=EDITOR)
    assert naming(client) == {*LISTS}


def test_the_names_go_with_a_source_that_is_removed(
    client: FlaskClient, named: list[dict[str, Any]]
) -> None:
    assert naming(client) == {*LISTS}

    client.delete("/v1/newsroom/sources/skyways?articles=remove", headers=EDITOR)

    assert naming(client) == set()
    for _ in named:
        written(client)
    assert naming(client) == {*LISTS}


@pytest.mark.usefixtures("named")
def test_the_names_go_with_articles_past_their_time(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    clock.forward(days=40)
    others(client)
    with app.app_context():
        hooks = app.extensions["tagwire"].hooks
        list(forget_articles(hooks, timedelta(days=30), now=clock.now))

    assert naming(client) == set()


def test_a_tag_that_an_article_loses_is_named_for_it_no_more(
    client: FlaskClient, named: list[dict[str, Any]]
) -> None:
    of_tag = {path for path, name in LISTS.items() if name == "zeppelin"}
    assert naming(client) >= of_tag

    for article in named:
        path, lost = f"{ARTICLES}/{article['id']}", {"remove_tags": ["Zeppelin"]}
        assert client.patch(path, headers=EDITOR, json=lost).status_code == 200

    assert naming(client) == {*LISTS} - of_tag


def test_the_names_of_articles_under_embargo_come_with_its_end(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    others(client)
    until = START + timedelta(minutes=10)
    for _ in range(2):
        written(client, embargo_until=until.isoformat())
    assert naming(client) == set()

    clock.now = until
    with app.app_context():
        release_due(app.extensions["tagwire"].hooks, now=clock.now)

    assert naming(client) == {*LISTS}


def test_whoever_follows_a_tag_without_articles_is_told_what_left_it(
    client: FlaskClient, named: list[dict[str, Any]]
) -> None:
    page = client.get("/v1/tags/zeppelin/articles").get_json()
    for article in named:
        client.delete(f"{ARTICLES}/{article['id']}", headers=EDITOR)

    changes = client.get(
        "/v1/tags/zeppelin/changes", query_string={"cursor": page["sync_cursor"]}
    ).get_json()["changes"]

    assert {each["id"] for each in changes} == {each["id"] for each in named}
    assert {each["op"] for each in changes} == {"remove"}
    assert client.get("/v1/tags/zeppelin/articles").get_json()["articles"] == []
