"""An embargo, a correction and a takedown hold everywhere that an article can be read."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.newsroom.service import release_due
from tests.backend.feed.reading import correct, feed, ids, take_down
from tests.conftest import START, Clock
from tests.factories import Phone, publish, register

# Every address that lists articles; those of one feed are asked for with its sync cursor.
PLACES = [
    "/v1/tags/Harbour/articles",
    "/v1/tags/Harbour/articles?language=en",
    "/v1/tags/Harbour/articles?until={newest}",
    "/v1/tags/Harbour/changes?cursor={sync}",
    "/v1/sources/herald/articles",
    "/v1/categories/politics/articles",
    "/v1/articles/{other}",
    "/v1/search?q=zeppelin",
    "/v1/feed",
    "/",
    "/tag/Harbour",
    "/source/herald",
    "/category/politics",
    "/search?q=zeppelin",
    "/tag/Harbour.rss",
    "/sitemap-news.xml",
]
TITLE = "A zeppelin lands"
Read = Callable[[str], str]


@pytest.fixture
def phone(client: FlaskClient) -> Phone:
    publish(client, tags=["Harbour"], category="Politics", title="The first")
    return register(client, "tag:Harbour", "category:politics")


@pytest.fixture
def read(client: FlaskClient, phone: Phone) -> Read:
    """What an address says now, asked with the cursors that a reader held before."""
    page = feed(client, "Harbour")
    held = {
        "newest": page["newest_cursor"],
        "sync": page["sync_cursor"],
        "other": page["articles"][0]["id"],
    }

    def said(place: str) -> str:
        headers = phone.auth if place == "/v1/feed" else {}
        answer = client.get(place.format(**held), headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.text

    return said


def written(client: FlaskClient, **fields: str) -> str:
    body: dict[str, Any] = {
        "tags": ["Harbour"],
        "category": "Politics",
        "title": TITLE,
        "external_id": "z",
    }
    return str(publish(client, **body | fields)["id"])


@pytest.mark.parametrize("place", PLACES)
def test_what_is_published_is_there_and_what_is_taken_down_is_not(
    client: FlaskClient, read: Read, place: str
) -> None:
    assert TITLE not in read(place)
    article = written(client)
    assert article in read(place)
    assert TITLE in read(place)

    take_down(client, "z")

    assert TITLE not in read(place)
    is_told = "/changes" in place
    assert (article in read(place)) == is_told
    assert client.get(f"/v1/articles/{article}").status_code == 410
    assert client.get(f"/article/{article}/a-zeppelin-lands").status_code == 410


@pytest.mark.parametrize("place", PLACES)
def test_nothing_speaks_of_an_article_before_its_time(
    app: Flask, client: FlaskClient, clock: Clock, read: Read, place: str
) -> None:
    until = START + timedelta(minutes=10)
    article = written(client, embargo_until=until.isoformat())
    for _ in range(2):
        assert TITLE not in read(place)
        assert article not in read(place)
        refused = client.get(f"/v1/articles/{article}")
        assert refused.status_code == 404
        assert refused.headers["Cache-Control"] == "no-store", "no cache delays its release"
        assert client.get(f"/article/{article}/a-zeppelin-lands").status_code == 404
        clock.now = until - timedelta(microseconds=1)
        with app.app_context():
            release_due(app.extensions["tagwire"].hooks, now=clock.now)

    clock.now = until
    with app.app_context():
        release_due(app.extensions["tagwire"].hooks, now=clock.now)

    assert TITLE in read(place)
    assert client.get(f"/v1/articles/{article}").status_code == 200


@pytest.mark.parametrize("place", PLACES)
def test_a_correction_replaces_what_was_said(
    client: FlaskClient, clock: Clock, read: Read, place: str
) -> None:
    written(client)
    assert TITLE in read(place)
    clock.forward(minutes=3)

    correct(client, "z", title="A zeppelin does not land")

    assert TITLE not in read(place)
    assert "A zeppelin does not land" in read(place)


def test_a_correction_is_marked_for_readers(client: FlaskClient, clock: Clock) -> None:
    article = written(client)
    clock.forward(minutes=3)
    correct(client, "z", title="Corrected")

    [shown] = feed(client, "Harbour")["articles"]
    document = client.get(f"/v1/articles/{article}").get_json()

    assert shown["corrected_at"] == document["corrected_at"] == "2026-03-02T12:03:00Z"
    assert document["title"] == "Corrected"


def test_a_held_article_that_is_corrected_and_withdrawn_never_existed(
    client: FlaskClient, phone: Phone
) -> None:
    article = written(client, embargo_until="2026-03-02T13:00:00Z")

    correct(client, "z", title="Another title")
    assert article not in ids(feed(client, "Harbour"))
    take_down(client, "z")

    assert client.get(f"/v1/articles/{article}").status_code == 404
    assert client.get(f"/article/{article}/another-title").status_code == 404
