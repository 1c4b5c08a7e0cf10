"""An article's page is fetched once, and its text becomes the article's as an update would."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from backend.background import Scheduler
from backend.core.db import db
from tests.backend.ingest.pages.pages import (
    LAST,
    PARAGRAPHS,
    PATH,
    TEASER,
    TITLE,
    Room,
    feed_of,
    page_of,
)
from tests.backend.outbound.server import answer
from tests.conftest import EDITOR
from tests.factories import publish, register

ARTICLE = "/v1/newsroom/articles/harbour/one"
WHOLE = " ".join(PARAGRAPHS) * 2
HEAD = (
    '<meta property="og:image" content="/pictures/quay.jpg">'
    '<meta property="article:published_time" content="2026-03-02T09:30:00+01:00">'
    '<meta property="article:section" content="Business">'
    '<script type="application/ld+json">{"@type": "NewsArticle", "author": [{"name": "Ann Lee"}]}'
    "</script>"
)


def titles(room: Room, path: str = "/v1/feed/latest") -> list[str]:
    return [each["title"] for each in room.client.get(path).get_json()["articles"]]


def test_a_teaser_becomes_the_whole_text_of_its_page(room: Room) -> None:
    room.start(page_of())
    assert LAST not in room.text()
    before = room.article()

    assert room.fetch()
    assert not room.fetch()

    after = room.article()
    assert all(each in after["body_html"] for each in PARAGRAPHS)
    assert "Imprint" not in after["body_html"]
    assert "Part 3" not in after["body_html"]
    assert (after["summary"], after["title"]) == (before["summary"], before["title"])
    assert after["corrected_at"] is None
    assert room.counts() == {"fetched": 1, "taken": 1}
    assert room.asked() == 1
    assert "Tagwire" in room.server.asked[-1].headers["user-agent"]


def test_it_changes_as_by_an_update_of_its_feed_and_keeps_its_place(room: Room) -> None:
    room.start(page_of(*PARAGRAPHS, "Talks between Chile and Peru about ferries go on. " * 3))
    publish(room.client, source="harbour", title="Newer", published_at=room.clock().isoformat())
    path = "/v1/sources/harbour"
    first = room.client.get(f"{path}/articles").get_json()
    room.clock.forward(minutes=5)

    room.fetch()

    changes = room.client.get(f"{path}/changes?cursor={first['sync_cursor']}").get_json()
    ids = [each["id"] for each in first["articles"]]
    assert [
        each["id"] for each in room.client.get(f"{path}/articles").get_json()["articles"]
    ] == ids
    assert [each["article"]["title"] for each in changes["changes"]] == [TITLE]
    found = room.client.get("/v1/search?q=lorries").get_json()["articles"]
    assert [each["title"] for each in found] == [TITLE]
    assert found[0]["tags"] == ["Chile-Peru"]


def test_nobody_is_alerted_a_second_time(room: Room) -> None:
    register(room.client, "breaking")
    room.start(page_of())
    room.client.patch(ARTICLE, json={"breaking": True}, headers=EDITOR)
    publish(room.client, source="harbour", external_id="two", title="Rain", breaking=True)
    before = room.rows("SELECT id FROM notification")

    room.fetch()

    assert len(before) == 2
    assert room.rows("SELECT id FROM notification") == before


def test_the_feeds_own_text_is_preferred_when_it_is_whole(room: Room) -> None:
    room.start(page_of(), text=WHOLE)

    assert not room.fetch()

    assert room.asked() == 0
    assert room.counts() == {"whole": 1}


def test_a_page_that_says_no_more_than_the_feed_leaves_the_feeds_text(room: Room) -> None:
    room.start(page_of(*PARAGRAPHS[:3]), text=" ".join(PARAGRAPHS[:3]))

    room.fetch()

    assert room.counts() == {"fetched": 1, "kept": 1}


@pytest.mark.parametrize("rights", [None, "summary", "headline"])
def test_without_full_rights_the_setting_is_refused_and_nothing_is_fetched(
    room: Room, rights: str | None
) -> None:
    room.start(page_of())
    room.put(rights=rights)

    assert not room.fetch()

    room.put(full_text="feed")
    refused = room.client.put(PATH, json={"full_text": "page"}, headers=EDITOR)
    assert refused.status_code == 422
    assert "rights are full" in str(refused.get_json()["errors"]["full_text"])
    assert room.asked() == 0


def test_rights_that_shrink_while_the_page_is_on_its_way_keep_its_text_out(
    room: Room,
) -> None:
    room.start(page_of())

    def change(connection: Any, _: Any) -> None:
        room.put(rights="summary")
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + page_of())

    room.server.on("/a/1", change)
    room.fetch()

    assert room.asked() == 1
    assert LAST not in room.text()
    assert LAST not in str(room.rows("SELECT * FROM article"))


def test_a_source_that_is_blocked_while_the_page_is_on_its_way_gets_it_when_unblocked(
    room: Room,
) -> None:
    room.start(page_of())

    def block(connection: Any, _: Any) -> None:
        room.put(blocked=True)
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + page_of())

    room.server.on("/a/1", block)
    room.fetch()
    room.fly(hours=12)
    asked, blocked = room.asked(), room.text()
    room.server.answers("/a/1", page_of(), Content_Type="text/html")
    room.put(blocked=False)
    room.fly(hours=12)

    assert asked == 1
    assert LAST not in blocked
    assert LAST in room.text()


def test_rights_that_shrink_take_the_text_away_and_full_ones_bring_it_back(
    room: Room,
) -> None:
    room.start(page_of())
    room.fetch()
    assert LAST in room.text()

    room.put(rights="summary")
    pages = [room.client.get(room.article()["url"].removeprefix("http://news.test")).text]
    pages += [room.client.get("/source/harbour.rss").text, room.text()]
    assert LAST not in "".join(pages)
    assert LAST not in str(room.rows("SELECT * FROM article"))

    room.put(rights="full")
    room.clock.forward(hours=3)
    room.poll()
    room.fetch()
    assert LAST in room.text()


def test_what_the_page_gave_outlives_new_versions_of_the_entry(room: Room) -> None:
    room.start(page_of(head=HEAD))
    room.fetch()
    told = room.article()

    room.poll_again(feed_of(room.server.url("/a/1")), hours=2)
    assert room.article()["updated_at"] == told["updated_at"], "the feed said nothing new"
    assert not room.fetch()

    room.poll_again(feed_of(room.server.url("/a/1"), title=f"{TITLE}, day two"))
    after = room.article()
    assert after["title"].endswith("day two")
    same = ("body_html", "authors", "image", "category", "published_at", "summary")
    assert [after[name] for name in same] == [told[name] for name in same]


def test_an_entry_that_changes_has_its_page_read_again_but_not_for_ever(room: Room) -> None:
    room.start(page_of())
    room.fetch()
    room.server.answers("/a/1", page_of(*PARAGRAPHS[:4], "The strike was called off at noon."))

    for day in range(9):
        room.poll_again(feed_of(room.server.url("/a/1"), title=f"{TITLE}, day {day}"), hours=12)
        room.fetch()

    assert "called off" in room.text()
    assert LAST not in room.text()
    assert room.asked() == 5


def test_what_an_editor_corrected_stays(room: Room) -> None:
    room.start(page_of())
    fields = {"body_text": "The strike is off."}
    room.client.patch(ARTICLE, json=fields, headers=EDITOR)

    room.fetch()

    assert room.text() == "<p>The strike is off.</p>"
    assert room.counts() == {"fetched": 1, "kept": 1}


def test_the_page_fills_what_the_feed_lacked(room: Room) -> None:
    room.start(page_of(head=HEAD))

    room.fetch()

    found = room.article()
    assert [each["name"] for each in found["authors"]] == ["Ann Lee"]
    assert found["image"]["url"] == room.server.url("/pictures/quay.jpg")
    assert found["published_at"] == "2026-03-02T08:30:00Z"
    assert found["category"]["name"] == "Business"


def test_the_page_changes_nothing_that_the_feed_said(room: Room) -> None:
    item = (
        "<pubDate>Mon, 02 Mar 2026 06:00:00 +0000</pubDate><author>Bob Ray</author>"
        "<category>Politics</category>"
        '<enclosure url="https://img.example/f.jpg" type="image/jpeg"/>'
    )
    room.start(page_of(head=HEAD), item=item)

    room.fetch()

    found = room.article()
    assert LAST in found["body_html"]
    assert [each["name"] for each in found["authors"]] == ["Bob Ray"]
    assert found["image"]["url"] == "https://img.example/f.jpg"
    assert found["published_at"] == "2026-03-02T06:00:00Z"
    assert found["category"]["name"] == "Politics"


def test_markup_pictures_and_players_follow_the_rules_of_feeds(room: Room) -> None:
    extra = (
        '<p onclick="x()">A picture of the quay follows.</p><script>steal()</script>'
        '<figure><img src="data:image/gif;base64,R" data-src="/p/quay.jpg" alt="Quay"></figure>'
        '<p>And a film:</p><iframe src="https://www.youtube.com/embed/abc123def"></iframe>'
        f"<p>{PARAGRAPHS[0]}</p>"
    )
    room.start(page_of(extra=extra))

    room.fetch()

    body = room.text()
    assert f'src="{room.server.url("/p/quay.jpg")}"' in body
    assert "youtube.com/watch?v=abc123def" in body
    assert not any(each in body for each in ("onclick", "steal", "<iframe", "data:image"))


def test_a_page_read_under_embargo_stays_hidden_until_its_end_and_is_listed_there(
    room: Room,
) -> None:
    room.settings = {"embargo_minutes": 60}
    room.start(page_of())
    began = room.clock()

    room.fetch()
    assert titles(room, "/v1/sources/harbour/articles") == []
    assert room.client.get("/v1/search?q=lorries").get_json()["articles"] == []

    room.clock.now = began + timedelta(minutes=60, seconds=1)
    with room.app.app_context():
        Scheduler(room.app.extensions["tagwire"].hooks, room.clock).step()
        db.session.remove()
    assert LAST in room.text()
    rank = int((began + timedelta(minutes=60)).timestamp() * 1_000_000)
    assert room.rows("SELECT rank_us FROM article") == [(rank,)]


def test_attribution_and_the_end_of_rights_hold_for_what_came_from_a_page(room: Room) -> None:
    room.settings = {"attribution": "© Harbour Agency", "expires_after_days": 3}
    room.start(page_of())
    room.fetch()
    found = room.article()
    path = found["url"].removeprefix("http://news.test")
    assert found["attribution"] == "© Harbour Agency"
    assert "© Harbour Agency" in room.client.get(path).text

    room.clock.forward(days=3, minutes=1)
    with room.app.app_context():
        Scheduler(room.app.extensions["tagwire"].hooks, room.clock).step()
        db.session.remove()

    assert room.client.get(path).status_code == 410


def test_an_article_that_was_taken_down_has_no_page_fetched(
    room: Room, client: FlaskClient
) -> None:
    room.start(page_of())
    client.delete(ARTICLE, headers=EDITOR)

    room.fetch()

    assert room.asked() == 0
    assert room.counts() == {"withdrawn": 1}


def test_a_source_that_begins_to_fetch_pages_does_so_for_what_its_feed_lists(room: Room) -> None:
    room.settings = {"full_text": "feed"}
    document = feed_of(room.server.url("/a/1"))

    def unchanged(connection: Any, request: Any) -> None:
        is_known = "if-none-match" in request.headers
        status, body = ("304 Not Modified", b"") if is_known else ("200 OK", document)
        connection.sendall(answer(body, status, ETag='"a"'))

    room.server.on("/feed", unchanged)
    room.server.answers("/a/1", page_of(), Content_Type="text/html")
    room.put(feed_url=room.server.url(), rights="full", ports=[room.server.port])
    room.poll()
    assert not room.fetch()

    room.put(full_text="page")
    room.clock.forward(hours=3)
    room.poll()
    room.fetch()

    assert LAST in room.text()


def test_the_archive_of_a_feed_is_not_fetched(room: Room) -> None:
    room.start(page_of(), item="<pubDate>Mon, 02 Feb 2026 06:00:00 +0000</pubDate>")

    assert not room.fetch()

    assert room.asked() == 0
    assert TEASER[:40] in room.text()
