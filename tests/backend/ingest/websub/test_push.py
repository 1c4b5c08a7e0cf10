"""What hubs push: heard when it is signed, answered by a poll, and never the reason of a flood."""

import hmac
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.ingest import sources
from backend.ingest.schedule import USUAL
from backend.ingest.websub.protocol import PUSH_SPACING
from tests import hostile
from tests.backend.ingest.feeds import PAIR, Item
from tests.backend.ingest.websub.hub import Hub, Newsroom, call, feed_with_hub, serving, serving_hub
from tests.backend.outbound.server import answer
from tests.conftest import Clock


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving_hub() as found:
        yield found


@pytest.fixture
def newsroom(make_app: Callable[..., Flask], clock: Clock, hub: Hub) -> Iterator[Newsroom]:
    """Subscribed, and polled an hour ago."""
    with serving(make_app) as app:
        found = Newsroom(app, clock, hub)
        found.add()
        found.poll()
        found.step()
        assert found.websub().status == "active"
        clock.forward(minutes=30)
        yield found


def publish(hub: Hub, *numbers: int) -> None:
    document = feed_with_hub(hub.url, hub.topic, *(Item(number) for number in numbers))
    hub.server.answers("/feed", document)


def titles(newsroom: Newsroom) -> set[str]:
    page = newsroom.app.test_client().get(PAIR).get_json()
    return {article["title"] for article in page["articles"]}


def polls(hub: Hub) -> int:
    return [request.path for request in hub.server.asked].count("/feed")


def outcomes(newsroom: Newsroom) -> dict[str, float]:
    text = newsroom.app.test_client().get("/metrics").text
    found = re.findall(r'^tagwire_websub_pushes_total{outcome="([\w-]+)"} (\S+)$', text, re.M)
    return {name: float(count) for name, count in found}


def test_a_push_brings_the_article_without_waiting_for_the_interval(
    newsroom: Newsroom, hub: Hub
) -> None:
    publish(hub, 1, 2)
    assert newsroom.poll() == 0

    heard = hub.push()

    assert (heard.status, heard.body) == (202, b"")
    assert newsroom.poll() == 1
    assert titles(newsroom) == {"Story 1", "Story 2"}
    assert newsroom.websub().last_push_at == newsroom.clock()


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha384", "sha512"])
def test_every_algorithm_of_the_specification_is_understood(
    newsroom: Newsroom, hub: Hub, algorithm: str
) -> None:
    assert hub.push(algorithm=algorithm).status == 202
    assert newsroom.poll() == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"secret": "a-guess"},
        {"signature": ""},
        {"signature": "sha256="},
        {"signature": "sha256"},
        {"signature": "md5=00"},
        {"signature": "sha256=" + "é" * 64},
        {"signature": "new=" + "0" * 64},
        {"signature": "=" + "0" * 64},
    ],
)
def test_a_bad_signature_is_answered_like_a_good_one_and_changes_nothing(
    newsroom: Newsroom, hub: Hub, changed: dict[str, str]
) -> None:
    counted = outcomes(newsroom).get("bad-signature", 0)
    before, asked = newsroom.state(), polls(hub)

    heard = hub.push(**{name: value.encode().decode("latin-1") for name, value in changed.items()})

    assert (heard.status, heard.body) == (202, b"")
    assert newsroom.state() == before
    assert newsroom.poll() == 0
    assert polls(hub) == asked
    assert outcomes(newsroom)["bad-signature"] == counted + 1


def test_a_signature_of_another_body_is_none(newsroom: Newsroom, hub: Hub) -> None:
    secret = hub.forms[0]["hub.secret"]
    of_another = hmac.new(secret.encode(), b"one", "sha256").hexdigest()

    assert hub.push(b"two", signature=f"sha256={of_another}").status == 202
    assert newsroom.poll() == 0
    assert hub.push(b"one", signature=f"SHA256={of_another.upper()}").status == 202
    assert newsroom.poll() == 1


def test_a_hundred_pushes_a_minute_are_two_polls(newsroom: Newsroom, hub: Hub) -> None:
    before, done = polls(hub), 0
    for _ in range(100):
        assert hub.push().status == 202
        done += newsroom.poll()
        newsroom.clock.forward(seconds=0.6)

    assert done == polls(hub) - before <= timedelta(minutes=1) / PUSH_SPACING + 1
    assert outcomes(newsroom)["coalesced"] > 50


def test_pushes_without_news_make_us_poll_no_less_often(newsroom: Newsroom, hub: Hub) -> None:
    before = newsroom.state().interval_s
    for _ in range(20):
        hub.push()
        newsroom.poll()
        newsroom.clock.forward(seconds=40)

    assert newsroom.state().interval_s == before


