"""An editor puts an article on top of a list until a time; the list itself stays as it was."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backend.newsroom import pins
from tests.conftest import EDITOR, START, Clock
from tests.factories import publish, register

EVENING = "2026-03-02T18:00:00Z"


def pin(client: FlaskClient, article_id: str, topic: str, until: str = EVENING) -> TestResponse:
    url = f"/v1/newsroom/articles/{article_id}/pins/{topic}"
    return client.put(url, headers=EDITOR, json={"until": until})


def page(client: FlaskClient, path: str, **more: Any) -> dict[str, Any]:
    answer = client.get(path, **more)
    assert answer.status_code == 200, answer.text
    values: dict[str, Any] = answer.get_json()
    return values


def on_top(client: FlaskClient, path: str, **more: Any) -> list[str]:
    return [each["title"] for each in page(client, path, **more)["pinned"]]


@pytest.fixture
def news(client: FlaskClient, clock: Clock) -> list[str]:
    """The ids of five articles, the oldest first; they have a tag and a section."""
    made = []
    for number in range(5):
        clock.forward(minutes=1)
        fields: dict[str, Any] = {"tags": ["Harbour"], "category": "Sea"}
        made.append(publish(client, title=f"News {number}", language="en", **fields)["id"])
    return made


@pytest.mark.parametrize(
    ("topic", "path"),
    [
        ("tag:Harbour", "/v1/tags/Harbour/articles"),
        ("category:sea", "/v1/categories/sea/articles"),
        ("source:herald", "/v1/sources/herald/articles"),
        ("tag:Harbour", "/v1/tags/Harbour/articles?language=en"),
    ],
)
def test_it_is_on_top_of_that_list_alone_and_in_its_place_below(
    client: FlaskClient, news: list[str], topic: str, path: str
) -> None:
    page(client, path)  # kept by the page cache from before

    assert pin(client, news[0], topic).get_json()["pins"] == [
        {"topic": topic, "until": EVENING, "by": "NEWSROOM_KEY"}
    ]

    assert on_top(client, path) == ["News 0"]
    assert on_top(client, "/v1/breaking/articles") == []
    joint = "&" if "?" in path else "?"
    seen, cursor = [], ""
    while cursor is not None:
        found = page(client, f"{path}{joint}limit=2{cursor}")
        seen += [each["id"] for each in found["articles"]]
        assert bool(found["pinned"]) == (cursor == "")
        cursor = found["next_cursor"] and f"&cursor={found['next_cursor']}"
    assert seen == news[::-1]


def test_it_is_first_on_the_page_and_stands_there_once(
    client: FlaskClient, news: list[str]
) -> None:
    pin(client, news[1], "home")

    for path, first in (("/", "News 1"), ("/tag/Harbour", "News 4")):
        text = client.get(path).text
        titles = [f"News {number}" for number in range(5)]
        assert min(titles, key=lambda title: text.index(f">{title}</a></h2>")) == first
        assert all(text.count(f">{title}</a></h2>") == 1 for title in titles)


def test_home_in_the_app_has_it_unless_its_source_is_muted(
    client: FlaskClient, news: list[str]
) -> None:
    pin(client, news[0], "home")
    phone = register(client, "tag:Harbour")
    assert on_top(client, "/v1/feed", headers=phone.auth) == ["News 0"]

    phone.prefer(muted_sources=["herald"])
    assert on_top(client, "/v1/feed", headers=phone.auth) == []
    phone.prefer(muted_sources=[], languages=["en"])
    assert on_top(client, "/v1/feed", headers=phone.auth) == ["News 0"]
    phone.prefer(languages=["ko"])
    assert on_top(client, "/v1/feed", headers=phone.auth) == []


@pytest.mark.parametrize("end", ["time", "unpinned", "untagged", "taken down"])
def test_it_ends(app: Flask, client: FlaskClient, clock: Clock, news: list[str], end: str) -> None:
    pin(client, news[0], "tag:Harbour")
    url = f"/v1/newsroom/articles/{news[0]}"
    path = "/v1/tags/Harbour/articles"
    assert on_top(client, path) == ["News 0"]

    if end == "time":
        with app.app_context():
            assert pins.end_due(now=clock.forward(hours=5)) == 0
            assert pins.end_due(now=clock.forward(hours=1)) == 1
    elif end == "unpinned":
        client.delete(f"{url}/pins/tag:Harbour", headers=EDITOR)
    elif end == "untagged":
        client.patch(url, headers=EDITOR, json={"remove_tags": ["Harbour"]})
    else:
        client.delete(url, headers=EDITOR)

    assert on_top(client, path) == []


def test_what_cannot_be_is_refused_by_name(client: FlaskClient, news: list[str]) -> None:
    for each in news[:3]:
        assert pin(client, each, "home").status_code == 200
    assert pin(client, news[0], "home", "2026-03-02T19:00:00Z").status_code == 200

    assert pin(client, news[4], "home").status_code == 409
    assert pin(client, news[4], "tag:Ferry").status_code == 409
    later = (START + timedelta(days=31)).isoformat()
    for until in ("2026-03-02T11:00:00Z", later):
        assert "until" in pin(client, news[4], "tag:Harbour", until).get_json()["errors"]
    assert pin(client, "nobody", "home").status_code == 404
