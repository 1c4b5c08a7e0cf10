"""An embargo, a correction and a takedown hold everywhere that an article can be read."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backend.newsroom.service import release_due
from tests.backend.feed.reading import correct, feed, ids, take_down
from tests.conftest import EDITOR, START, Clock
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
    "/article/{other}/the-first",
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


@dataclass(frozen=True)
class Read:
    """What an address says now, asked with the cursors that a reader held before."""

    phone: Phone
    held: dict[str, str]

    def __call__(self, place: str) -> str:
        return said_in(self.answer(place))

    def answer(self, place: str) -> TestResponse:
        headers = self.phone.auth if place == "/v1/feed" else {}
        answer = self.phone.client.get(place.format(**self.held), headers=headers)
        assert answer.status_code == 200, answer.text
        return answer


def said_in(answer: TestResponse) -> str:
    """Its text without the marks of words that were asked for."""
    return answer.text.replace("<mark>", "").replace("</mark>", "")


@pytest.fixture
def phone(client: FlaskClient) -> Phone:
    publish(client, tags=["Harbour"], category="Politics", title="The first")
    return register(client, "tag:Harbour", "category:politics")


@pytest.fixture
def read(client: FlaskClient, phone: Phone) -> Read:
    page = feed(client, "Harbour")
    held = {
        "newest": page["newest_cursor"],
        "sync": page["sync_cursor"],
        "other": page["articles"][0]["id"],
    }
    return Read(phone, held)


def written(client: FlaskClient, **fields: Any) -> str:
    body: dict[str, Any] = {
        "tags": ["Harbour"],
        "category": "Politics",
        "title": TITLE,
        "external_id": "z",
    }
    return str(publish(client, **body | fields)["id"])


@pytest.mark.parametrize("place", [each for each in PLACES if each != "/v1/feed"])
def test_no_other_process_shows_what_was_taken_down(
    make_app: Callable[..., Flask], client: FlaskClient, read: Read, place: str
) -> None:
    other = make_app().test_client()
    written(client)
    for _ in range(2):  # the second time from memory
        assert TITLE in said_in(other.get(place.format(**read.held)))

    take_down(client, "z")

    assert TITLE not in said_in(other.get(place.format(**read.held)))


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


@pytest.mark.parametrize("place", [place for place in PLACES if place != "/v1/feed"])
def test_what_shows_an_article_is_purged_by_it(client: FlaskClient, read: Read, place: str) -> None:
    article = written(client)
    others = [publish(client, title=TITLE, tags=["Harbour"])["id"] for _ in range(2)]

    keys = read.answer(place).headers["Surrogate-Key"].split()

    shown = [each for each in (article, *others) if each in read(place)]
    assert shown
    assert {f"article-{each}" for each in shown} <= set(keys)


def test_no_list_of_names_tells_of_an_article_before_its_time(
    app: Flask, client: FlaskClient, clock: Clock, phone: Phone
) -> None:
    until = START + timedelta(minutes=10)
    names = {"tags": ["Zeppelin", "Harbour"], "category": "Airships", "source": "skyways"}
    written(client, embargo_until=until.isoformat(), **names)
    phone.follow("tag:Zeppelin", "category:airships", "source:skyways")  # guessed by someone
    lists = ("/v1/tags", "/v1/tags?q=zepp", "/v1/sources", "/v1/categories", "/v1/tags/trending")

    def said() -> str:
        return "".join(client.get(path).text for path in (*lists, "/v1/tags/harbour", "/")).lower()

    assert not any(name in said() for name in ("zeppelin", "airships", "skyways"))

    clock.now = until
    with app.app_context():
        release_due(app.extensions["tagwire"].hooks, now=clock.now)

    assert all(name in said() for name in ("zeppelin", "airships", "skyways"))


def test_a_publisher_known_before_stays_listed(client: FlaskClient, clock: Clock) -> None:
    put = client.put("/v1/newsroom/sources/skyways", headers=EDITOR, json={"name": "Skyways"})
    assert put.status_code == 201
    clock.forward(minutes=1)

    written(client, source="skyways", embargo_until="2026-03-02T13:00:00Z")

    assert [each["slug"] for each in client.get("/v1/sources").get_json()["sources"]] == ["skyways"]


def test_other_systems_are_told_nothing_of_an_article_before_its_time(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    events = ["article.published", "article.corrected", "article.unpublished"]
    hook = client.post(
        "/v1/newsroom/webhooks",
        headers=EDITOR,
        json={"url": "https://hooks.example/", "events": events},
    ).get_json()

    def told() -> list[str]:
        path = f"/v1/newsroom/webhooks/{hook['id']}/deliveries"
        return [each["event"] for each in client.get(path, headers=EDITOR).get_json()["deliveries"]]

    until = START + timedelta(minutes=10)
    for external_id in ("z", "withdrawn"):
        written(client, external_id=external_id, embargo_until=until.isoformat())
        correct(client, external_id, title="Another zeppelin")
    take_down(client, "withdrawn")
    assert told() == []

    clock.now = until
    with app.app_context():
        release_due(app.extensions["tagwire"].hooks, now=clock.now)

    assert told() == ["article.published"]


def test_no_preview_shows_an_article_before_its_time_or_after_a_takedown(
    client: FlaskClient,
) -> None:
    held = written(client, embargo_until="2026-03-02T13:00:00Z")
    gone = written(client, external_id="gone")
    take_down(client, "gone")

    for article in (held, gone):
        page = client.get(
            "/download",
            query_string={"to": f"/article/{article}/a-zeppelin-lands"},
            headers={"User-Agent": "facebookexternalhit/1.1"},
        )
        assert page.status_code == 200
        assert TITLE not in page.text


def test_a_story_counts_no_publisher_that_the_public_cannot_read(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    text = " ".join(f"Sentence {number} tells of the zeppelin." for number in range(60))
    until = START + timedelta(minutes=10)
    written(client, external_id="1", source="one", body_text=text)
    written(client, external_id="2", source="two", body_text=text, embargo_until=until.isoformat())

    def counts() -> list[int | None]:
        articles = feed(client, "Harbour")["articles"]
        return [each["story"] and each["story"]["source_count"] for each in articles]

    assert counts() == [None]
    clock.now = until
    with app.app_context():
        release_due(app.extensions["tagwire"].hooks, now=clock.now)
    assert counts() == [2, 2]
    take_down(client, "2", source="two")
    assert counts() == [None]


def test_a_correction_is_marked_for_readers(client: FlaskClient, clock: Clock) -> None:
    article = written(client)
    clock.forward(minutes=3)
    correct(client, "z", title="Corrected", corrected=True)

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
