"""Whatever goes wrong in a poll, foreseen or not: it is recorded, shown, and others go on."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from backend.background import PAUSE_S
from backend.core.db import db
from backend.http.context import current_context
from backend.http.hooks import Publication
from backend.ingest import sources
from backend.ingest.entry_drafts import SourceDefaults, drafts_of
from backend.ingest.parsing.entry import Entry, entries_of
from backend.ingest.parsing.parse import parse_feed
from backend.ingest.poller import LEASE, LOOP, Poller
from backend.ingest.queries import UNRECORDED
from tests.backend.ingest.feeds import PAIR, Item, rss
from tests.backend.ingest.test_poller import POLICY, add, state
from tests.backend.injection import (
    FlyingTime,
    Injected,
    Raising,
    counted_faults,
    failing_statements,
    fault_ids,
    faults,
    fly,
    nth_of,
)
from tests.backend.outbound.hostile import answers, raw
from tests.backend.outbound.server import Publisher, publisher
from tests.conftest import Clock

pytestmark = pytest.mark.any_engine


class Away(OperationalError):
    """The database went away at this statement."""

    def __init__(self, statement: str) -> None:
        super().__init__(statement, {}, Exception("gone"))


BAD_DATE = "Fri, 31 Dec 9999 23:59:59 -2359"


@pytest.fixture
def server() -> Iterator[Publisher]:
    with publisher() as found:
        found.answers("/feed", rss(Item(1), Item(2)), ETag='"a"')
        yield found


def poller(app: Flask, clock: Callable[[], Any], **parts: Any) -> Poller:
    given = {"chance": lambda: 0.5} | parts
    return Poller(app.extensions["tagwire"].hooks, POLICY, clock, **given)


def run(app: Flask, clock: Clock, loop: Poller | None = None, **by: float) -> FlyingTime:
    polls = loop or poller(app, clock)
    return fly(app, clock, LOOP, lambda: polls.poll_one() is not None, **by)


def asked(server: Publisher, path: str) -> int:
    return [request.path for request in server.asked].count(path)


@pytest.mark.slow
def test_a_fault_at_any_statement_is_a_failed_poll_and_other_feeds_go_on(
    app: Flask, client: FlaskClient, server: Publisher, clock: Clock
) -> None:
    # Further on it is the same statements for each entry, and more of them with every turn.
    for nth in itertools.accumulate(itertools.repeat(1), lambda last, _: last + max(1, last // 8)):
        path, other = f"/feed/{nth}", f"/other/{nth}"
        server.answers(path, rss(Item(nth)))
        server.answers(other, rss(Item(1_000 + nth)))
        with app.app_context():
            add(clock, server, f"Harbour {nth}", path)
            add(clock, server, f"Other {nth}", other)
        with failing_statements(app, nth_of(nth)) as statements:
            run(app, clock, seconds=20)
        run(app, clock, minutes=20)

        assert 1 <= asked(server, path) <= 2
        assert 1 <= asked(server, other) <= 2
        with app.app_context():
            assert state(clock, f"harbour-{nth}").failures == 0
            assert state(clock, f"other-{nth}").failures == 0
            for name in ("harbour", "other"):
                sources.pause(f"{name}-{nth}", "done", now=clock())
        if not statements.failed:
            break
    assert nth > 40


@pytest.mark.parametrize("part", ["clock", "chance", "is_stopped"])
def test_a_fault_at_any_call_is_a_failed_poll_with_back_off(
    app: Flask, client: FlaskClient, server: Publisher, clock: Clock, part: str
) -> None:
    real: dict[str, Callable[[], Any]] = {
        "clock": clock,
        "chance": lambda: 0.5,
        "is_stopped": lambda: False,
    }
    for nth in range(1, 8):
        server.answers(f"/feed/{nth}", rss(Item(nth), Item(nth + 100)))
        with app.app_context():
            add(clock, server, f"Harbour {nth}", f"/feed/{nth}")
        raising = Raising(real[part], nth)
        loop = poller(app, **({"clock": clock} | {part: raising}))
        run(app, clock, loop, seconds=5)
        run(app, clock, minutes=20)

        assert 1 <= asked(server, f"/feed/{nth}") <= 2
        with app.app_context():
            assert state(clock, f"harbour-{nth}").failures == 0


def test_a_poll_that_always_stumbles_backs_off_is_shown_and_keeps_no_other_feed_of_its_host(
    app: Flask, client: FlaskClient, server: Publisher, clock: Clock, caplog: Any
) -> None:
    server.answers("/odd", rss(Item(1), Item(2)))
    counted = faults(client, LOOP)
    with app.app_context():
        add(clock, server, "Odd", "/odd")
        add(clock, server)

    def is_stopped() -> bool:
        if server.asked[-1].path == "/odd":
            raise Injected
        return False

    began = clock.now
    loop = poller(app, clock, is_stopped=is_stopped)
    run(app, clock, loop, seconds=10)
    with app.app_context():
        odd, other = state(clock, "odd"), state(clock)
    assert (odd.health, odd.failures, other.health) == ("failing", 1, "well")
    [fault_id] = fault_ids(caplog.records)
    assert odd.last_error == f"internal fault {fault_id} (Injected)"
    assert odd.next_poll_at is not None
    assert timedelta(minutes=9) < odd.next_poll_at - began < timedelta(minutes=11)

    run(app, clock, loop, days=3)

    assert 5 < asked(server, "/odd") < 14, "twice as long each time, up to a day"
    assert faults(client, LOOP) - counted == asked(server, "/odd")
    assert asked(server, "/feed") > 5


def test_an_entry_that_cannot_be_published_keeps_no_other_one_back(
    app: Flask, client: FlaskClient, server: Publisher, clock: Clock, caplog: Any
) -> None:
    server.answers("/feed", rss(*(Item(number) for number in range(1, 6))))
    odd = {"Story 2", "Story 4"}

    def stumble(_: Session, publication: Publication) -> None:
        if publication.article.title in odd:
            raise Injected

    with app.app_context():
        current_context().hooks.on_publish.append(stumble)
        add(clock, server)
    counted = faults(client, LOOP)

    run(app, clock, seconds=5)

    assert len(client.get(PAIR).get_json()["articles"]) == 3
    with app.app_context():
        found = state(clock)
    [fault_id] = fault_ids(caplog.records)
    assert str(found.last_error).count(fault_id) == 2, "one line in the log for one kind of fault"
    assert faults(client, LOOP) - counted == 2

    odd.clear()
    run(app, clock, hours=2)

    assert len(client.get(PAIR).get_json()["articles"]) == 5


def test_what_is_never_recorded_backs_off_by_its_schedule(
    app: Flask, client: FlaskClient, server: Publisher, clock: Clock
) -> None:
    """Whoever claims can write, whoever records cannot: the worst a database can do."""
    with app.app_context():
        add(clock, server)

    def is_record(_: int, statement: str) -> bool:
        changed = statement.partition("WHERE")[0]
        is_claim = "attempt=" in changed or "lease_until=" not in changed
        return statement.startswith("UPDATE source_feed") and not is_claim

    with failing_statements(app, is_record) as statements:
        run(app, clock, days=3)
        with app.app_context():
            shown = state(clock)

    assert statements.failed
    assert 5 < len(server.asked) < 14
    assert (shown.health, shown.last_error) == ("failing", UNRECORDED)
    run(app, clock, days=2)
    with app.app_context():
        assert state(clock).failures == 0


def test_a_poll_of_a_killed_process_is_a_failure_until_the_next_one(
    app: Flask, server: Publisher, clock: Clock
) -> None:
    with app.app_context():
        add(clock, server)
        lease = poller(app, clock)._claim()
        assert lease is not None
        clock.now += LEASE
        again = poller(app, clock)._claim()
        assert again is not None
        assert (state(clock).failures, state(clock).last_error) == (1, UNRECORDED)
        db.session.rollback()
    clock.now += LEASE * 2

    run(app, clock, minutes=1)

    assert len(server.asked) == 1
    with app.app_context():
        assert (state(clock).failures, state(clock).last_error) == (0, None)


def test_a_database_that_is_away_is_asked_slowly_and_no_publisher_at_all(
    app: Flask, server: Publisher, clock: Clock
) -> None:
    with app.app_context():
        add(clock, server)

    with failing_statements(app, lambda *_: True):
        flying = run(app, clock, minutes=5)

    assert server.asked == []
    assert set(flying.pauses) == {PAUSE_S}


def test_a_database_that_goes_away_among_the_entries_ends_the_poll(
    app: Flask, server: Publisher, clock: Clock, caplog: Any
) -> None:
    """Not five thousand times the same error: what is true of all is no entry's own."""

    def is_insert(_: int, statement: str) -> bool:
        return statement.startswith("INSERT INTO article ")

    with app.app_context():
        add(clock, server)
        with failing_statements(app, is_insert, Away):
            poller(app, clock).poll_one()
        assert len(fault_ids(caplog.records)) == 1
        assert "(Away)" in str(state(clock).last_error)


