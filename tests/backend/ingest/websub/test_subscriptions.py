"""WebSub subscriptions: asked for, verified, renewed, denied and ended, whatever hubs do."""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from threading import Barrier
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select, update

from backend.core.db import db, transaction
from backend.ingest import removal, sources
from backend.ingest.extension import fetch_policy
from backend.ingest.saving import save_settings
from backend.ingest.websub.extension import subscriber
from backend.ingest.websub.protocol import SHORTEST_RENEWAL, SPACING, WANTED_LEASE
from backend.ingest.websub.state import NO_CALLBACK
from backend.tables.ingest import SourceFeed
from backend.tables.websub import WebSubSubscription
from tagwire import main
from tests.backend.ingest.feeds import Item, rss
from tests.backend.ingest.websub.hub import Hub, Newsroom, feed_with_hub, serving, serving_hub
from tests.backend.injection import failing_statements, fault_ids, fly, nth_of
from tests.backend.outbound.server import answer, publisher
from tests.conftest import EDITOR, SECRET_KEY, Clock

DAY = 86_400


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving_hub() as found:
        yield found


@pytest.fixture
def newsroom(make_app: Callable[..., Flask], clock: Clock, hub: Hub) -> Iterator[Newsroom]:
    with serving(make_app) as app:
        yield Newsroom(app, clock, hub)


def rows(newsroom: Newsroom) -> list[WebSubSubscription]:
    with newsroom.app.app_context():
        found = list(db.session().scalars(select(WebSubSubscription)))
        db.session.expunge_all()
        db.session.remove()
        return found


def subscribed(newsroom: Newsroom) -> Newsroom:
    newsroom.add()
    newsroom.poll()
    newsroom.step()
    assert newsroom.websub().status == "active"
    return newsroom


def test_a_feed_that_names_a_hub_is_subscribed_and_verified(newsroom: Newsroom, hub: Hub) -> None:
    newsroom.add()
    newsroom.poll()

    newsroom.step()

    (form,) = hub.forms
    assert form["hub.mode"] == "subscribe"
    assert form["hub.topic"] == hub.topic
    assert form["hub.lease_seconds"] == str(int(WANTED_LEASE.total_seconds()))
    assert 20 <= len(form["hub.secret"]) < 200
    assert len(urlsplit(form["hub.callback"]).path) > 40
    (heard,) = hub.answers
    assert (heard.status, heard.body) == (200, b"a-challenge")
    found = newsroom.websub()
    assert (found.status, found.hub_url, found.failures) == ("active", hub.url, 0)
    assert found.expires_at == newsroom.clock() + timedelta(days=1)


def test_the_api_and_the_commands_show_it_and_no_secret(newsroom: Newsroom, hub: Hub) -> None:
    subscribed(newsroom)
    client = newsroom.app.test_client()

    shown = client.get("/v1/newsroom/sources/harbour", headers=EDITOR)
    listed = client.get("/v1/newsroom/sources", headers=EDITOR)
    line = newsroom.app.test_cli_runner().invoke(main, ["sources", "list"])
    counted = client.get("/metrics").text

    assert shown.get_json()["websub"]["status"] == "active"
    assert listed.get_json()["sources"][0]["websub"] == shown.get_json()["websub"]
    assert "(websub active)" in line.output
    assert 'tagwire_websub_sources{status="active"} 1.0' in counted
    token = hub.last["hub.callback"].rpartition("/")[2]
    for text in (shown.text, listed.text, line.output, counted):
        assert hub.last["hub.secret"] not in text
        assert token not in text
    (row,) = rows(newsroom)
    assert hub.last["hub.secret"] not in row.secret


