"""Sources in the console: the broken ones first, added by a site's address, changed, removed."""

import io
import re
from collections.abc import Callable, Iterator
from datetime import date
from html import unescape

import pytest
from flask import Flask

from backend.console.bars import DAYS, HEIGHT, bars_of
from backend.core.db import db
from backend.ingest.poller import Poller
from backend.tables.ingest import SourceDay
from tests.backend.ingest.feeds import PAIR, Item, rss
from tests.backend.ingest.test_poller import POLICY
from tests.backend.outbound.server import Publisher, publisher
from tests.conftest import EDITOR, Clock
from tests.factories import publish
from tests.people import SECURE, Person, person

SOURCES = "/console/sources"
PAGE = b"""<!doctype html><html><head><title>Harbour</title>
<link rel="alternate" type="application/rss+xml" href="/feed.xml" title="All">
<link rel="alternate" type="application/rss+xml" href="/sport.xml" title="Sport"></head></html>"""


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app(PUBLIC_URL=SECURE, FETCH_ALLOW_NETWORKS="127.0.0.0/8")


@pytest.fixture
def server() -> Iterator[Publisher]:
    with publisher() as found:
        found.answers("/", PAGE, **{"Content-Type": "text/html"})
        found.answers("/feed.xml", rss(Item(1, title="Ferry & bridge"), Item(2, None)))
        found.answers("/sport.xml", rss(Item(9), title="Sport"))
        found.answers("/empty", rss(title="Empty"))
        yield found


@pytest.fixture
def ann(app: Flask) -> Person:
    return person(app, "ann", "editor")


def add(somebody: Person, name: str, url: str, **fields: str) -> None:
    answer = somebody.send(SOURCES, data={"name": name, "feed_url": url, **fields})
    assert answer.status_code == 303, answer.text


def poll_all(app: Flask, clock: Clock) -> None:
    with app.app_context():
        poller = Poller(app.extensions["tagwire"].hooks, POLICY, clock, chance=lambda: 0.5)
        while poller.poll_one() is not None:
            clock.forward(seconds=3)
        db.session.remove()


def names(text: str) -> list[str]:
    return re.findall(r'<h2><a href="/console/sources/([\w-]+)"', text)


def test_the_broken_ones_come_first_and_say_what_to_do(
    app: Flask, ann: Person, clock: Clock, server: Publisher
) -> None:
    empty = ann.get(SOURCES)
    assert "There is no source yet" in empty.text
    for name in ("feed.xml", "missing", "empty"):
        add(ann, name.partition(".")[0], server.url(f"/{name}"))
    poll_all(app, clock)

    page = ann.get(SOURCES)

    assert names(page.text) == ["missing", "empty", "feed"]
    assert "The feed is not there any more." in page.text
    assert "The feed is there and empty." in page.text
    assert 'aria-label="New articles a day, the last of them today: 0, 0' in page.text
    assert names(ann.get(f"{SOURCES}?health=failing").text) == ["missing"]
    assert names(ann.get(f"{SOURCES}?q=feed").text) == ["feed"]
    assert "No source is like that." in ann.get(f"{SOURCES}?q=nothing").text
    details = ann.get(f"{SOURCES}/missing").text
    assert "404" in details
    assert ">failed<" in details


def test_a_site_is_tried_before_its_feed_is_added(
    app: Flask, ann: Person, clock: Clock, server: Publisher
) -> None:
    tried = ann.send("/console/sources:try", data={"url": server.url("/")})

    assert tried.status_code == 200
    assert "Ferry &amp; bridge" in tried.text
    assert "The Chile-Peru ferry sails again." in tried.text
    assert "#Chile-Peru" in tried.text
    assert "2 Mar 2026, 06:00 UTC" in unescape(tried.text).replace("</time>", "")
    assert "no date: shown as of when it is found" in tried.text
    assert server.url("/sport.xml") in tried.text
    assert app.test_client().get(PAIR).status_code == 404

    form = dict(re.findall(r'name="(\w+)"[^>]* value="([^"]*)"', tried.text))
    done = ann.send(SOURCES, data={**form, "language": "en", "rights": "summary"})
    poll_all(app, clock)

    assert done.location.startswith("/console/sources/daily-harbour?")
    details = ann.get("/console/sources/daily-harbour").text
    assert "1 without a date" in details
    assert app.test_client().get(PAIR).status_code == 200
    again = ann.send("/console/sources:try", data={"url": server.url("/")})
    assert "This feed is polled already:" in again.text
    assert "Add this source" not in again.text