def test_a_date_that_no_calendar_has_is_a_failed_poll(
    app: Flask, server: Publisher, clock: Clock
) -> None:
    server.answers("/feed", b"", "429 Too Many Requests", Retry_After=BAD_DATE)
    with app.app_context():
        add(clock, server)
    run(app, clock, days=3)

    with app.app_context():
        found = state(clock)
    assert found.health == "failing"
    assert found.failures == len(server.asked) < 14


FEEDS = st.one_of(
    st.binary(max_size=300),
    st.sampled_from(
        [
            rss(Item(1)),
            rss(Item(1))[:200],
            b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": 1e400, "url": []}]}',
            b'{"version": "jsonfeed.org", "items": [{"url": "http://[", "title": "x"}, null]}',
            b"<rss><channel><item><title>&#xD800;</title><link>http://[::1</link></item></channel></rss>",
            b"<feed><entry><title>x</title><updated>9999-99-99</updated></entry></feed>",
        ]
    ),
    st.builds(
        lambda parts: b"<rss version='2.0'><channel>" + b"".join(parts),
        st.lists(
            st.sampled_from(
                [
                    *(
                        b"<item>",
                        b"</item>",
                        b"<title>x",
                        b"</title>",
                        b"<link>http://a/",
                        b"</link>",
                    ),
                    *(
                        b"<guid>",
                        b"<pubDate>Mon, 99 Foo",
                        b"<enclosure url='",
                        b"<![CDATA[",
                        b"&#0;",
                    ),
                    *(
                        b"<media:content url='http://[' width='-1e9'/>",
                        b"\xff\xfe",
                        b"<!ENTITY a 'b'>",
                    ),
                ]
            ),
            max_size=20,
        ),
    ),
)


