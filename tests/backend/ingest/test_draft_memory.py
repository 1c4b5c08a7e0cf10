"""Unchanged entries are not drafted again, and nothing that should change them is missed."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.ingest.draft_memory import DraftMemory, to_remember
from backend.ingest.entry_drafts import SourceDefaults, drafts_of
from backend.ingest.parsing.parse import parse_feed
from backend.ingest.poller import Poller
from backend.newsroom.draft import content_hash
from tests.backend.ingest.feeds import PAIR, Item, rss
from tests.backend.ingest.test_poller import POLICY, add
from tests.backend.outbound.server import Publisher, publisher
from tests.conftest import EDITOR, START, Clock


@pytest.fixture
def server() -> Iterator[Publisher]:
    with publisher() as found:
        found.answers("/feed", rss(Item(1), Item(2)))
        yield found


def test_a_remembered_entry_is_known_by_its_version_alone() -> None:
    feed = parse_feed(rss(Item(1), Item(2)), url="https://harbour.example/feed")
    first = drafts_of(feed, SourceDefaults())
    kept = to_remember(first.entries, START)

    again = drafts_of(feed, SourceDefaults(), kept)
    others = drafts_of(feed, SourceDefaults(category="Sport"), kept)

    assert [each.version for each in again.entries] == [
        content_hash(each.draft) for each in first.entries
    ]
    assert again.counts == first.counts
    assert [each.version for each in others.entries] == [None, None]


def test_what_was_polled_last_is_remembered_within_bounds() -> None:
    feed = parse_feed(rss(*map(Item, range(3_000))), url="https://harbour.example/feed")
    kept = to_remember(drafts_of(feed, SourceDefaults()).entries, START)
    memory = DraftMemory()

    for number in range(20):
        memory.keep(f"s{number}", kept)

    assert memory.of("s19") == kept
    assert not memory.of("s0")


def texts(client: FlaskClient) -> set[str]:
    ids = [each["id"] for each in client.get(PAIR).get_json()["articles"]]
    return {client.get(f"/v1/articles/{each}").get_json()["body_text"] for each in ids}


def test_wider_rights_bring_back_the_text_of_entries_that_did_not_change(
    app: Flask, client: FlaskClient, clock: Clock, server: Publisher
) -> None:
    with app.app_context():
        add(clock, server)
    poller = Poller(app.extensions["tagwire"].hooks, POLICY, clock, chance=lambda: 0.5)
    seen = []
    for rights in ("full", "headline", "full"):
        path = "/v1/newsroom/sources/harbour"
        assert client.put(path, headers=EDITOR, json={"rights": rights}).status_code < 300
        clock.forward(days=1)
        with app.app_context():
            poller.poll_one()
        seen.append(texts(client))

    assert seen[0] == seen[2] == {"The Chile-Peru ferry sails again."}
    assert seen[1] == {""}