def test_what_cannot_be_added_is_said_and_stays_in_the_form(ann: Person, server: Publisher) -> None:
    add(ann, "Herald", server.url("/feed.xml"))

    for data, said in (
        ({"url": ""}, "Address of a site or a feed"),
        ({"url": "http://10.0.0.1/feed"}, "private or reserved address"),
        ({"url": server.url("/missing")}, "404"),
        ({"url": server.url("/feed.xml"), "time_zone": "Mars/Base"}, "no such time zone"),
    ):
        refused = ann.send("/console/sources:try", data=data)
        assert refused.status_code == 422, data
        assert said in refused.text
        assert data["url"] in unescape(refused.text)
    taken = ann.send(SOURCES, data={"name": "Herald", "feed_url": server.url("/sport.xml")})
    assert taken.status_code == 422
    assert "another source already" in taken.text
    assert 'value="Herald"' in taken.text


def test_settings_change_as_the_form_says_and_secrets_are_never_shown(
    ann: Person, server: Publisher
) -> None:
    add(ann, "Herald", server.url("/feed.xml"))
    path = "/console/sources/herald"
    typed = {
        "name": "The Herald",
        "feed_url": server.url("/feed.xml"),
        "category": "World",
        "day_first": "no",
        "has_flags": "1",
        "fast": "on",
        "ports": "8443, 9000",
        "document_mb": "2.5",
        "rights": "headline",
        "attribution": "© Herald",
    }

    secret = {"basic_auth_user": "tagwire", "basic_auth_password": "hunter-two"}
    assert ann.send(path, data=typed).status_code == 303
    assert ann.send(path, data=secret).status_code == 303

    state = ann.get("/v1/newsroom/sources/herald").get_json()
    assert (state["name"], state["category"], state["day_first"]) == ("The Herald", "World", False)
    assert (state["fast"], state["ports"], state["document_bytes"]) == (
        True,
        [8443, 9000],
        2_500_000,
    )
    assert (state["rights"], state["has_basic_auth"]) == ("headline", True)
    shown = ann.get(path).text
    assert "hunter-two" not in shown
    assert 'tagwire"' not in shown
    bad = ann.send(path, data={**typed, "language": "no such", "ports": "1", "attribution": "new"})
    assert bad.status_code == 422
    assert "is no language" in bad.text
    assert 'value="new"' in bad.text
    half = ann.send(path, data={"secret_header_name": "X-Key", "attribution": "kept"})
    assert half.status_code == 422
    assert 'value="X-Key"' in half.text
    assert 'value="The Herald"' in half.text
    before = ann.get("/v1/newsroom/audit?limit=1").get_json()["entries"]
    assert ann.send(path, data=typed).status_code == 303
    assert ann.get("/v1/newsroom/audit?limit=1").get_json()["entries"] == before
    assert ann.send(path, data={"forget_basic_auth": "1"}).status_code == 303
    assert not ann.get("/v1/newsroom/sources/herald").get_json()["has_basic_auth"]


def test_a_source_is_tried_now_paused_blocked_and_goes_on(
    app: Flask, ann: Person, clock: Clock, server: Publisher
) -> None:
    add(ann, "Herald", server.url("/feed.xml"))
    path = "/console/sources/herald"

    asked = ann.send(f"{path}/poll")
    assert "Waiting for the poller" in ann.get(asked.location).text
    poll_all(app, clock)
    assert "Waiting for the poller" not in ann.get(asked.location).text
    assert ann.get(f"{path}?after=²").status_code == 200

    for way, said in (("pause", ">paused<"), ("resume", "Try now"), ("block", ">blocked<")):
        assert said in ann.get(ann.send(f"{path}/{way}").location).text, way
    state = ann.get("/v1/newsroom/sources/herald").get_json()
    assert state["pause_reason"] == "the source is blocked"
    assert "gave this feed up" not in ann.get(path).text
    ann.send(f"{path}/unblock")
    assert ">blocked<" not in ann.get(path).text
    for way in ("poll", "block", "pause", "remove"):
        assert ann.send(f"/console/sources/nobody/{way}").status_code == 404
    assert names(ann.get(SOURCES).text) == ["herald"]


