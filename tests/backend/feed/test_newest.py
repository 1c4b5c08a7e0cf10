"""First pages of home feeds, merged from what many of them have in common."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as some

from backend.core.cursor import Position
from backend.feed.merging import MOST_ROWS, NewRow, merge
from tests.backend.feed.reading import get, heard, ids, take_down
from tests.conftest import Clock
from tests.factories import Phone, publish, register

ARTICLES = some.lists(
    some.builds(
        NewRow,
        rank_us=some.integers(0, 30),
        article_id=some.integers(1, 200),
        source_id=some.integers(1, 3),
        card=some.just("{}"),
        public_id=some.just(""),
    ),
    unique_by=lambda row: row.article_id,
    min_size=20,
    max_size=120,
)


@given(
    ARTICLES,
    some.lists(some.sets(some.integers(1, 200), min_size=60), min_size=1, max_size=5),
    some.none() | some.builds(Position, some.integers(0, 30), some.integers(1, 200)),
    some.frozensets(some.integers(1, 3), max_size=2),
    some.integers(1, MOST_ROWS),
)
def test_a_merged_page_is_that_of_whole_feeds_or_none(
    articles: list[NewRow],
    listed: list[set[int]],
    after: Position | None,
    hidden: frozenset[int],
    wanted: int,
) -> None:
    newest_first = sorted(articles, key=lambda row: row[:2], reverse=True)
    feeds = [[row for row in newest_first if row.article_id in each] for each in listed]
    whole = [
        (row, [at for at, rows in enumerate(feeds) if row in rows])
        for row in newest_first
        if row.source_id not in hidden
        and any(row in rows for rows in feeds)
        and (after is None or row[:2] > (after.rank_us, after.article_id))
    ]

    found = merge([rows[:MOST_ROWS] for rows in feeds], after, hidden, wanted)

    assert found is None or found == whole[:wanted]
    is_whole = all(len(rows) < MOST_ROWS for rows in feeds)
    assert found is not None or not (is_whole or not hidden)


@pytest.fixture
def phone(client: FlaskClient) -> Phone:
    for number in range(30):
        tags = [["Harbour", "Ferry", "Bread"][number % 3], "Common"]
        publish(client, tags=tags, source="mill" if number % 5 else "herald")
    return register(client, "tag:Harbour", "tag:Ferry", "source:herald")


def test_a_home_asks_for_its_reader_alone_once_its_topics_are_known(
    app: Flask, client: FlaskClient, phone: Phone
) -> None:
    other = register(client, "tag:Ferry", "source:herald", "tag:Harbour")
    first = _home(phone)

    with heard(app) as asked:
        again, others = _home(phone), _home(other)

    assert len(asked) == 2
    assert ids(again) == ids(first) == ids(others)
    by_others = {each["id"]: each["matched"] for each in others["articles"]}
    for each in first["articles"]:
        assert sorted(each["matched"]) == sorted(by_others[each["id"]])


def test_whatever_happens_a_home_from_memory_is_that_of_the_database(
    make_app: Callable[..., Flask], client: FlaskClient, clock: Clock, phone: Phone
) -> None:
    plain = replace(phone, client=make_app(PAGES_KEPT_MB="0").test_client())
    known = _home(phone)

    def is_same(**query: Any) -> None:
        kept, merged = _home(phone, **query), _home(plain, **query)
        assert [_shown(each) for each in kept["articles"]] == [
            _shown(each) for each in merged["articles"]
        ]
        assert [_shown(each) for each in kept["pinned"]] == [
            _shown(each) for each in merged["pinned"]
        ]
        assert kept["gap"] == merged["gap"]
        for name in ("next_cursor", "newest_cursor", "sync_cursor"):
            assert kept[name] == merged[name]

    is_same()
    clock.forward(minutes=1)
    publish(client, external_id="news", tags=["Harbour"], source="mill")
    is_same()
    is_same(until=known["newest_cursor"])
    publish(client, external_id="news", tags=["Ferry"], source="mill", title="Put right")
    is_same()
    phone.prefer(muted_sources=["herald"])
    is_same()
    is_same(limit=3)
    client.delete(f"/v1/installations/{phone.id}/topics/tag:Ferry", headers=phone.auth)
    is_same()
    take_down(client, "news", "mill")
    is_same()
    phone.prefer(muted_sources=["mill", "herald"])
    is_same()


def _home(phone: Phone, **query: Any) -> dict[str, Any]:
    return get(phone.client, "/v1/feed", headers=phone.auth, **query)


def _shown(article: dict[str, Any]) -> tuple[Any, ...]:
    return article["id"], article["title"], article.get("matched")