@pytest.mark.parametrize(
    ("public_url", "networks"),
    [
        ("http://127.0.0.1:8000", "10.0.0.0/8"),
        ("http://localhost:8000", "127.0.0.0/8"),
        ("http://tagwire:8000", "127.0.0.0/8"),
        ("https://192.168.1.9", "127.0.0.0/8"),
        ("https://news.internal", "127.0.0.0/8"),
        ("https://[::1]", "127.0.0.0/8"),
    ],
)
def test_a_site_that_no_hub_reaches_subscribes_nowhere_and_says_so_once(
    make_app: Callable[..., Flask],
    clock: Clock,
    hub: Hub,
    caplog: Any,
    public_url: str,
    networks: str,
) -> None:
    app = make_app(PUBLIC_URL=public_url, FETCH_ALLOW_NETWORKS="127.0.0.0/8")
    newsroom = Newsroom(app, clock, hub)
    newsroom.add()
    newsroom.poll()
    elsewhere = make_app(PUBLIC_URL=public_url, FETCH_ALLOW_NETWORKS=networks)
    with elsewhere.app_context():
        own = subscriber(elsewhere, fetch_policy())
        with caplog.at_level(logging.WARNING):
            assert [own.step() for _ in range(3)] == [False, False, False]

    assert hub.forms == []
    assert [each.message for each in caplog.records].count("no websub subscriptions") == 1
    shown = elsewhere.test_client().get("/v1/newsroom/sources/harbour", headers=EDITOR)
    assert shown.get_json()["websub"]["status"] == "off"
    told = elsewhere.test_cli_runner().invoke(main, ["sources", "list"])
    assert told.output.count(NO_CALLBACK) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"topic": "https://other.example/feed"},
        {"topic": None},
        {"mode": "unsubscribe"},
        {"mode": "publish"},
        {"mode": None},
        {"challenge": ""},
        {"challenge": None},
        {"challenge": "x" * 2_001},
    ],
)
def test_what_was_not_asked_for_is_not_confirmed(
    newsroom: Newsroom, hub: Hub, wrong: dict[str, str | None]
) -> None:
    hub.verifies = False
    newsroom.add()
    newsroom.poll()
    newsroom.step()

    heard = hub.verify(**wrong)

    assert (heard.status, newsroom.websub().status) == (404, "waiting")
    if value := next(iter(wrong.values())):
        assert value.encode() not in heard.body


def test_a_verification_is_good_once(newsroom: Newsroom, hub: Hub) -> None:
    subscribed(newsroom)

    assert hub.verify().status == 404
    assert (
        hub.verify({**hub.last, "hub.callback": hub.last["hub.callback"][:-1] + "-"}).status == 404
    )


def test_a_challenge_of_markup_is_plain_text(newsroom: Newsroom, hub: Hub) -> None:
    hub.verifies = False
    newsroom.add()
    newsroom.poll()
    newsroom.step()

    heard = hub.verify(challenge="<script>alert(1)</script>&é")

    assert heard.body.decode() == "<script>alert(1)</script>&é"
    assert heard.headers["Content-Type"].startswith("text/plain")
    assert heard.headers["X-Content-Type-Options"] == "nosniff"
    assert heard.headers["Cache-Control"] == "no-store"


def test_a_hub_that_never_verifies_is_asked_more_and_more_rarely(
    newsroom: Newsroom, hub: Hub
) -> None:
    hub.verifies = False
    newsroom.add()
    newsroom.poll()
    newsroom.step()
    asked_at = [newsroom.clock()]
    for _ in range(5):
        due = newsroom.websub().next_at
        assert due is not None
        newsroom.clock.now = due
        newsroom.step()
        asked_at.append(newsroom.clock())

    waits = [after - before for before, after in pairwise(asked_at)]
    assert waits == [timedelta(minutes=5) * 2**n for n in range(5)]
    found = newsroom.websub()
    assert (found.status, found.failures) == ("waiting", 6)
    assert "has not verified" in str(found.last_error)
    assert len({form["hub.callback"] for form in hub.forms}) == 1, "it is the same subscription"

    assert hub.verify().status == 200, "late is not too late"
    assert (newsroom.websub().status, newsroom.websub().last_error) == ("active", None)


@pytest.mark.parametrize(
    ("lease", "held"),
    [
        (str(DAY), timedelta(days=1)),
        ("99999999999999999999", timedelta(days=30)),
        ("0", timedelta()),
        ("60", timedelta(minutes=1)),
        (None, WANTED_LEASE),
        ("-5", WANTED_LEASE),
        ("soon", WANTED_LEASE),
    ],
)
def test_a_lease_is_held_within_bounds_and_renewed_before_its_end(
    newsroom: Newsroom, hub: Hub, lease: str | None, held: timedelta
) -> None:
    hub.lease = lease
    newsroom.add()
    newsroom.poll()

    newsroom.step()

    found = newsroom.websub()
    began = newsroom.clock()
    assert found.expires_at == began + held
    assert found.next_at is not None
    assert max(SHORTEST_RENEWAL, held * 0.7) <= found.next_at - began
    assert found.next_at - began <= max(SHORTEST_RENEWAL, held * 0.9)
    newsroom.clock.now = found.next_at
    newsroom.step()
    first, second = hub.forms
    assert second == first, "the same callback, topic and secret: it is the same subscription"
    assert newsroom.websub().expires_at == newsroom.clock() + held


