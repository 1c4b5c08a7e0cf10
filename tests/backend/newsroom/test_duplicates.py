"""A publisher that gives its articles new ids and addresses makes no second articles of them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from backend.core.db import transaction
from backend.http.context import current_context
from backend.ingest.parsing.parse import parse_feed
from backend.ingest.service import ImportReport, feed_import_of, import_feeds
from backend.newsroom.retention import forget_articles
from backend.tables.newsroom import Article
from tests.backend.feed.reading import all_changes, feed, get, ids, take_down, walk
from tests.backend.ingest.feeds import Item, rss
from tests.conftest import EDITOR, Clock
from tests.factories import publish

TEXT = " ".join(f"Sentence {number} of a text about the Chile-Peru ferry." for number in range(30))
MORNING = "Mon, 02 Mar 2026 06:00:00 +0000"
SOURCE = "daily-harbour"
OLD = Item(1, MORNING, "The ferry sails again", TEXT, guid="old-1")
NEW = replace(OLD, number=901, guid="new-1")
OTHER = Item(2, MORNING, "Something else", "A Chile-Peru matter of few words.", guid="old-2")


def poll(app: Flask, *items: Item, is_archive: bool = False) -> ImportReport:
    """As the poller does with a document it fetched."""
    with app.app_context():
        found = parse_feed(rss(*items), url="https://harbour.example/feed", content_type="")
        feed_import = feed_import_of(found, url="https://harbour.example/feed")
        context = current_context()
        reports = import_feeds(
            context.hooks, [feed_import], clock=context.now, is_archive=is_archive
        )
    return reports[SOURCE]


@pytest.fixture
def known(app: Flask, client: FlaskClient, clock: Clock) -> FlaskClient:
    poll(app, OLD, OTHER)
    clock.forward(hours=1)
    return client


def test_it_stays_one_article_in_its_place_under_its_old_address_here(
    app: Flask, known: FlaskClient
) -> None:
    before = feed(known, "Chile-Peru")

    report = poll(app, NEW, OTHER)

    after = feed(known, "Chile-Peru")
    assert (report.new, report.changed) == (0, 1)
    assert ids(after) == ids(before)
    [article] = [each for each in after["articles"] if each["title"] == OLD.title]
    assert article["source_url"] == "https://harbour.example/a/901"
    assert get(known, f"/v1/articles/{article['id']}")["source_url"] == article["source_url"]
    told = all_changes(known, "Chile-Peru", before["sync_cursor"])
    assert [(each["op"], each["article"]["id"]) for each in told] == [("upsert", article["id"])]
    assert poll(app, NEW, OTHER).unchanged == 2


@pytest.mark.parametrize(
    "entry",
    [
        replace(NEW, title="Another headline"),
        replace(NEW, body=TEXT + " And another sentence."),
        replace(NEW, date="Tue, 03 Mar 2026 06:00:00 +0000"),
        replace(OTHER, number=902, guid="new-2"),
    ],
    ids=["another headline", "another text", "another day", "too short to tell"],
)
def test_what_only_resembles_it_is_an_article_of_its_own(
    app: Flask, known: FlaskClient, entry: Item
) -> None:
    assert poll(app, entry).new == 1
    assert len(walk(known, "Chile-Peru")) == 3


def test_two_that_are_listed_together_are_two(app: Flask, known: FlaskClient) -> None:
    assert poll(app, OLD, NEW).new == 1
    assert poll(app, OLD, NEW).unchanged == 2


def test_what_was_taken_down_does_not_come_back_under_a_new_id(
    app: Flask, known: FlaskClient
) -> None:
    take_down(known, "old-1", source=SOURCE)

    report = poll(app, NEW)

    assert (report.new, report.changed, len(report.refused)) == (0, 0, 1)
    assert len(walk(known, "Chile-Peru")) == 1


def test_what_a_publisher_sends_itself_goes_by_its_id_alone(client: FlaskClient) -> None:
    for number in range(2):
        publish(client, title="The same", body_text=TEXT, external_id=str(number), tags=["Harbour"])
    take_down(client, "0")
    publish(client, title="The same", body_text=TEXT, external_id="2", tags=["Harbour"])

    assert len(walk(client, "Harbour")) == 2


@pytest.mark.parametrize("rights", ["full", "summary", "headline"])
def test_a_changed_guid_is_known_where_the_text_may_not_be_kept(
    app: Flask, client: FlaskClient, clock: Clock, rights: str
) -> None:
    allow(client, rights)
    poll(app, OLD, OTHER)
    clock.forward(hours=1)

    assert (poll(app, NEW, OTHER).new, len(walk(client, "Chile-Peru"))) == (0, 2)


@pytest.mark.parametrize("rights", ["full", "summary", "headline"])
@pytest.mark.parametrize("way", ["feed", "archive"])
def test_a_text_that_was_taken_down_comes_back_under_no_other_id(
    app: Flask, client: FlaskClient, clock: Clock, rights: str, way: str
) -> None:
    allow(client, rights)
    poll(app, OLD, OTHER)
    take_down(client, "old-1", SOURCE)
    clock.forward(days=3)
    again = replace(NEW, date="Thu, 05 Mar 2026 06:00:00 +0000")

    told = {"feed": by_feed, "archive": by_archive}[way](app, client, again)

    assert "was taken down" in str(told)
    assert len(walk(client, "Chile-Peru")) == 1


@pytest.mark.parametrize("rights", ["summary", "headline"])
def test_rights_that_shrink_leave_what_an_older_version_got_known(
    app: Flask, client: FlaskClient, rights: str
) -> None:
    poll(app, OLD, OTHER)
    with app.app_context(), transaction() as session:
        session.execute(update(Article).values(text_hash=None))
    allow(client, rights)
    take_down(client, "old-1", SOURCE)

    assert "was taken down" in str(by_feed(app, client, NEW))


def test_a_column_that_left_for_its_age_comes_again_on_another_day(
    app: Flask, known: FlaskClient, clock: Clock
) -> None:
    with app.app_context():
        clock.forward(days=40)
        list(forget_articles(current_context().hooks, timedelta(days=30), now=clock()))

    assert "was taken down" in str(by_feed(app, known, NEW))
    assert poll(app, replace(NEW, date="Sat, 11 Apr 2026 06:00:00 +0000")).new == 1


def allow(client: FlaskClient, rights: str) -> None:
    body = {"name": "Daily Harbour", "rights": rights}
    answer = client.put(f"/v1/newsroom/sources/{SOURCE}", json=body, headers=EDITOR)
    assert answer.status_code in {200, 201}


def by_feed(app: Flask, _: FlaskClient, item: Item) -> str:
    return str(poll(app, item, OTHER).refused)


def by_archive(app: Flask, _: FlaskClient, item: Item) -> str:
    return str(poll(app, item, OTHER, is_archive=True).refused)
