"""The poller: polite to publishers, safe on several machines, honest about trouble."""

import os
import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.core.db import db, transaction
from backend.core.problems import Invalid
from backend.http.context import current_context
from backend.ingest import queries, source_states, sources
from backend.ingest.poller import HOST_SPACING, LEASE, Poller
from backend.ingest.saving import save_settings
from backend.ingest.source_state import SourceState
from backend.outbound.fetch import FetchPolicy
from tests.backend.ingest.feeds import PAIR, Item, rss
from tests.backend.outbound.server import Publisher, publisher
from tests.conftest import EDITOR, Clock
from tests.factories import publish
from tests.preloaded import begin
from tests.waiting import until

POLICY = FetchPolicy(allow_networks=(ip_network("127.0.0.0/8"),), deadline_s=5)


@pytest.fixture
def server() -> Iterator[Publisher]:
    with publisher() as found:
        found.answers("/feed", rss(Item(1), Item(2)), ETag='"a"')
        yield found


@pytest.fixture
def context(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield
        db.session.rollback()


def add(clock: Clock, server: Publisher, name: str = "Harbour", path: str = "/feed") -> SourceState:
    return save_settings(name, {"feed_url": server.url(path)}, now=clock())


def poll(clock: Clock) -> str | None:
    return Poller(current_context().hooks, POLICY, clock, chance=lambda: 0.5).poll_one()


def state(clock: Clock, slug: str = "harbour") -> SourceState:
    found = source_states.state(db.session(), slug, now=clock())
    db.session.rollback()
    return found


@pytest.mark.usefixtures("context")
def test_a_due_source_is_polled_and_its_articles_are_out(
    client: FlaskClient, clock: Clock, server: Publisher
) -> None:
    add(clock, server)

    assert poll(clock) == "harbour"
    assert poll(clock) is None
    assert len(client.get(PAIR).get_json()["articles"]) == 2
    assert "application/rss+xml" in server.asked[0].headers["accept"]
    assert state(clock).health == "well"
    assert state(clock).next_poll_at == clock() + timedelta(hours=1)


@pytest.mark.usefixtures("context")
def test_an_unchanged_feed_costs_the_publisher_a_304(clock: Clock, server: Publisher) -> None:
    add(clock, server)
    poll(clock)
    clock.forward(hours=2)
    server.answers("/feed", b"", "304 Not Modified")

    poll(clock)

    assert server.asked[1].headers["if-none-match"] == '"a"'
    assert state(clock).failures == 0
    assert state(clock).interval_s == 5400


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Unavailable"])
def test_a_server_that_says_when_to_come_back_is_believed(
    clock: Clock, server: Publisher, status: str
) -> None:
    server.answers("/feed", b"", status, Retry_After="36000")
    add(clock, server)

    poll(clock)

    found = state(clock)
    assert found.next_poll_at == clock() + timedelta(hours=10)
    assert (found.health, found.failures) == ("failing", 1)


@pytest.mark.usefixtures("context")
def test_failures_back_off_and_one_success_forgets_them(clock: Clock, server: Publisher) -> None:
    server.answers("/feed", b"<html>", "200 OK")
    add(clock, server)
    waits = []
    for _ in range(3):
        poll(clock)
        due = state(clock).next_poll_at
        assert due is not None
        waits.append(due - clock())
        clock.now = due
    assert waits == sorted(waits)
    assert waits[0] < waits[2]
    assert "web page" in str(state(clock).last_error)

    server.answers("/feed", rss(Item(1)))
    poll(clock)

    assert (state(clock).failures, state(clock).last_error) == (0, None)


@pytest.mark.usefixtures("context")
def test_a_feed_that_is_gone_is_paused_until_an_editor_resumes_it(
    clock: Clock, server: Publisher
) -> None:
    server.answers("/feed", b"", "410 Gone")
    add(clock, server)
    poll(clock)
    clock.forward(days=40)

    assert poll(clock) is None
    assert state(clock).paused
    assert "gone" in str(state(clock).pause_reason)

    sources.resume("harbour", now=clock())
    assert poll(clock) == "harbour"


@pytest.mark.usefixtures("context")
def test_a_permanent_redirect_is_adopted_only_after_it_held(
    clock: Clock, server: Publisher
) -> None:
    server.redirects("/old", "/feed")
    add(clock, server, path="/old")
    seen = []
    for _ in range(3):
        poll(clock)
        seen.append(state(clock).feed_url)
        clock.forward(days=2)

    assert seen == [server.url("/old"), server.url("/old"), server.url("/feed")]


@pytest.mark.usefixtures("context")
def test_a_window_too_short_for_the_interval_is_shown(clock: Clock, server: Publisher) -> None:
    add(clock, server)
    poll(clock)
    clock.forward(hours=2)
    server.answers("/feed", rss(Item(8), Item(9)))
    poll(clock)

    assert state(clock).window_overflows == 1
    assert state(clock).health == "overflowing"


@pytest.mark.usefixtures("context")
def test_a_source_that_went_quiet_is_stale(clock: Clock, server: Publisher) -> None:
    add(clock, server)
    poll(clock)
    clock.forward(days=20)

    assert state(clock).health == "stale"


@pytest.mark.usefixtures("context")
def test_two_machines_never_poll_one_feed_nor_one_host_at_once(
    clock: Clock, server: Publisher
) -> None:
    add(clock, server, "One")
    add(clock, server, "Two")

    def claim() -> str | None:
        with transaction() as session:
            taken = queries.claim_due(session, now=clock(), lease=LEASE, spacing=HOST_SPACING)
            return taken.source.slug if taken else None

    first, second = claim(), claim()
    clock.forward(minutes=11)
    later = claim()

    assert (first, second) == ("one", None)
    assert later in {"one", "two"}, "a lease that ran out is taken over"


@pytest.mark.usefixtures("context")
def test_what_a_slower_machine_records_after_its_lease_counts_for_nothing(
    clock: Clock, server: Publisher
) -> None:
    add(clock, server)

    polled: list[str | None] = []

    def stall() -> bool:
        """Between two entries, until the lease is over and another machine has polled."""
        if not polled:
            polled.append("")
            clock.forward(minutes=30)
            polled.append(poll(clock))
        return False

    slow = Poller(current_context().hooks, POLICY, clock, stall, chance=lambda: 0.5)
    slow.poll_one()

    assert polled[1:] == ["harbour"]
    assert state(clock).next_poll_at == clock() + timedelta(hours=1)
    assert state(clock).window_overflows == 0


def test_polling_leaves_an_editors_correction_alone(
    app: Flask, client: FlaskClient, clock: Clock, server: Publisher
) -> None:
    with app.app_context():
        add(clock, server)
        poll(clock)
    path = "/v1/newsroom/articles/harbour/harbour.example/a/1"
    assert client.patch(path, headers=EDITOR, json={"title": "Corrected"}).status_code == 200
    clock.forward(hours=2)
    with app.app_context():
        poll(clock)

    found = client.get(PAIR).get_json()["articles"]
    assert "Corrected" in [article["title"] for article in found]


@pytest.mark.parametrize("zone", ["Mars/Base", "../x", "/etc/passwd"])
def test_a_time_zone_that_does_not_exist_is_refused(app: Flask, clock: Clock, zone: str) -> None:
    with app.app_context(), pytest.raises(Invalid) as refusal:
        save_settings("Harbour", {"time_zone": zone}, now=clock())
    assert "time_zone" in (refusal.value.errors or {})


def test_the_process_polls_releases_embargoes_and_stops_in_time(
    app: Flask,
    client: FlaskClient,
    environ: dict[str, str],
    tmp_path: Path,
    server: Publisher,
) -> None:
    with app.app_context():
        save_settings("Harbour", {"feed_url": server.url()}, now=current_context().now())
        db.session.remove()
    publish(client, title="Held", embargo_until=house_time(app, minutes=1), tags=["Held"])
    environ = {**os.environ, **environ, "FETCH_ALLOW_NETWORKS": "127.0.0.0/8"}
    with (tmp_path / "log").open("w") as log:
        process = begin(["poll", "--nice", "0"], tmp_path, environ, log, log)
    try:
        until(lambda: len(_articles(client, "tags/Chile-Peru")) == 2)
        until(lambda: len(_articles(client, "tags/Held")) == 1)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert time.monotonic() - began < 10
    finally:
        process.kill()
        process.wait()


def house_time(app: Flask, **ahead: float) -> str:
    with app.app_context():
        return (current_context().now() + timedelta(**ahead)).isoformat()


def _articles(client: FlaskClient, path: str) -> list[object]:
    found: list[object] = client.get(f"/v1/{path}/articles").get_json().get("articles", [])
    return found