def test_a_subscription_that_its_hub_does_not_renew_expires_and_comes_back(
    newsroom: Newsroom, hub: Hub
) -> None:
    subscribed(newsroom)
    hub.status = "500 Down"
    while newsroom.clock() < newsroom.websub().expires_at:  # type: ignore[operator]
        newsroom.run(hours=1)

    found = newsroom.websub()
    assert (found.status, found.last_error) == ("expired", "the hub answered 500")
    assert newsroom.state().health == "well", "polling stays the truth"

    hub.status = "202 Accepted"
    newsroom.run(days=1)
    assert (newsroom.websub().status, newsroom.websub().last_error) == ("active", None)


@pytest.mark.parametrize("was_active", [True, False])
def test_a_denial_ends_it_and_the_hub_is_asked_again_a_day_later(
    newsroom: Newsroom, hub: Hub, was_active: bool
) -> None:
    hub.verifies = was_active
    newsroom.add()
    newsroom.poll()
    newsroom.step()

    assert hub.verify(mode="denied", topic="https://other.example/").status == 404
    assert hub.deny("not\0 for you").status == 422
    assert hub.deny("not for you " * 99).status == 200
    assert hub.deny("once more").status == 200

    found = newsroom.websub()
    assert (found.status, found.expires_at) == ("denied", None)
    assert str(found.last_error).startswith("the hub denied it: not for you")
    assert len(str(found.last_error)) < 330
    assert hub.verify(challenge="again").status == 404
    newsroom.run(hours=23)
    assert len(hub.forms) == 1
    hub.verifies = True
    newsroom.run(hours=2)
    assert newsroom.websub().status == "active"


@pytest.mark.parametrize("status", ["400 Bad", "404 Not Found", "500 Down", "302 Found"])
def test_a_refusal_is_recorded_and_backs_off(newsroom: Newsroom, hub: Hub, status: str) -> None:
    hub.status, hub.headers = status, {"Location": "/feed"}
    newsroom.add()
    newsroom.poll()
    newsroom.step()

    found = newsroom.websub()
    assert (found.status, found.failures) == ("waiting", 1)
    assert found.last_error == f"the hub answered {status[:3]}"
    assert found.next_at == newsroom.clock() + timedelta(minutes=5)
    newsroom.run(minutes=4)
    assert len(hub.forms) == 1
    assert newsroom.state().failures == 0


def test_a_hub_that_says_when_to_come_back_is_believed(newsroom: Newsroom, hub: Hub) -> None:
    hub.status, hub.headers = "503 Busy", {"Retry-After": "7200"}
    newsroom.add()
    newsroom.poll()
    newsroom.step()

    assert newsroom.websub().next_at == newsroom.clock() + timedelta(hours=2)


@pytest.mark.parametrize("status", ["307 Temporary Redirect", "308 Permanent Redirect"])
def test_a_hub_may_send_the_request_on(newsroom: Newsroom, hub: Hub, status: str) -> None:
    hub.server.redirects("/moved", "/hub", status)
    hub.server.answers("/feed", feed_with_hub(hub.server.url("/moved"), hub.topic, Item(1)))
    subscribed(newsroom)

    assert len(hub.forms) == 1


def test_a_hub_that_sends_on_for_ever_or_inside_is_refused(newsroom: Newsroom, hub: Hub) -> None:
    hub.server.redirects("/loop", "/loop", "307 Temporary Redirect")
    hub.server.redirects("/inside", "http://192.168.1.1/hub", "308 Permanent Redirect")
    for path in ("/loop", "/inside"):
        hub.server.answers(path + "/feed", feed_with_hub(hub.server.url(path), hub.topic, Item(1)))
        newsroom.add(f"Via {path[1:]}", path + "/feed")
    newsroom.poll()
    newsroom.run(seconds=5)
    newsroom.run(seconds=5)

    assert "redirects" in str(newsroom.websub("via-loop").last_error)
    assert "private or reserved" in str(newsroom.websub("via-inside").last_error)


def test_a_hub_of_an_opened_network_needs_its_port_permitted(newsroom: Newsroom, hub: Hub) -> None:
    """The publisher wrote the hub's address: it must not send us to other services in there."""
    with publisher() as other:
        other.on("/hub", hub.take)
        document = feed_with_hub(other.url("/hub"), hub.topic, Item(1))
        hub.server.answers("/feed", document)
        newsroom.add()
        newsroom.poll()
        newsroom.step()
        assert (hub.forms, newsroom.websub().last_error) == (
            [],
            f"port {other.port} is not allowed",
        )

        newsroom.add(ports=[other.port])
        newsroom.run(minutes=6)
        assert newsroom.websub().status == "active"


