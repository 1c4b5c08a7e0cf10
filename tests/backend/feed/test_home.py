"""The home feed merges all that an installation follows, once each, without what it muted."""

from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from backend.catalog.feed_ids import FeedKey
from backend.catalog.listing import ALL
from backend.core.db import db
from backend.feed.fast_path import feed_pages
from backend.feed.home import follower_of, read_home
from backend.feed.service import PageRequest
from backend.tables.audience import Installation
from tests.backend.feed.reading import fill, get, ids, pages, take_down
from tests.conftest import Clock, bearer
from tests.factories import Phone, publish, register


def home(phone: Phone, **query: Any) -> dict[str, Any]:
    return get(phone.client, "/v1/feed", headers=phone.auth, **query)


def walk(phone: Phone, **query: Any) -> list[dict[str, Any]]:
    """All articles down to the end; no page with a next one is empty."""
    found: list[dict[str, Any]] = []
    for page in pages(phone.client, "/v1/feed", headers=phone.auth, **query):
        assert page["articles"] or page["next_cursor"] is None
        found += page["articles"]
    assert len({article["id"] for article in found}) == len(found)
    return found


def tag_keys(client: FlaskClient, *names: str) -> list[FeedKey]:
    tags = [get(client, f"/v1/tags/{name}")["id"] for name in names]
    return [FeedKey("tag", int(each)) for each in tags]


def test_home_needs_the_installations_secret(client: FlaskClient) -> None:
    assert client.get("/v1/feed").status_code == 401
    assert client.get("/v1/feed", headers=bearer("of nobody")).status_code == 401


def test_an_article_in_several_followed_topics_comes_once_and_names_them(
    client: FlaskClient,
) -> None:
    both = publish(client, tags=["Harbour", "Ferry"], category="Politics", source="post")
    publish(client, tags=["Bread"])
    one = publish(client, tags=["Ferry"])
    phone = register(client, "tag:Ferry", "tag:harbour", "category:politics", "source:post")

    articles = home(phone)["articles"]

    assert [article["id"] for article in articles] == [one["id"], both["id"]]
    assert articles[0]["matched"] == ["tag:Ferry"]
    assert set(articles[1]["matched"]) == {
        "tag:Ferry",
        "tag:Harbour",
        "category:politics",
        "source:post",
    }
    assert articles[1]["title"] == both["title"]


def test_whoever_follows_nothing_has_an_empty_home(client: FlaskClient) -> None:
    publish(client, tags=["Harbour"])

    page = home(register(client))

    assert page.pop("sync_cursor")
    assert page == {
        "pinned": [],
        "articles": [],
        "next_cursor": None,
        "newest_cursor": None,
        "gap": False,
    }


@pytest.mark.slow
def test_fifty_topics_are_merged_in_the_order_of_one(client: FlaskClient, clock: Clock) -> None:
    names = [f"Topic{chr(65 + number // 26)}{chr(65 + number % 26)}" for number in range(50)]
    written = []
    for number in range(60):
        clock.forward(seconds=1)
        tags = [names[(number * 7 + step) % 50] for step in range(number % 13)]
        article = publish(client, tags=tags, breaking=number % 9 == 0)
        if tags or number % 9 == 0:
            written.append((article["id"], {f"tag:{tag}" for tag in tags}))
    phone = register(client, "breaking", *(f"tag:{name}" for name in names))

    found = walk(phone, limit=7)

    assert [article["id"] for article in found] == [each for each, _ in reversed(written)]
    for article, (_, topics) in zip(found, reversed(written), strict=True):
        assert set(article["matched"]) - {"breaking"} == topics
        assert ("breaking" in article["matched"]) == article["breaking"]


