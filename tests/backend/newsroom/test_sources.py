"""Sources are made and changed field by field, and a new name shows wherever they are listed."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import EDITOR
from tests.factories import publish

FEED = "https://herald.example/feed.xml"


def put(client: FlaskClient, slug: str, **fields: Any) -> TestResponse:
    return client.put(f"/v1/newsroom/sources/{slug}?check=false", headers=EDITOR, json=fields)


def test_a_new_source_is_made_with_its_feed(client: FlaskClient) -> None:
    answer = put(
        client,
        "korea-herald",
        name="The Korea Herald",
        home_url="https://herald.example/",
        feed_url=FEED,
        language="en",
        category="Politics",
        time_zone="Asia/Seoul",
    )

    found = answer.get_json()
    assert answer.status_code == 201
    assert found["slug"] == "korea-herald"
    assert (found["name"], found["feed_url"]) == ("The Korea Herald", FEED)
    assert (found["category"], found["time_zone"]) == ("Politics", "Asia/Seoul")
    assert found["paused"] is False
    url = "/v1/newsroom/sources/korea-herald"
    assert client.get(url, headers=EDITOR).get_json() == found


def test_only_the_given_fields_change(client: FlaskClient) -> None:
    put(client, "herald", name="Herald", feed_url=FEED, language="en", time_zone="Asia/Seoul")

    answer = put(client, "herald", paused=True)
    assert answer.status_code == 200
    found = answer.get_json()
    assert found["paused"] is True
    assert (found["name"], found["language"], found["feed_url"]) == ("Herald", "en", FEED)

    assert put(client, "herald", paused=False, language=None).get_json()["language"] is None
    assert put(client, "herald", feed_url=None).get_json()["feed_url"] is None


def test_a_source_without_a_name_is_called_after_its_address(client: FlaskClient) -> None:
    assert put(client, "see-sada-elbalad").get_json()["name"] == "See Sada Elbalad"


def test_a_new_name_shows_on_what_was_published_before(client: FlaskClient) -> None:
    article = publish(client, source="herald", tags=["Harbour"])

    put(client, "herald", name="The Herald")

    shown = client.get(f"/v1/articles/{article['id']}").get_json()
    assert shown["source"] == {"slug": "herald", "name": "The Herald"}
    page = client.get("/v1/tags/harbour/articles").get_json()
    assert page["articles"][0]["source"]["name"] == "The Herald"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"feed_url": "ftp://x.example/feed"}, "feed_url"),
        ({"feed_url": "/etc/passwd"}, "feed_url"),
        ({"feed_url": FEED, "time_zone": "Mars/Olympus"}, "time_zone"),
        ({"feed_url": FEED, "language": "English, please"}, "language"),
        ({"feed_url": FEED, "category": "??"}, "category"),
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"paused": True}, "paused"),
        ({"time_zone": "Asia/Seoul", "feed_url": None}, "time_zone"),
        ({"feed": FEED}, "feed"),
    ],
)
def test_a_bad_field_is_named_and_makes_no_source(
    client: FlaskClient, fields: dict[str, Any], field: str
) -> None:
    answer = put(client, "herald", **fields)

    assert answer.status_code == 422
    assert field in answer.get_json()["errors"]
    assert client.get("/v1/newsroom/sources/herald", headers=EDITOR).status_code == 404


def test_a_source_needs_a_letter(client: FlaskClient) -> None:
    assert put(client, "!!!", name="x").status_code == 422


def test_how_a_sources_dates_and_entries_are_read_is_set_field_by_field(
    client: FlaskClient,
) -> None:
    made = put(client, "herald", feed_url=FEED, day_first=False, identity="link").get_json()
    again = put(client, "herald", day_first=None).get_json()
    wrong = put(client, "herald", identity="colour")

    assert (made["day_first"], made["identity"]) == (False, "link")
    assert (again["day_first"], again["identity"]) == (None, "link")
    assert again["entry_counts"]["collapsed"] == 0
    assert wrong.status_code == 422