@pytest.mark.parametrize("end", ["deleted", "paused", "moved", "without a hub", "other hub"])
def test_what_is_not_wanted_any_more_is_unsubscribed(
    newsroom: Newsroom, hub: Hub, end: str
) -> None:
    subscribed(newsroom)
    newsroom.clock.forward(hours=2)
    with newsroom.app.app_context():
        if end == "deleted":
            removal.remove_source("harbour", with_articles=False, now=newsroom.clock())
        elif end == "paused":
            sources.pause("harbour", "for a test", now=newsroom.clock())
        elif end == "moved":
            changes = {"feed_url": hub.server.url("/other")}
            save_settings("harbour", changes, now=newsroom.clock())
    others = {"without a hub": None, "other hub": hub.server.url("/hub2")}
    if end in others:
        hub.server.on("/hub2", hub.take)
        hub.server.answers("/feed", feed_with_hub(others[end], hub.topic, Item(1), Item(2)))
        newsroom.poll()

    newsroom.step()

    asked = [form for form in hub.forms if form["hub.mode"] == "unsubscribe"]
    assert [form["hub.callback"] for form in asked] == [hub.forms[0]["hub.callback"]]
    assert "hub.secret" not in asked[0]
    assert [heard.status for heard in hub.answers] == [200] * len(hub.forms)
    assert hub.push().status == 410, "whoever sends on is told to stop"
    left = [row.hub_url for row in rows(newsroom)]
    assert left == ([hub.server.url("/hub2")] if end == "other hub" else [])


def test_a_hub_that_lets_nobody_go_is_forgotten_after_three_requests(
    newsroom: Newsroom, hub: Hub
) -> None:
    subscribed(newsroom)
    hub.verifies = False
    with newsroom.app.app_context():
        sources.pause("harbour", "for a test", now=newsroom.clock())
    for _ in range(5):
        newsroom.run(minutes=10)

    assert [form["hub.mode"] for form in hub.forms] == ["subscribe", *["unsubscribe"] * 3]
    assert rows(newsroom) == []
    with newsroom.app.app_context():
        sources.resume("harbour", now=newsroom.clock())
    hub.verifies = True
    newsroom.run(minutes=1)
    assert newsroom.websub().status == "active"
    assert hub.last["hub.callback"] != hub.forms[0]["hub.callback"]


@pytest.mark.slow
def test_a_feed_that_names_another_hub_each_time_makes_no_crowd(
    newsroom: Newsroom, hub: Hub
) -> None:
    hub.verifies = False
    numbers = iter(range(1_000))

    def feed(connection: Any, _: Any) -> None:
        named = f"{hub.url}?n={next(numbers)}"
        connection.sendall(answer(feed_with_hub(named, hub.topic, Item(1))))

    hub.server.on("/feed", feed)
    newsroom.add(fast=True)
    for _ in range(60):
        with newsroom.app.app_context():
            sources.ask_now("harbour", now=newsroom.clock())
        newsroom.run(minutes=1)

    assert len(hub.forms) <= timedelta(hours=1) / SPACING + 1
    assert len(rows(newsroom)) <= 3


def test_another_public_address_is_another_callback(
    newsroom: Newsroom, hub: Hub, make_app: Callable[..., Flask]
) -> None:
    subscribed(newsroom)
    newsroom.clock.forward(hours=1)
    with serving(make_app) as moved:
        there = Newsroom(moved, newsroom.clock, hub)
        there.step()
        assert there.websub().status == "active"
        assert hub.last["hub.callback"].startswith(moved.extensions["tagwire"].settings.public_url)


def test_a_secret_that_cannot_be_opened_any_more_is_replaced(
    newsroom: Newsroom, hub: Hub, make_app: Callable[..., Flask]
) -> None:
    subscribed(newsroom)
    site = newsroom.app.extensions["tagwire"].settings.public_url
    settings = {"PUBLIC_URL": site, "FETCH_ALLOW_NETWORKS": "127.0.0.0/8"}
    rekeyed = make_app(SECRET_KEY=f"another-{SECRET_KEY}", **settings)
    newsroom.clock.forward(hours=22)
    Newsroom(rekeyed, newsroom.clock, hub).step()

    assert hub.last["hub.secret"] != hub.forms[0]["hub.secret"]
    assert newsroom.websub().status == "active"