def test_a_publisher_whose_cache_lags_behind_the_push_is_asked_once_more(
    newsroom: Newsroom, hub: Hub
) -> None:
    hub.push()
    newsroom.clock.forward(seconds=1)
    assert newsroom.poll() == 1
    publish(hub, 1, 2)

    newsroom.clock.forward(seconds=PUSH_SPACING.total_seconds())
    assert newsroom.poll() == 1

    assert titles(newsroom) == {"Story 1", "Story 2"}
    newsroom.clock.forward(minutes=4)
    assert newsroom.poll() == 0, "then the interval holds again"


def test_a_push_during_a_poll_is_answered_by_another_one(newsroom: Newsroom, hub: Hub) -> None:
    late: list[int] = []

    def feed(connection: Any, _: Any) -> None:
        numbers = (1, 2) if not late else (1, 2, 3)
        if not late:
            late.append(1)
            newsroom.clock.forward(seconds=1)
            assert hub.push().status == 202
        body = feed_with_hub(hub.url, hub.topic, *(Item(number) for number in numbers))
        connection.sendall(answer(body))

    hub.server.on("/feed", feed)
    hub.push()
    newsroom.poll()
    assert titles(newsroom) == {"Story 1", "Story 2"}

    newsroom.clock.forward(seconds=PUSH_SPACING.total_seconds())
    newsroom.poll()

    assert titles(newsroom) == {"Story 1", "Story 2", "Story 3"}


def test_a_publisher_that_fails_is_not_asked_sooner_for_a_push(
    newsroom: Newsroom, hub: Hub
) -> None:
    hub.server.answers("/feed", b"", "503 Busy", Retry_After="3600")
    hub.push()
    newsroom.poll()
    due = newsroom.state().next_poll_at

    newsroom.clock.forward(minutes=2)
    assert hub.push().status == 202

    assert newsroom.state().next_poll_at == due
    assert newsroom.poll() == 0


def test_a_paused_source_and_one_that_was_not_verified_hear_nothing(
    newsroom: Newsroom, hub: Hub
) -> None:
    with newsroom.app.app_context():
        sources.pause("harbour", "for a test", now=newsroom.clock())
    assert hub.push().status == 202
    with newsroom.app.app_context():
        sources.resume("harbour", now=newsroom.clock())
    newsroom.poll()
    hub.deny("no more")

    assert hub.push().status == 202
    assert newsroom.poll() == 0


def test_nobody_at_a_callback_is_gone_before_a_body_is_read(newsroom: Newsroom, hub: Hub) -> None:
    callback = hub.last["hub.callback"]

    for address in (callback[:-1] + "-", callback.rpartition("/")[0] + "/x"):
        assert call("POST", address, b"x" * 2_000_000).status == 410
        assert call("GET", address).status == 404


def test_a_document_beyond_the_limit_is_refused_and_polling_brings_it(
    newsroom: Newsroom, hub: Hub
) -> None:
    publish(hub, 1, 2)

    assert call("POST", hub.last["hub.callback"], b"x" * 1_048_577).status == 413

    newsroom.clock.forward(seconds=USUAL.longest.total_seconds())
    newsroom.poll()
    assert titles(newsroom) == {"Story 1", "Story 2"}


METHODS = st.sampled_from(["GET", "GET", "HEAD", "POST", "POST", "PUT", "DELETE", "OPTIONS", "x"])
NAMES = ("hub.mode", "hub.topic", "hub.challenge", "hub.lease_seconds", "hub.reason")
SIGNATURES = st.sampled_from(["", "sha1=", "sha256=é", "sha512=0", "=", "\x00", "sha1"]) | st.text()


@pytest.mark.slow
@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    method=METHODS,
    query=hostile.queries([*NAMES]),
    modes=st.sampled_from(["", "hub.mode=denied&", "hub.mode=subscribe&", "hub.mode=unsubscribe&"]),
    headers=hostile.headers(),
    signature=SIGNATURES,
    body=st.binary(max_size=200),
    where=st.sampled_from(["own", "topic"]) | hostile.texts().map(hostile.encoded),
)
def test_no_request_to_a_callback_makes_the_server_fail(
    newsroom: Newsroom, hub: Hub, **sent: Any
) -> None:
    path = hub.forms[0]["hub.callback"].partition("/websub/")[2]
    token = path if sent["where"] in {"own", "topic"} else sent["where"]
    query = sent["modes"] + sent["query"].decode("latin-1")
    if sent["where"] == "topic":
        query += f"&hub.topic={hub.topic}"
    client = newsroom.app.test_client()
    signature = "".join(each for each in sent["signature"] if "\x20" <= each <= "\xff")

    heard = client.open(
        f"/websub/{token}",
        method=sent["method"],
        headers={**sent["headers"], "X-Hub-Signature": signature},
        data=sent["body"],
        environ_overrides={"QUERY_STRING": query},
    )

    assert heard.status_code < 500, heard.text
    if sent["method"] in {"GET", "POST"} and heard.status_code < 300:
        assert heard.mimetype == "text/plain"
