"""Editors see all sources, the broken ones first, ask for polls, read how they went, remove."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backend.background import Scheduler
from backend.core.db import db, transaction
from backend.ingest import poll_history
from backend.ingest.poller import Poller
from backend.ingest.queries import source_feed
from backend.ingest.removal import take_down_articles
from backend.tables.ingest import SourcePoll
from backend.tables.webhooks import WebhookMessage
from tests.backend.ingest.feeds import PAIR, Item, rss
from tests.backend.ingest.test_poller import POLICY
from tests.backend.outbound.server import Publisher, publisher
from tests.conftest import EDITOR, Clock
from tests.factories import draft, publish

SOURCES = "/v1/newsroom/sources"


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return {**environ, "FETCH_ALLOW_NETWORKS": "127.0.0.0/8", "SOURCE_ALARM_MINUTES": "60"}


@pytest.fixture
def server() -> Iterator[Publisher]:
    with publisher() as found:
        found.answers("/good", rss(Item(1), Item(2)))
        found.answers("/empty", rss())
        found.answers("/undated", rss(Item(7, None), Item(8, None)))
        yield found


@pytest.fixture
def scheduler(app: Flask, clock: Clock) -> Scheduler:
    return Scheduler(app.extensions["tagwire"].hooks, clock)


def put(client: FlaskClient, slug: str, url: str, **fields: Any) -> TestResponse:
    body = {"feed_url": url, **fields}
    answer = client.put(f"{SOURCES}/{slug}?check=false", headers=EDITOR, json=body)
    assert answer.status_code in {200, 201}, answer.text
    return answer


def get(client: FlaskClient, path: str) -> Any:
    answer = client.get(path, headers=EDITOR)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def poll_all(app: Flask, clock: Clock) -> None:
    """Everything that is due, with the pauses that one host is given."""
    with app.app_context():
        poller = Poller(app.extensions["tagwire"].hooks, POLICY, clock, chance=lambda: 0.5)
        while poller.poll_one() is not None:
            clock.forward(seconds=3)
        db.session.remove()


def watch(app: Flask, scheduler: Scheduler) -> None:
    with app.app_context():
        scheduler.step()
        db.session.remove()


def slugs(page: dict[str, Any]) -> list[str]:
    return [each["slug"] for each in page["sources"]]


def messages(app: Flask) -> list[dict[str, Any]]:
    with app.app_context():
        rows = db.session.query(WebhookMessage).order_by(WebhookMessage.id)
        return [json.loads(row.body) for row in rows if row.event.startswith("source.")]


def test_the_broken_ones_come_first(
    app: Flask, client: FlaskClient, clock: Clock, server: Publisher
) -> None:
    for slug in ("good", "undated", "empty", "missing"):
        put(client, slug, server.url(f"/{slug}"))
    publish(client, source="sender")
    poll_all(app, clock)

    page = get(client, SOURCES)

    assert slugs(page) == ["missing", "undated", "empty", "good", "sender"]
    healths = [each["health"] for each in page["sources"]]
    assert healths == ["failing", "suspicious", "suspicious", "well", "not polled"]
    assert page["sources"][1]["undated_entries"] == page["sources"][1]["last_entries"] == 2
    assert "2 of 2 entries" in page["sources"][1]["health_reason"]
    assert page["sources"][2]["is_well_formed"] is True


def test_the_list_is_read_page_by_page_and_by_health(
    app: Flask, client: FlaskClient, clock: Clock, server: Publisher
) -> None:
    for number in range(5):
        put(client, f"good-{number}", server.url("/good"))
    put(client, "broken", server.url("/missing"))
    poll_all(app, clock)

    seen, address = [], f"{SOURCES}?limit=2"
    while address:
        answer = client.get(address, headers=EDITOR)
        seen += slugs(answer.get_json())
        address = answer.headers.get("Link", "").partition(">")[0].lstrip("<")

    assert seen == ["broken", *(f"good-{number}" for number in range(5))]
    assert slugs(get(client, f"{SOURCES}?health=failing,stale")) == ["broken"]
    assert slugs(get(client, f"{SOURCES}?q=good-3")) == ["good-3"]
    assert get(client, f"{SOURCES}?limit=6")["next_cursor"] is None


def test_a_cursor_of_another_filter_and_an_unknown_health_are_refused(client: FlaskClient) -> None:
    for number in range(2):
        put(client, f"paper-{number}", "https://paper.example/feed")
    cursor = get(client, f"{SOURCES}?limit=1")["next_cursor"]

    other = client.get(f"{SOURCES}?limit=1&health=well&cursor={cursor}", headers=EDITOR)
    unknown = client.get(f"{SOURCES}?health=sick", headers=EDITOR)

    assert (other.status_code, other.get_json()["type"]) == (400, "/problems/bad-cursor")
    assert (unknown.status_code, [*unknown.get_json()["errors"]]) == (422, ["health"])


def test_an_empty_value_of_a_query_counts_as_absent(client: FlaskClient) -> None:
    put(client, "paper", "https://paper.example/feed")
    empty = "?limit=&cursor=&health=&sort=&q=&articles=&check="

    assert slugs(get(client, SOURCES + empty)) == ["paper"]
    assert get(client, f"{SOURCES}/paper/polls{empty}")["polls"] == []
    assert client.put(f"{SOURCES}/paper{empty}", headers=EDITOR, json={}).status_code == 200
    assert client.delete(f"{SOURCES}/paper{empty}", headers=EDITOR).status_code == 204


def test_an_asked_poll_is_made_and_its_outcome_can_be_read(
    app: Flask, client: FlaskClient, clock: Clock, server: Publisher
) -> None:
    put(client, "good", server.url("/good"))
    poll_all(app, clock)

    asked = client.post(f"{SOURCES}/good/poll", headers=EDITOR)
    before = get(client, asked.headers["Location"])["polls"]
    server.answers("/good", rss(Item(1), Item(2), Item(3)))
    poll_all(app, clock)
    after = get(client, asked.get_json()["polls_url"])["polls"]

    assert asked.status_code == 202
    assert asked.get_json()["last_poll_id"] == before[0]["id"]
    assert [each["outcome"] for each in after] == ["changed", "changed"]
    wanted = {"status": 200, "entries": 3, "new": 1, "unchanged": 2, "error": None}
    assert {name: after[0][name] for name in wanted} == wanted


def test_a_paused_source_cannot_be_asked_for(client: FlaskClient) -> None:
    put(client, "paper", "https://paper.example/feed", paused=True)

    refused = client.post(f"{SOURCES}/paper/poll", headers=EDITOR)
    unknown = client.post(f"{SOURCES}/nobody/poll", headers=EDITOR)

    assert (refused.status_code, unknown.status_code) == (409, 404)
    assert "Resume it" in refused.get_json()["detail"]


def test_the_history_tells_failures_and_is_read_page_by_page(
    app: Flask, client: FlaskClient, clock: Clock, server: Publisher
) -> None:
    put(client, "good", server.url("/good"))
    for _ in range(3):
        poll_all(app, clock)
        clock.forward(days=2)
    server.answers("/good", b"", "503 Unavailable")
    poll_all(app, clock)

    first = get(client, f"{SOURCES}/good/polls?limit=3")
    second = get(client, f"{SOURCES}/good/polls?limit=3&cursor={first['next_cursor']}")

    assert [each["outcome"] for each in first["polls"]] == ["failed", "unchanged", "unchanged"]
    assert (first["polls"][0]["status"], first["polls"][0]["error"]) == (
        503,
        "the server answered 503",
    )
    assert [each["outcome"] for each in second["polls"]] == ["changed"]
    assert second["next_cursor"] is None


def test_only_the_latest_polls_are_kept(app: Flask, client: FlaskClient, clock: Clock) -> None:
    for slug in ("one", "two"):
        put(client, slug, "https://paper.example/feed")
    with app.app_context(), transaction() as session:
        for slug, count in (("one", poll_history.KEPT + 5), ("two", 1)):
            feed = source_feed(session, slug)
            assert feed is not None
            for _ in range(count):
                poll_history.note(session, feed, None, status=304, error=None, now=clock())
        assert session.query(SourcePoll).count() == poll_history.KEPT + 1


def test_a_removed_source_is_polled_no_more_and_its_articles_stay(
    app: Flask, client: FlaskClient, clock: Clock, server: Publisher
) -> None:
    put(client, "good", server.url("/good"))
    poll_all(app, clock)

    answers = [client.delete(f"{SOURCES}/good", headers=EDITOR) for _ in range(2)]
    clock.forward(days=3)
    asked = len(server.asked)
    poll_all(app, clock)

    assert [each.status_code for each in answers] == [204, 204]
    assert client.get(f"{SOURCES}/good", headers=EDITOR).status_code == 404
    assert get(client, SOURCES)["sources"] == []
    assert len(server.asked) == asked
    assert len(client.get(PAIR).get_json()["articles"]) == 2
    assert slugs(client.get("/v1/sources").get_json()) == ["good"]
    assert client.delete(f"{SOURCES}/nobody", headers=EDITOR).status_code == 404


def test_a_source_is_removed_with_its_articles(
    app: Flask, client: FlaskClient, clock: Clock, server: Publisher
) -> None:
    put(client, "good", server.url("/good"))
    poll_all(app, clock)
    article = client.get(PAIR).get_json()["articles"][0]["id"]

    assert client.delete(f"{SOURCES}/good?articles=remove", headers=EDITOR).status_code == 204

    assert client.get(PAIR).get_json()["articles"] == []
    assert client.get(f"/v1/articles/{article}").status_code == 410
    assert client.get("/v1/sources").get_json()["sources"] == []
    assert put(client, "good", server.url("/good")).status_code == 201


def test_what_is_left_to_take_down_is_gone_on_with(
    app: Flask, client: FlaskClient, clock: Clock, scheduler: Scheduler
) -> None:
    for number in range(3):
        publish(client, source="paper", external_id=str(number), tags=["Harbour"])
    with app.app_context():
        assert take_down_articles(scheduler.hooks, now=clock()) is True
    with app.app_context(), transaction() as session:
        session.execute(db.text("UPDATE source SET removed_at = created_at, is_emptied = true"))

    watch(app, scheduler)

    assert client.get("/v1/tags/harbour/articles").get_json()["articles"] == []


def test_a_source_does_not_come_back_before_all_its_articles_are_gone(
    app: Flask, client: FlaskClient, scheduler: Scheduler
) -> None:
    publish(client, source="paper", external_id="1")
    with app.app_context(), transaction() as session:
        session.execute(db.text("UPDATE source SET removed_at = created_at, is_emptied = true"))
    feed = {"feed_url": "https://paper.example/feed"}
    opml = f'<opml><body><outline text="Paper" xmlUrl="{feed["feed_url"]}"/></body></opml>'
    article = "/v1/newsroom/articles/paper/new"

    def tried() -> list[TestResponse]:
        return [
            client.put(article, headers=EDITOR, json=draft()),
            client.put(f"{SOURCES}/paper?check=false", headers=EDITOR, json=feed),
        ]

    refused = tried()
    kind = {"Content-Type": "text/x-opml"}
    listed = client.post(f"{SOURCES}.opml", headers=EDITOR | kind, data=opml).get_json()
    watch(app, scheduler)

    assert [(each.status_code, each.headers["Retry-After"]) for each in refused] == [
        (409, "60")
    ] * 2
    assert listed["refused"] == 1
    assert "being taken down" in listed["sources"][0]["reason"]
    assert client.get("/v1/sources/paper/articles").get_json()["articles"] == []
    assert [each.status_code for each in tried()] == [201, 200]
    assert slugs(get(client, SOURCES)) == ["paper"]


def test_a_publisher_that_sends_an_article_brings_its_source_back(client: FlaskClient) -> None:
    publish(client, source="paper", external_id="1")
    client.delete(f"{SOURCES}/paper", headers=EDITOR)

    publish(client, source="paper", external_id="2")

    assert slugs(get(client, SOURCES)) == ["paper"]


def test_lasting_trouble_is_told_once_and_its_end_too(
    app: Flask, client: FlaskClient, clock: Clock, server: Publisher, scheduler: Scheduler
) -> None:
    hook = {"url": "https://hook.example/", "events": ["source.failing", "source.recovered"]}
    assert client.post("/v1/newsroom/webhooks", headers=EDITOR, json=hook).status_code == 201
    put(client, "paper", server.url("/missing"))
    for _ in range(12):
        poll_all(app, clock)
        watch(app, scheduler)
        clock.forward(minutes=10)
    failing = messages(app)
    server.answers("/missing", rss(Item(1)))
    for _ in range(40):
        poll_all(app, clock)
        watch(app, scheduler)
        clock.forward(minutes=10)

    assert [each["type"] for each in failing] == ["source.failing"]
    data = failing[0]["data"]
    assert (data["source"], data["health"]) == ("paper", "failing")
    assert "404" in data["reason"]
    assert [each["type"] for each in messages(app)] == ["source.failing", "source.recovered"]
    assert get(client, f"{SOURCES}/paper")["alarmed_at"] is None


def test_each_change_of_health_is_logged_once(
    app: Flask,
    client: FlaskClient,
    clock: Clock,
    server: Publisher,
    scheduler: Scheduler,
    caplog: pytest.LogCaptureFixture,
) -> None:
    put(client, "paper", server.url("/missing"))
    for _ in range(5):
        poll_all(app, clock)
        watch(app, scheduler)
        clock.forward(minutes=30)

    told = [r for r in caplog.records if r.message == "source health changed"]
    assert [(r.levelname, r.__dict__["health"]) for r in told] == [("WARNING", "failing")]
    assert get(client, f"{SOURCES}/paper")["health_since"] is not None


def test_metrics_count_sources_by_health(
    app: Flask, client: FlaskClient, clock: Clock, server: Publisher
) -> None:
    for slug in ("good", "empty", "missing"):
        put(client, slug, server.url(f"/{slug}"))
    poll_all(app, clock)

    shown = client.get("/metrics").text

    for health in ("failing", "suspicious", "well"):
        assert f'tagwire_sources{{health="{health}"}} 1.0' in shown
    assert 'tagwire_sources{health="stale"} 0.0' in shown
    assert shown.count("# TYPE tagwire_sources gauge") == 1
    assert "tagwire_sources_overdue 0.0" in shown


def test_a_publishers_key_sees_no_sources(client: FlaskClient) -> None:
    assert client.get(SOURCES).status_code == 401
