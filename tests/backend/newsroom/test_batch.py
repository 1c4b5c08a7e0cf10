"""Many articles in one request, each as if it had come alone."""

from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.http.hooks import Publication
from backend.http.keys import create_key
from backend.tables.newsroom import Article, FeedChange
from schemas.batch import MOST_ARTICLES
from tests.conftest import EDITOR, START, bearer
from tests.factories import draft, publish

PATH = "/v1/newsroom/articles:batch"


def item(external_id: str, source: str = "herald", **fields: Any) -> dict[str, Any]:
    return draft(source=source, external_id=external_id, **fields)


def sent(
    client: FlaskClient, *articles: Any, headers: dict[str, str] = EDITOR
) -> list[dict[str, Any]]:
    answer = client.post(PATH, headers=headers, json={"articles": list(articles)})
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.get_json()["results"]
    return results


def statuses(results: list[dict[str, Any]]) -> list[int]:
    return [each["status"] for each in results]


def listed(client: FlaskClient, source: str = "herald") -> list[str]:
    page = client.get(f"/v1/sources/{source}/articles?limit=100").get_json()
    return [each["id"] for each in page["articles"]]


def test_a_batch_says_and_shows_what_as_many_requests_would(client: FlaskClient) -> None:
    fields: dict[str, Any] = {
        "tags": ["Harbour", "!!!"],
        "category": "World",
        "body_text": "Boats. " * 80,
    }
    told = "2026-03-02T11:00:00Z"
    first, second = (item(each, published_at=told, **fields) for each in ("a", "b"))
    alone = {name: value for name, value in first.items() if name != "external_id"}
    single = publish(client, **alone | {"source": "gazette"}, external_id="a")

    results = sent(client, first, second, item("c", published_at="2030-01-01T00:00:00Z"))

    assert statuses(results) == [201, 201, 201]
    assert [each["external_id"] for each in results] == ["a", "b", "c"]
    assert [each["id"] for each in results][:2] == listed(client)[1:][::-1]
    article = client.get(f"/v1/articles/{results[0]['id']}").get_json()
    same = ("title", "body_html", "tags", "category", "published_at", "language")
    assert {name: article[name] for name in same} == {name: single[name] for name in same}
    assert results[0]["ignored_tags"] == single["ignored_tags"] != []
    assert results[2]["refused_date"] == "2030-01-01T00:00:00Z"


def test_what_was_sent_before_changes_nothing(client: FlaskClient, session: Session) -> None:
    articles = [item(str(number)) for number in range(3)]
    before = sent(client, *articles)
    numbers = session.scalars(select(FeedChange.seq)).all()
    session.rollback()

    again = sent(client, *articles)

    assert statuses(again) == [200, 200, 200]
    assert [each["id"] for each in again] == [each["id"] for each in before]
    assert session.scalars(select(FeedChange.seq)).all() == numbers


def test_one_id_twice_is_an_article_and_its_new_version(client: FlaskClient) -> None:
    results = sent(client, item("a", title="First"), item("b"), item("a", title="Second"))

    assert statuses(results) == [201, 201, 200]
    assert results[0]["id"] == results[2]["id"]
    assert client.get(f"/v1/articles/{results[0]['id']}").get_json()["title"] == "Second"
    assert len(listed(client)) == 2


def test_articles_that_are_refused_keep_no_others_back(client: FlaskClient) -> None:
    publish(client, external_id="down")
    client.delete("/v1/newsroom/articles/herald/down", headers=EDITOR)
    untitled = {name: value for name, value in item("u").items() if name != "title"}

    results = sent(
        client, item("a"), untitled, item("down"), "no object", item("z", source="-"), item("b")
    )

    assert statuses(results) == [201, 422, 410, 422, 422, 201]
    assert results[1]["external_id"] == "u"
    assert results[1]["problem"]["errors"] == {"title": ["Missing data for required field."]}
    assert results[2]["problem"]["type"] == "/problems/gone"
    assert results[3]["external_id"] is results[3]["id"] is None
    assert len(listed(client)) == 2


def test_a_key_publishes_for_its_own_sources_and_marks_nothing_as_breaking(
    app: Flask, client: FlaskClient
) -> None:
    with app.app_context():
        key = create_key("publisher", "herald", ["herald"], now=START)

    results = sent(
        client,
        item("a", breaking=False),
        item("b", source="gazette"),
        item("c", breaking=True),
        headers=bearer(key),
    )

    assert statuses(results) == [201, 403, 403]
    assert client.post(PATH, json={"articles": [item("d")]}).status_code == 401


def test_an_article_that_fails_is_told_and_the_others_are_published(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    def refuse(_: Session, publication: Publication) -> None:
        if publication.article.title == "Odd":
            raise RuntimeError("a secret of the room")

    app.extensions["tagwire"].hooks.on_publish.append(refuse)

    results = sent(client, item("a"), item("b", title="Odd"), item("c"), item("d", title="Odd"))

    assert statuses(results) == [201, 500, 201, 500]
    assert "secret" not in results[1]["problem"]["detail"]
    assert len(listed(client)) == 2
    assert session.scalars(select(Article.external_id).order_by(Article.id)).all() == ["a", "c"]


def test_a_batch_is_bounded(client: FlaskClient) -> None:
    too_many = [item(str(number)) for number in range(MOST_ARTICLES + 1)]
    huge = item("a", body_text="x" * 1_100_000)

    for articles, status in ((too_many, 422), ([], 422), ([huge], 413)):
        answer = client.post(PATH, headers=EDITOR, json={"articles": articles})
        assert answer.status_code == status
    assert client.get("/v1/sources").get_json()["sources"] == []


def test_breaking_articles_of_a_batch_plan_their_alerts(client: FlaskClient) -> None:
    results = sent(client, item("a", breaking=True), item("b"), item("c", breaking=True))

    planned = [each["notification_id"] for each in results]
    assert planned[1] is None
    assert len({planned[0], planned[2]} - {None}) == 2
    assert statuses(sent(client, item("a", breaking=True))) == [200]