def test_removing_a_source_says_what_it_moves_and_has_to_be_typed(
    app: Flask, ann: Person, clock: Clock, server: Publisher
) -> None:
    add(ann, "Herald", server.url("/feed.xml"))
    poll_all(app, clock)
    path = "/console/sources/herald/remove"

    assert "are taken down: 2 articles" in ann.get(path).text
    refused = ann.send(path, data={"typed": "mint", "articles": "remove"})
    assert refused.status_code == 422
    assert 'value="remove" checked' in refused.text

    assert ann.send(path, data={"typed": "herald", "articles": "remove"}).status_code == 303
    assert names(ann.get(SOURCES).text) == []
    assert ann.get("/console/sources/herald").status_code == 404
    assert app.test_client().get(PAIR).get_json()["articles"] == []


def test_a_publisher_reads_about_its_own_sources_alone(app: Flask, ann: Person) -> None:
    for slug in ("herald", "mint"):
        publish(app.test_client(), source=slug)
    pat = person(app, "pat", "publisher", "herald")

    page = pat.get(SOURCES)

    assert names(page.text) == ["herald"]
    assert "Add a source" not in page.text
    assert "<form" not in pat.get("/console/sources/herald").text.partition("<main")[2]
    assert pat.get("/console/sources/mint").status_code == 403
    assert pat.send("/console/sources/herald", data={"name": "Mine"}).status_code == 403
    listed = pat.get("/v1/newsroom/sources").get_json()["sources"]
    assert [each["slug"] for each in listed] == ["herald"]
    assert pat.get("/v1/newsroom/sources/mint").status_code == 403
    assert pat.get("/v1/newsroom/sources/mint/days").status_code == 403


def test_a_list_of_another_program_is_brought_in(ann: Person) -> None:
    outline = '<outline type="rss" text="{}" xmlUrl="{}"/>'
    known = outline.format("Paper", "https://paper.example/feed")
    inner = known + outline.format("Home", "http://10.0.0.1/")
    body = f'<opml version="2.0"><body>{inner}</body></opml>'.encode()

    done = ann.send("/console/sources:import", data={"list": (io.BytesIO(body), "list.opml")})

    assert "1 source was added." in done.text
    assert names(done.text) == ["paper"]
    wrong = ann.send("/console/sources:import", data={"list": (io.BytesIO(b"hello"), "x.opml")})
    assert wrong.status_code == 422
    assert "OPML" in wrong.text
    assert ann.get("/v1/newsroom/sources.opml").status_code == 200


def test_what_polls_brought_is_counted_by_day(
    app: Flask, ann: Person, clock: Clock, server: Publisher
) -> None:
    add(ann, "Herald", server.url("/feed.xml"))
    poll_all(app, clock)
    clock.forward(days=1)
    server.answers("/feed.xml", b"nothing")
    poll_all(app, clock)

    days = app.test_client().get("/v1/newsroom/sources/herald/days", headers=EDITOR).get_json()

    assert days["days"] == [
        {"day": "2026-03-02", "polls": 1, "failed": 0, "new": 2},
        {"day": "2026-03-03", "polls": 1, "failed": 1, "new": 0},
    ]
    clock.forward(days=80)
    poll_all(app, clock)
    with app.app_context():
        assert db.session.query(SourceDay).count() == 1


def test_bars_stand_for_every_day_and_for_its_numbers() -> None:
    today = date(2026, 3, 14)
    days = [
        SourceDay(source_id=1, day=date(2026, 3, 14), polls=9, failed=0, new=10),
        SourceDay(source_id=1, day=date(2026, 3, 13), polls=9, failed=2, new=5),
        SourceDay(source_id=1, day=date(2026, 3, 1), polls=3, failed=3, new=0),
    ]

    bars = bars_of(days, today)

    assert [len(bars), bars[0].day, bars[-1].day] == [DAYS, date(2026, 3, 1), today]
    assert [bars[-1].height, bars[-2].height] == [HEIGHT, HEIGHT // 2]
    assert [bar.is_failed for bar in bars] == [True] + [False] * 13
    assert all(bar.y + bar.height == HEIGHT for bar in bars)
