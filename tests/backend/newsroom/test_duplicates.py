"""A publisher that gives its articles new ids and addresses makes no second articles of them."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.http.context import current_context
from backend.ingest.parse import parse_feed
from backend.ingest.service import ImportReport, feed_import_of, import_feeds
from tests.backend.feed.reading import all_changes, feed, get, ids, take_down, walk
from tests.backend.ingest.feeds import Item, rss
from tests.conftest import Clock
from tests.factories import publish

TEXT = " ".join(f"Sentence {number} of a text about the Chile-Peru ferry." for number in range(30))
MORNING = "Mon, 02 Mar 2026 06:00:00 +0000"
SOURCE = "daily-harbour"
OLD = Item(1, MORNING, "The ferry sails again", TEXT, guid="old-1")
NEW = replace(OLD, number=901, guid="new-1")
OTHER = Item(2, MORNING, "Something else", "A Chile-Peru matter of few words.", guid="old-2")


def poll(app: Flask, *items: Item) -> ImportReport:
    """As the poller does with a document it fetched."""
    with app.app_context():
        found = parse_feed(rss(*items), url="https://harbour.example/feed", content_type="")
        feed_import = feed_import_of(found, url="https://harbour.example/feed")
        reports = import_feeds(current_context().hooks, [feed_import], clock=current_context().now)
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

    assert len(walk(client, "Harbour")) == 2