def test_two_processes_subscribe_once(newsroom: Newsroom, hub: Hub) -> None:
    numbers = range(8)
    for number in numbers:
        path = f"/feed/{number}"
        hub.server.answers(path, feed_with_hub(hub.url, hub.server.url(path), Item(number)))
        newsroom.add(f"Source {number}", path)
    for _ in numbers:
        newsroom.poll()
        newsroom.clock.forward(seconds=3)
    together = Barrier(4)

    def run(_: int) -> None:
        together.wait(10)
        newsroom.step()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(4)))

    assert sorted(form["hub.topic"] for form in hub.forms) == sorted(
        hub.server.url(f"/feed/{number}") for number in numbers
    )
    assert {newsroom.websub(f"source-{number}").status for number in numbers} == {"active"}


def test_what_a_killed_process_never_recorded_is_asked_again(newsroom: Newsroom, hub: Hub) -> None:
    newsroom.add()
    newsroom.poll()
    with newsroom.app.app_context():
        own = subscriber(newsroom.app, fetch_policy())
        assert own._compare()
        assert own._claim(newsroom.clock()) is not None
        db.session.remove()

    newsroom.step()
    assert hub.forms == []
    newsroom.run(minutes=6)

    assert newsroom.websub().status == "active"


@pytest.mark.slow
@pytest.mark.any_engine
def test_a_fault_at_any_statement_delays_one_request_and_no_other_loop(
    newsroom: Newsroom, hub: Hub, caplog: Any
) -> None:
    app, clock = newsroom.app, newsroom.clock
    newsroom.add()
    newsroom.poll()
    with app.app_context():
        own = subscriber(app, fetch_policy())
    for nth in range(1, 40):
        with app.app_context(), transaction() as session:
            session.query(WebSubSubscription).delete()
        asked = len(hub.forms)
        with failing_statements(app, nth_of(nth)) as statements:
            fly(app, clock, "websub", own.step, seconds=20)
        fly(app, clock, "websub", own.step, minutes=20)

        assert newsroom.websub().status == "active"
        assert 1 <= len(hub.forms) - asked <= 2
        if not statements.failed:
            break
    assert nth > 8
    assert fault_ids(caplog.records)


def test_a_subscription_at_fault_backs_off_and_keeps_no_other_one_waiting(
    newsroom: Newsroom, hub: Hub, caplog: Any
) -> None:
    hub.server.answers("/odd", feed_with_hub(hub.url, hub.server.url("/odd"), Item(2)))
    newsroom.add("A odd one", "/odd")
    newsroom.poll()
    with newsroom.app.app_context():
        own = subscriber(newsroom.app, fetch_policy())
        assert own._compare()
        with transaction() as session:
            session.execute(update(SourceFeed).values(ports="none"))
    newsroom.clock.forward(seconds=5)
    newsroom.add()
    newsroom.poll()

    newsroom.step()

    with newsroom.app.app_context(), transaction() as session:
        session.execute(update(SourceFeed).values(ports=""))
    [fault_id] = fault_ids(caplog.records)
    odd = newsroom.websub("a-odd-one")
    assert odd.last_error == f"internal fault {fault_id} (ValueError)"
    assert odd.next_at == newsroom.clock() + timedelta(minutes=5)
    assert newsroom.websub().status == "active"


def test_no_address_and_no_secret_is_logged(newsroom: Newsroom, hub: Hub, caplog: Any) -> None:
    with caplog.at_level(logging.DEBUG):
        subscribed(newsroom)
        hub.status = "500 Down"
        newsroom.run(hours=22)
        hub.deny("no")

    told = [record.message for record in caplog.records if "websub" in record.message]
    assert told == ["websub verified", "websub subscription fails", "websub denied"]
    token = hub.forms[0]["hub.callback"].rpartition("/")[2]
    own = [record for record in caplog.records if record.name.startswith("backend")]
    text = "\n".join(str(vars(record)) for record in own)
    for secret in (hub.forms[0]["hub.secret"], token):
        assert secret not in text


def test_a_feed_without_a_hub_shows_no_subscription(newsroom: Newsroom, hub: Hub) -> None:
    hub.server.answers("/feed", rss(Item(1)))
    newsroom.add()
    newsroom.poll()
    newsroom.step()

    assert newsroom.state().websub is None
    assert hub.forms == []