@settings(
    max_examples=80,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(reply=answers(FEEDS))
def test_any_answer_of_a_publisher_is_a_recorded_poll_without_a_fault(
    app: Flask, client: FlaskClient, server: Publisher, clock: Clock, reply: bytes
) -> None:
    server.on("/feed", raw(reply))
    with app.app_context():
        add(clock, server)
        clock.forward(days=40)
        before, counted = state(clock), counted_faults(LOOP)

        assert poller(app, clock).poll_one() == "harbour"

        after = state(clock)
        is_success = after.last_success_at == clock.now
        assert is_success or after.failures == before.failures + 1 or after.paused
        assert after.next_poll_at is not None
        assert after.next_poll_at > clock.now
        assert counted_faults(LOOP) == counted, after.last_error
        if after.paused:
            sources.resume("harbour", now=clock())


def test_an_entry_that_the_parser_stumbles_over_keeps_no_other_one_back() -> None:
    def read(number: int) -> Entry:
        if number == 2:
            raise Injected
        link = f"https://a.example/{number}"
        return Entry(
            guid=None,
            link=link,
            title="x",
            summary=None,
            content=None,
            published=None,
            updated=None,
        )

    entries, stumbled = entries_of(range(4), read)

    assert [entry.link for entry in entries] == [f"https://a.example/{n}" for n in (0, 1, 3)]
    assert [type(error) for error in stumbled] == [Injected]


def test_an_entry_that_makes_no_draft_keeps_no_other_one_back() -> None:
    good = parse_feed(rss(Item(1), Item(2)))
    odd = replace(good.entries[0], categories=(None,), guid="odd")  # type: ignore[arg-type]
    feed = replace(good, entries=(odd, *good.entries), faults=(Injected(),))

    drafts = drafts_of(feed, SourceDefaults())

    assert len(drafts.entries) == 2
    assert [type(error) for error in drafts.faults] == [Injected, AttributeError]
