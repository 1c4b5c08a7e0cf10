"""One story with its articles: an address for everybody, kept like every other public answer."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.newsroom.service import release_due
from tests.backend.feed.reading import correct, feed, get, ids, pages, take_down, titles
from tests.backend.feed.test_page_cache import questions
from tests.backend.stories.telling import QUAKE, RESIGNS, SOURCES, story_of, tell
from tests.conftest import EDITOR, START, Clock


@pytest.fixture
def told(client: FlaskClient, clock: Clock) -> list[str]:
    """Three articles of a story, a minute after one another, the oldest first."""
    found: list[str] = []
    for source, each in list(zip(SOURCES, RESIGNS, strict=True))[:3]:
        found.append(tell(client, source, each, external_id=source, tags=["Harbour"])["id"])
        clock.forward(minutes=1)
    return found


@pytest.fixture
def address(client: FlaskClient, told: list[str]) -> str:
    return f"/v1/stories/{story_of(client, told[0])['id']}"


def joined(client: FlaskClient, kept: str, other: str) -> None:
    path = f"/v1/newsroom/stories/{kept}/join"
    assert client.post(path, headers=EDITOR, json={"stories": [other]}).status_code == 200


def test_a_story_has_its_articles_oldest_first_as_lists_show_them(
    client: FlaskClient, told: list[str], address: str
) -> None:
    found = get(client, address)

    assert ids(found) == told
    assert found["articles"] == feed(client, "Harbour")["articles"][::-1]
    assert found["next_cursor"] is None
    story_id = address.rpartition("/")[2]
    slug = "danish-minister-henrik-solberg-resigns-over-leaked-submarine-contract"
    assert found["story"] == {
        "id": story_id,
        "source_count": 3,
        "title": RESIGNS[0][0],
        "language": "en",
        "url": f"http://news.test/story/{story_id}/{slug}",
        "screen": {"name": "story", "params": {"id": story_id, "slug": slug}},
    }
    page = client.get(found["story"]["url"].removeprefix("http://news.test"))
    assert page.status_code == 200


def test_pages_of_a_story_are_the_whole_one(
    client: FlaskClient, told: list[str], address: str
) -> None:
    walked = list(pages(client, address, limit=1))

    assert [each for page in walked for each in ids(page)] == told
    assert all(page["story"] == walked[0]["story"] for page in walked)
    link = client.get(f"{address}?limit=2").headers["Link"]
    assert ids(client.get(link.split("news.test")[1].partition(">")[0]).get_json()) == told[2:]


def test_a_cursor_of_another_list_or_story_is_refused(
    client: FlaskClient, told: list[str], address: str
) -> None:
    listed = feed(client, "Harbour", limit=1)
    cursors = [listed["next_cursor"], listed["newest_cursor"], "none"]
    own = get(client, address, limit=1)["next_cursor"]
    for source in SOURCES[:2]:
        other = tell(client, source, QUAKE)
    elsewhere = f"/v1/stories/{story_of(client, other['id'])['id']}"

    asked = [*((address, each) for each in cursors), (elsewhere, own)]
    for path, cursor in asked:
        answer = client.get(path, query_string={"cursor": cursor})
        assert answer.status_code == 400
        assert answer.get_json()["type"] == "/problems/bad-cursor"
    assert client.get(f"{address}?limit=101").status_code == 422


def test_the_id_of_a_joined_story_leads_to_where_it_went(
    client: FlaskClient, told: list[str], address: str
) -> None:
    for source in SOURCES[:2]:
        quake = tell(client, source, QUAKE)["id"]
    old = story_of(client, quake)["id"]
    assert get(client, f"/v1/stories/{old}")["story"]["id"] == old

    joined(client, address.rpartition("/")[2], old)

    led = get(client, f"/v1/stories/{old}")
    assert led == get(client, address)
    assert set(told) < set(ids(led))


def test_what_is_no_story_is_not_found(client: FlaskClient) -> None:
    alone = tell(client, "herald", QUAKE)["id"]

    for public_id in ("none", alone, "x%2Fy"):
        answer = client.get(f"/v1/stories/{public_id}")
        assert answer.status_code == 404
        assert answer.mimetype == "application/problem+json"


def test_a_story_shows_nothing_under_embargo(
    app: Flask, client: FlaskClient, clock: Clock, told: list[str], address: str
) -> None:
    until = START + timedelta(minutes=30)
    hidden = tell(client, "tribune", RESIGNS[3], embargo_until=until.isoformat())["id"]
    assert ids(get(client, address)) == told

    clock.now = until
    with app.app_context():
        release_due(app.extensions["tagwire"].hooks, now=clock.now)

    assert ids(get(client, address)) == [*told, hidden]


def test_no_process_shows_what_was_taken_down_and_the_story_ends_with_its_second_source(
    make_app: Callable[..., Flask], client: FlaskClient, told: list[str], address: str
) -> None:
    both = client, make_app().test_client()
    for each in both * 2:  # the second time from memory
        assert ids(get(each, address)) == told

    take_down(client, SOURCES[0])

    for each in both:
        found = get(each, address)
        assert ids(found) == told[1:]
        assert RESIGNS[0][0] not in each.get(address).text
        assert found["story"]["title"] == RESIGNS[1][0]
    take_down(client, SOURCES[1], source=SOURCES[1])
    assert [each.get(address).status_code for each in both] == [404, 404]


def test_a_kept_story_hears_of_who_comes_and_of_corrections(
    client: FlaskClient, told: list[str], address: str
) -> None:
    assert ids(get(client, address, limit=2)) == told[:2]

    correct(client, SOURCES[0], title="Solberg is out")
    more = tell(client, "herald", RESIGNS[4], external_id="once more")["id"]

    assert titles(get(client, address))[0] == "Solberg is out"
    assert ids(get(client, address)) == [*told, more]


def test_a_story_is_made_once_and_says_so_to_caches(
    app: Flask, make_app: Callable[..., Flask], client: FlaskClient, told: list[str], address: str
) -> None:
    made = make_app(PAGES_KEPT_MB="0").test_client().get(address)
    client.get(address)

    with questions(app) as asked:
        kept = client.get(f"{address}?utm_source=mail")
        head = client.head(address)
        same = client.get(address, headers={"If-None-Match": made.headers["ETag"]})

    assert not [each for each in asked if "article" in each]
    assert kept.data == made.data
    assert (head.status_code, head.data) == (200, b"")
    assert (same.status_code, same.data) == (304, b"")
    for answer in (made, kept, head):
        said: Any = answer.headers
        assert said["ETag"] == made.headers["ETag"]
        assert said["Cache-Control"].startswith("public, max-age=15")
        assert "Accept-Encoding" in said["Vary"]
        assert set(said["Surrogate-Key"].split()) == {f"article-{each}" for each in told}