@pytest.mark.slow
def test_a_home_of_two_hundred_topics_is_walked_to_its_end(app: Flask, client: FlaskClient) -> None:
    names = [f"Topic{chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(200)]
    for start in range(0, 200, 40):
        publish(client, tags=names[start : start + 40])
    keys = tag_keys(client, *names)
    with app.app_context():
        for part in range(4):
            fill(keys[part * 50 : (part + 1) * 50], 40, source=f"mill{part}")
    phone = register(client)
    topics = [f"tag:{name}" for name in names]
    answer = client.put(
        f"/v1/installations/{phone.id}/topics", headers=phone.auth, json={"topics": topics}
    )
    assert answer.get_json()["dropped"] == []

    found = walk(phone, limit=100)

    assert len(found) == 165
    assert all(len(article["matched"]) in {40, 50} for article in found)

    phone.prefer(muted_sources=["mill1", "mill2", "mill3"])
    heard = [article["id"] for article in found if article["source"]["slug"] in {"mill0", "herald"}]

    assert [article["id"] for article in walk(phone, limit=20)] == heard
    assert len(heard) == 45


def test_muted_sources_are_skipped_and_leave_no_page_empty(app: Flask, client: FlaskClient) -> None:
    publish(client, tags=["Harbour"], source="muted0")
    keys = tag_keys(client, "Harbour")
    with app.app_context():
        for number in range(9):
            fill(keys, 200, source=f"muted{number}", newest_minutes=-number)
        fill(keys, 200, source="heard", newest_minutes=-3)
    phone = register(client, "tag:Harbour")
    phone.prefer(muted_sources=[f"muted{number}" for number in range(9)])

    found = walk(phone, limit=20)

    assert len(found) == 200
    assert all(article["id"].startswith("heard-") for article in found)


def test_a_home_where_everything_is_muted_ends(app: Flask, client: FlaskClient) -> None:
    publish(client, tags=["Harbour"], source="muted")
    with app.app_context():
        fill(tag_keys(client, "Harbour"), 3_000, source="muted")
    phone = register(client, "tag:Harbour", "source:muted")
    phone.prefer(muted_sources=["muted"])

    page = home(phone, limit=1)

    assert (page["articles"], page["next_cursor"]) == ([], None)


@pytest.mark.slow
def test_sixty_thousand_muted_articles_in_a_row_leave_no_page_empty(
    app: Flask, client: FlaskClient
) -> None:
    publish(client, tags=["Harbour", "Ferry"], source="muted0")
    keys = [FeedKey(ALL), *tag_keys(client, "Harbour", "Ferry")]
    with app.app_context():
        fill(keys[:2], 25, source="heard", newest_minutes=-2_000)
        for number in range(6):
            fill(keys, 10_000, source=f"muted{number}", newest_minutes=-number)
    phone = register(client, "tag:Harbour", "tag:Ferry")
    phone.prefer(muted_sources=[f"muted{number}" for number in range(6)])

    first = home(phone, limit=20)
    rest = home(phone, limit=20, cursor=first["next_cursor"])

    assert [len(ids(first)), len(ids(rest)), rest["next_cursor"]] == [20, 5, None]
    assert all(each.startswith("heard-") for each in ids(first) + ids(rest))


@pytest.mark.parametrize("most", [1, 2, 3, 7, 20, 1_000])
def test_looking_for_what_is_not_muted_is_bounded_and_steps_over_nothing(
    app: Flask, client: FlaskClient, most: int
) -> None:
    publish(client, tags=["Harbour"], source="muted")
    keys = [FeedKey(ALL), *tag_keys(client, "Harbour")]
    with app.app_context():
        for number in range(3):
            fill(keys, 12, source="muted", newest_minutes=-2 * number)
            fill(keys, 2, source="heard", newest_minutes=-2 * number - 1)
        fill(keys, 30, source="muted", newest_minutes=-9)
    phone = register(client, "tag:Harbour")
    phone.prefer(muted_sources=["muted"])

    found, cursor, count = [], None, 0
    with app.app_context(), db.engine.connect() as reader:
        [number] = reader.scalars(select(Installation.id))
        while cursor or not count:
            asked = PageRequest(limit=1, cursor=cursor)
            follower, newest = follower_of(reader, number), feed_pages(app).newest
            page = read_home(reader, follower, asked, ["a key"], newest, max_scanned=most)
            found += [orjson.loads(each.card)["id"] for each in page.articles]
            cursor, count = page.next_cursor, count + 1

    assert found == sorted(found, reverse=True)
    assert len(found) == len(set(found)) == 6
    assert count <= 6 + 73 // most + 1


def test_home_asked_for_what_is_newer_tells_of_a_gap_and_bridges_it(
    client: FlaskClient, clock: Clock
) -> None:
    phone = register(client)
    for name in ("Harbour", "Ferry"):
        publish(client, tags=[name])
        phone.follow(f"tag:{name}")
    known = home(phone)
    assert home(phone, until=known["newest_cursor"])["articles"] == []
    newer = []
    for number in range(9):
        clock.forward(seconds=1)
        newer.append(publish(client, tags=[["Harbour", "Ferry"][number % 2], "Bread"])["id"])

    page = home(phone, until=known["newest_cursor"], limit=4)
    rest = home(phone, cursor=page["next_cursor"], limit=100)
    short = home(phone, until=known["newest_cursor"], limit=9)

    assert page["gap"] is True
    assert ids(page) + ids(rest) == newer[::-1]
    assert rest["next_cursor"] is None
    assert (short["gap"], short["next_cursor"], len(ids(short))) == (False, None, 9)


def test_a_home_cursor_belongs_to_its_installation(client: FlaskClient) -> None:
    for _ in range(3):
        publish(client, tags=["Harbour"])
    one, other = register(client, "tag:Harbour"), register(client, "tag:Harbour")
    cursor = home(one, limit=1)["next_cursor"]
    of_tag = get(client, "/v1/tags/harbour/articles", limit=1)["next_cursor"]

    for phone, foreign in ((other, cursor), (one, of_tag), (one, "x" * 500)):
        answer = client.get("/v1/feed", query_string={"cursor": foreign}, headers=phone.auth)
        assert (answer.status_code, answer.get_json()["type"]) == (400, "/problems/bad-cursor")


def test_following_more_does_not_break_a_walk(client: FlaskClient, clock: Clock) -> None:
    written = []
    for number in range(8):
        clock.forward(seconds=1)
        written.append(publish(client, tags=[["Harbour", "Ferry"][number % 2]])["id"])
    phone = register(client, "tag:Harbour")
    first = home(phone, limit=2)

    phone.follow("tag:Ferry")
    rest = home(phone, cursor=first["next_cursor"])

    assert ids(first) == [written[6], written[4]]
    assert ids(rest) == written[3::-1]


def test_what_is_taken_down_or_held_back_is_not_at_home(client: FlaskClient, clock: Clock) -> None:
    publish(client, tags=["Harbour"], external_id="1")
    publish(client, tags=["Harbour"], embargo_until="2026-03-02T13:00:00Z")
    phone = register(client, "tag:Harbour")
    assert len(home(phone)["articles"]) == 1

    take_down(client, "1")

    assert home(phone)["articles"] == []


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 101}, {"limit": "many"}])
def test_a_limit_that_makes_no_sense_is_refused(client: FlaskClient, query: Any) -> None:
    phone = register(client)

    answer = client.get("/v1/feed", query_string=query, headers=phone.auth)

    assert answer.status_code == 422


def test_home_is_kept_by_nobody_but_its_owner(client: FlaskClient) -> None:
    publish(client, tags=["Harbour"])
    phone = register(client, "tag:Harbour")

    answer = client.get("/v1/feed", headers=phone.auth)
    again = client.get("/v1/feed", headers={**phone.auth, "If-None-Match": answer.headers["ETag"]})

    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "Authorization" in answer.headers["Vary"]
    assert (again.status_code, again.data) == (304, b"")
