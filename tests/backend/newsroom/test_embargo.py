"""Under embargo an article does not exist for the public; after it, it appears once."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.http.context import current_context
from backend.newsroom.service import release_due
from schemas.fields import instant_text
from tests.conftest import EDITOR, START, Clock
from tests.factories import draft, publish

URL = "/v1/newsroom/articles/herald/1"


def hold(client: FlaskClient, **by: float) -> dict[str, object]:
    until = instant_text(START + timedelta(**by))
    return publish(client, external_id="1", tags=["Harbour"], embargo_until=until)


def release(app: Flask) -> int:
    with app.app_context():
        return release_due(current_context().hooks, now=current_context().now())


def ids(client: FlaskClient) -> list[object]:
    page = client.get("/v1/tags/harbour/articles").get_json()
    return [article["id"] for article in page["articles"]]


def test_nobody_sees_an_article_before_its_time(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    article = hold(client, hours=1)
    clock.forward(minutes=59)

    assert release(app) == 0
    assert ids(client) == []
    assert client.get(f"/v1/articles/{article['id']}").status_code == 404


def test_a_released_article_stands_where_its_embargo_ended(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    held = hold(client, hours=1)
    clock.forward(minutes=30)
    early = publish(client, tags=["Harbour"])
    clock.forward(minutes=45)
    late = publish(client, tags=["Harbour"])

    assert release(app) == 1
    assert release(app) == 0
    assert ids(client) == [late["id"], held["id"], early["id"]]
    assert client.get(f"/v1/articles/{held['id']}").status_code == 200


def test_an_embargo_in_the_past_is_none(client: FlaskClient) -> None:
    newer = publish(client, tags=["Harbour"], published_at=instant_text(START))
    older = publish(
        client,
        tags=["Harbour"],
        published_at=instant_text(START - timedelta(hours=3)),
        embargo_until=instant_text(START - timedelta(hours=1)),
    )

    assert ids(client) == [newer["id"], older["id"]]


@pytest.mark.parametrize("until", [None, instant_text(START - timedelta(days=1))])
def test_an_embargo_that_is_lifted_early_lists_the_article_now(
    client: FlaskClient, clock: Clock, until: str | None
) -> None:
    held = hold(client, days=2)
    clock.forward(hours=5)
    other = publish(client, tags=["Harbour"])
    clock.forward(hours=1)

    client.patch(URL, headers=EDITOR, json={"embargo_until": until})

    assert ids(client) == [held["id"], other["id"]]


def test_an_embargo_can_be_prolonged_but_hides_nothing_that_is_public(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    hold(client, hours=1)
    longer = instant_text(START + timedelta(hours=5))
    assert client.patch(URL, headers=EDITOR, json={"embargo_until": longer}).status_code == 200
    clock.forward(hours=2)
    assert release(app) == 0
    clock.forward(hours=4)
    assert release(app) == 1

    again = instant_text(clock.now + timedelta(hours=1))
    answer = client.patch(URL, headers=EDITOR, json={"embargo_until": again})

    assert answer.status_code == 409
    assert len(ids(client)) == 1


def test_an_article_taken_down_under_embargo_never_appears(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    hold(client, hours=1)
    client.delete(URL, headers=EDITOR)
    clock.forward(hours=2)

    assert release(app) == 0
    assert ids(client) == []


def test_one_article_that_cannot_be_released_keeps_no_other_back(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    def refuse_the_first(_session: object, publication: object) -> None:
        if publication.article.external_id == "1":  # type: ignore[attr-defined]
            raise RuntimeError

    hold(client, minutes=30)
    until = instant_text(START + timedelta(hours=1))
    other = publish(client, tags=["Harbour"], embargo_until=until)
    clock.forward(hours=2)
    app.extensions["tagwire"].hooks.on_publish.append(refuse_the_first)

    assert release(app) == 1
    assert ids(client) == [other["id"]]

    app.extensions["tagwire"].hooks.on_publish.remove(refuse_the_first)
    assert release(app) == 1
    assert len(ids(client)) == 2


def test_a_publisher_sees_its_article_under_embargo(client: FlaskClient) -> None:
    answer = client.put(
        URL,
        headers=EDITOR,
        json=draft(title="Held", embargo_until=instant_text(START + timedelta(hours=1))),
    )

    assert answer.status_code == 201
    assert answer.get_json()["title"] == "Held"
    assert answer.get_json()["notification_id"] is None
