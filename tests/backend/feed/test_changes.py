"""The change stream: each article once, as it is now, in the order of the commits."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from backend.catalog.feed_ids import FeedKey, feed_ids
from backend.catalog.listing import Change, Removal, record_changes
from backend.core.cursor import Cursor, Kind, encode
from backend.core.db import db, transaction
from backend.feed.changes import RETENTION, prune_changes, read_changes
from backend.feed.service import scope_for
from backend.tables.newsroom import Article, FeedChange
from tests.backend.feed.reading import all_changes, changes, correct, feed, fill, get, take_down
from tests.conftest import EDITOR, SECRET_KEY, Clock
from tests.factories import publish

KEYS = (SECRET_KEY,)
WRITERS = 4
# SQLite has one writer at a time, so that its numbers and commits cannot come in two orders.
POLLS = {"postgresql": 3_000, "sqlite": 1_000}
POLLS_A_CHANGE = 8


def told(changes: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """What each change is and the article that it is about."""
    return [(each["op"], each.get("id") or each["article"]["id"]) for each in changes]


def test_inserts_edits_corrections_and_removals_come_once_in_order(client: FlaskClient) -> None:
    names = ("edited", "corrected", "untagged", "gone", "untouched")
    made = {name: publish(client, external_id=name, tags=["Harbour"])["id"] for name in names}
    cursor = feed(client, "harbour")["sync_cursor"]

    publish(client, external_id="edited", title="Edited", tags=["Harbour"])
    take_down(client, "gone")
    new = publish(client, tags=["Harbour"])["id"]
    correct(client, "corrected", title="Corrected", corrected=True)
    correct(client, "untagged", tags=["Ferry"])
    correct(client, "edited", title="Edited again")
    found = all_changes(client, "harbour", cursor)

    assert told(found) == [
        ("remove", made["gone"]),
        ("upsert", new),
        ("upsert", made["corrected"]),
        ("remove", made["untagged"]),
        ("upsert", made["edited"]),
    ]
    assert found[0] == {"op": "remove", "id": made["gone"], "reason": "unpublished"}
    assert found[2]["article"]["corrected_at"] == "2026-03-02T12:00:00Z"
    assert found[3]["reason"] == "untagged"
    assert found[4]["article"]["title"] == "Edited again"
    assert found[4]["article"]["url"].startswith("http://news.test/article/")


def test_the_changes_are_cut_into_pages_that_lose_nothing(client: FlaskClient) -> None:
    cursor = (publish(client, tags=["Harbour"]), feed(client, "harbour")["sync_cursor"])[1]
    written = [publish(client, tags=["Harbour"])["id"] for _ in range(7)]

    first = changes(client, "harbour", cursor, limit=3)
    rest = all_changes(client, "harbour", first["sync_cursor"], limit=2)

    assert first["has_more"] is True
    assert [each for _, each in told(first["changes"] + rest)] == written


def test_whoever_is_up_to_date_hears_nothing_and_keeps_the_cursor(client: FlaskClient) -> None:
    publish(client, tags=["Harbour"])
    cursor = feed(client, "harbour")["sync_cursor"]
    publish(client, tags=["Ferry"])

    assert changes(client, "harbour", cursor) == {
        "changes": [],
        "sync_cursor": cursor,
        "has_more": False,
    }


def test_a_feed_that_lists_nothing_yet_tells_its_first_article(client: FlaskClient) -> None:
    publish(client, tags=["Harbour"], language="en")
    cursor = feed(client, "harbour", language="ko")["sync_cursor"]

    first = publish(client, tags=["Harbour"], language="ko")["id"]

    assert told(all_changes(client, "harbour", cursor, language="ko")) == [("upsert", first)]


def test_the_same_delivery_again_is_no_change(client: FlaskClient) -> None:
    fields: dict[str, Any] = {
        "title": "One",
        "url": "https://p.example/1",
        "body_text": "x",
        "tags": ["Harbour"],
    }
    publish(client, external_id="1", **fields)
    cursor = feed(client, "harbour")["sync_cursor"]

    publish(client, external_id="1", **fields)

    assert all_changes(client, "harbour", cursor) == []


def test_sources_and_categories_tell_their_changes_too(client: FlaskClient) -> None:
    publish(client, external_id="1", category="Politics")
    pages = {
        path: get(client, f"{path}/articles")["sync_cursor"]
        for path in ("/v1/sources/herald", "/v1/categories/politics")
    }

    article = correct(client, "1", category="Business")

    by_source = get(client, "/v1/sources/herald/changes", cursor=pages["/v1/sources/herald"])
    by_category = get(
        client, "/v1/categories/politics/changes", cursor=pages["/v1/categories/politics"]
    )
    assert told(by_source["changes"]) == [("upsert", article["id"])]
    assert by_category["changes"] == [{"op": "remove", "id": article["id"], "reason": "untagged"}]


def test_an_article_that_became_part_of_another_says_of_which(
    app: Flask, client: FlaskClient
) -> None:
    one, two = (publish(client, tags=["Harbour"])["id"] for _ in range(2))
    cursor = feed(client, "harbour")["sync_cursor"]
    with app.app_context(), transaction() as session:
        row = {each.public_id: each.id for each in session.scalars(select(Article)).all()}
        key = FeedKey("tag", 1)
        feed_id = feed_ids(session, [key])[key]
        merged = {feed_id: Removal(reason="merged", into_id=row[two])}
        now = app.extensions["tagwire"].now()
        record_changes(session, [Change(article_id=row[one], upserts=[], removals=merged, at=now)])

    assert all_changes(client, "harbour", cursor) == [
        {"op": "remove", "id": one, "reason": "merged", "into": two}
    ]


@pytest.mark.parametrize("tag", ["harbour", "ferry"])
def test_a_phone_that_keeps_up_holds_what_the_feed_holds(client: FlaskClient, tag: str) -> None:
    for number in range(8):
        publish(client, external_id=str(number), tags=["Harbour", "Ferry"][number % 2 :])
    page = feed(client, tag)
    held = {each["id"]: each for each in page["articles"]}

    take_down(client, "1")
    correct(client, "2", tags=["Ferry"])
    correct(client, "3", tags=["Harbour"])
    body = {"into": "Ferry"}
    client.post("/v1/newsroom/tags/Harbour/merge", headers=EDITOR, json=body)
    publish(client, tags=["Ferry"])
    for change in all_changes(client, tag, page["sync_cursor"], limit=1):
        if change["op"] == "upsert":
            held[change["article"]["id"]] = change["article"]
        else:
            held.pop(change["id"], None)

    assert held == {each["id"]: each for each in feed(client, tag)["articles"]}


def test_changes_are_kept_for_a_month_and_older_cursors_are_told_to_start_again(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    publish(client, tags=["Harbour"])
    publish(client, tags=["Ferry"])
    old = feed(client, "harbour")["sync_cursor"]
    quiet = feed(client, "ferry")["sync_cursor"]
    clock.forward(days=1)
    publish(client, external_id="gone", tags=["Harbour"])
    take_down(client, "gone")
    current = feed(client, "harbour")["sync_cursor"]
    clock.now += RETENTION - timedelta(hours=1)

    with app.app_context():
        assert list(prune_changes(now=clock.now))
        kept = changes(client, "harbour", old)
        clock.forward(hours=2)
        assert list(prune_changes(now=clock.now))
        assert not list(prune_changes(now=clock.now))
        assert db.session.scalar(select(func.count()).select_from(FeedChange)) == 0

    assert told(kept["changes"])[0][0] == "remove"
    expired = client.get("/v1/tags/harbour/changes", query_string={"cursor": old})
    assert expired.status_code == 410
    assert expired.get_json()["type"] == "/problems/cursor-expired"
    assert changes(client, "harbour", current)["changes"] == []
    assert changes(client, "ferry", quiet)["changes"] == [], "nothing was missed in this feed"
    reloaded = feed(client, "harbour")["sync_cursor"]
    assert changes(client, "harbour", reloaded)["changes"] == []


def test_a_merged_tags_reader_is_told_when_its_changes_were_forgotten(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    publish(client, tags=["Ferries"])
    publish(client, tags=["Ferry"])
    old = feed(client, "Ferries")["sync_cursor"]
    publish(client, external_id="gone", tags=["Ferries"])
    take_down(client, "gone")
    clock.now += RETENTION + timedelta(hours=1)
    with app.app_context():
        list(prune_changes(now=clock.now))

    body = {"into": "Ferry"}
    assert (
        client.post("/v1/newsroom/tags/Ferries/merge", headers=EDITOR, json=body).status_code == 200
    )

    answer = client.get("/v1/tags/Ferries/changes", query_string={"cursor": old})
    assert answer.status_code == 410


@pytest.mark.parametrize("query", [{}, {"cursor": "x", "limit": 0}])
def test_changes_are_asked_for_with_a_cursor_and_a_limit(
    client: FlaskClient, query: dict[str, Any]
) -> None:
    publish(client, tags=["Harbour"])

    assert client.get("/v1/tags/harbour/changes", query_string=query).status_code == 422


def filled(app: Flask, count: int) -> tuple[FeedKey, list[int]]:
    """A feed of so many articles, and their row ids."""
    with app.app_context():
        key = FeedKey("tag", 1)
        fill([key], count)
        found = list(db.session.scalars(select(Article.id).order_by(Article.id)))
        db.session.remove()
        return key, found


def test_a_change_that_commits_late_is_not_stepped_over(app: Flask) -> None:
    """The second writer waits for its number until the first has committed."""
    key, articles = filled(app, 3)
    numbered, proceed, second_began = threading.Event(), threading.Event(), threading.Event()
    now = app.extensions["tagwire"].now()

    def slow() -> None:
        with app.app_context(), transaction() as session:
            feed_id = feed_ids(session, [key])[key]
            record_changes(session, [Change(article_id=articles[0], upserts=[feed_id], at=now)])
            numbered.set()
            assert proceed.wait(20)

    def fast() -> None:
        with app.app_context():
            second_began.set()
            with transaction() as session:
                feed_id = feed_ids(session, [key])[key]
                record_changes(session, [Change(article_id=articles[1], upserts=[feed_id], at=now)])

    with ThreadPoolExecutor(2) as pool, app.app_context():
        first = pool.submit(slow)
        assert numbered.wait(20)
        second = pool.submit(fast)
        assert second_began.wait(20)
        cursor = encode(Cursor(Kind.SYNC, change=1), scope_for(key), KEYS)
        seen: list[str] = []
        for _ in range(50):
            page = read_changes(db.session(), key, cursor, 100, KEYS)
            db.session.rollback()
            cursor, seen = page.sync_cursor, seen + [each.article_id for each in page.changes]
        assert (seen, second.done()) == ([], False)
        proceed.set()
        first.result(20)
        second.result(20)
        page = read_changes(db.session(), key, cursor, 100, KEYS)
        found = db.session.scalars(
            select(Article.public_id).where(Article.id.in_(articles[:2])).order_by(Article.id)
        ).all()

    assert [each.article_id for each in page.changes] == list(found)


@pytest.mark.slow
@pytest.mark.timeout(600)  # 23 s of processor, which others use too
def test_thousands_of_polls_among_racing_writers_miss_nothing(app: Flask) -> None:
    """Each article changes once while the reader polls: one that is stepped over stays unseen."""
    with app.app_context():
        polls = POLLS[db.engine.dialect.name]
    key, articles = filled(app, polls // POLLS_A_CHANGE)
    turns = threading.Semaphore(0)
    now = app.extensions["tagwire"].now()

    def write(number: int) -> None:
        with app.app_context():
            for article_id in articles[number::WRITERS]:
                assert turns.acquire(timeout=60)
                with transaction() as session:
                    feed_id = feed_ids(session, [key])[key]
                    record_changes(
                        session, [Change(article_id=article_id, upserts=[feed_id], at=now)]
                    )
                    time.sleep(random.choice((0, 0, 0.001)))  # between the number and the commit
            db.session.remove()

    seen: list[str] = []
    with ThreadPoolExecutor(WRITERS) as pool, app.app_context():
        cursor = encode(Cursor(Kind.SYNC, change=1), scope_for(key), KEYS)
        writing = [pool.submit(write, number) for number in range(WRITERS)]
        try:
            for poll in range(polls):
                if poll % POLLS_A_CHANGE == 0:
                    turns.release()
                cursor = poll_into(seen, key, cursor)
        finally:
            turns.release(len(articles))  # whatever happened, nobody is left waiting
        for each in writing:
            each.result(60)
        for _ in articles:
            cursor = poll_into(seen, key, cursor)
        written = db.session.scalars(select(Article.public_id)).all()

    assert len(seen) == len(set(seen)), "each article changed once"
    assert sorted(seen) == sorted(written)


def poll_into(seen: list[str], key: FeedKey, cursor: str) -> str:
    page = read_changes(db.session(), key, cursor, 7, KEYS)
    db.session.rollback()
    seen += [each.article_id for each in page.changes]
    return page.sync_cursor


def test_a_cursor_from_beyond_what_happened_starts_again(client: FlaskClient) -> None:
    """The database was brought back to an earlier state: what is numbered anew would be missed."""
    publish(client, tags=["Harbour"])
    beyond = encode(Cursor(Kind.SYNC, change=1_000), scope_for(FeedKey("tag", 1)), KEYS)

    answer = client.get("/v1/tags/harbour/changes", query_string={"cursor": beyond})

    assert (answer.status_code, answer.get_json()["type"]) == (410, "/problems/cursor-expired")
