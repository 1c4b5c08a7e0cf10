"""A claim survives a bad network for who made it, and says why there is nothing to claim."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from werkzeug.serving import ThreadedWSGIServer

from backend.core.db import db, transaction
from deeplinks.claims import queries
from deeplinks.claims.service import Claim, DeferredLink, token_in_referrer
from deeplinks.store.models import LinkCount, SpentLink
from tests.conftest import START, Clock
from tests.deeplinks.test_links import referrer_of

CLAIM = "/v1/deeplinks/claim"
MODES = pytest.mark.parametrize("deferred", ["once", "signed"])
NO_LINK = (
    "",
    "(not set)",
    "(not%20set)",
    "utm_source=google-play&utm_medium=organic",
    "utm_source%3Dgoogle-play%26utm_medium%3Dorganic",
    "utm_source=(not%20set)&utm_medium=(not%20set)",
    "gclid=EAIaIQobChMI_abc",
    "utm_campaign=my_tw_claim=1",
    "tw_claim=",
    "tw_claim",
    "\N{REPLACEMENT CHARACTER}%%%",
)


@pytest.fixture
def phone(
    make_app: Callable[..., Flask], app_toml: Path, tmp_path: Path, deferred: str
) -> FlaskClient:
    """A client of an app in either mode."""
    path = tmp_path / "mode.toml"
    path.write_text(app_toml.read_text().replace("[links]", f'[links]\ndeferred = "{deferred}"'))
    return make_app(APP_CONFIG=str(path)).test_client()


def ask(client: FlaskClient, referrer: str, key: str | None = None) -> tuple[int, str]:
    """The status of a claim, and its screen or why there is none."""
    body = {"install_referrer": referrer} | ({"key": key} if key else {})
    answer = client.post(CLAIM, json=body)
    document = answer.get_json()
    return answer.status_code, document["screen"]["params"][
        "tag"
    ] if answer.status_code == 200 else (document["type"].removeprefix("/problems/"))


@MODES
def test_who_asks_under_its_own_key_is_answered_again_for_ten_minutes(
    phone: FlaskClient, clock: Clock
) -> None:
    referrer = referrer_of(phone, "/tag/rain")

    assert ask(phone, referrer, "mine") == (200, "rain")
    clock.forward(minutes=10)
    assert ask(phone, referrer, "mine") == (200, "rain")
    for other in ("yours", None):
        assert ask(phone, referrer, other) == (410, "link-spent")
    clock.forward(seconds=1)
    assert ask(phone, referrer, "mine") == (410, "link-spent")
    clock.forward(days=7)
    assert ask(phone, referrer, "mine") == (410, "link-expired")


@MODES
def test_a_claim_without_a_key_is_taken_by_nobody_again(phone: FlaskClient) -> None:
    referrer = referrer_of(phone, "/tag/rain")

    assert ask(phone, referrer) == (200, "rain")
    assert ask(phone, referrer) == (410, "link-spent")
    assert ask(phone, referrer, "late") == (410, "link-spent")


def test_a_repeated_claim_is_counted_and_told_once(app: Flask, client: FlaskClient) -> None:
    referrer = referrer_of(client, "/tag/rain")
    for _ in range(3):
        assert ask(client, referrer, "mine")[0] == 200

    with app.app_context():
        counted = db.session.scalars(select(LinkCount.count).where(LinkCount.kind == "claim")).all()
        (row,) = db.session.scalars(select(SpentLink))
    assert counted == [1]
    assert "mine" not in (row.key_hash or "")


@MODES
def test_twenty_at_once_are_one_phone_or_one_winner(phone: FlaskClient) -> None:
    same, others = referrer_of(phone, "/tag/same"), referrer_of(phone, "/tag/others")

    def claim(number: int) -> tuple[tuple[int, str], tuple[int, str]]:
        mine = phone.application.test_client()
        return ask(mine, same, "one-phone"), ask(mine, others, f"phone-{number}")

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(claim, range(20)))

    assert {answer for answer, _ in answers} == {(200, "same")}
    assert sorted(status for _, (status, _) in answers) == [200] + [410] * 19


@pytest.mark.parametrize("referrer", NO_LINK)
def test_a_first_start_without_a_link_is_no_spent_link(client: FlaskClient, referrer: str) -> None:
    assert ask(client, referrer) == (404, "no-link")


def test_a_referrer_with_a_damaged_link_is_no_start_without_one(client: FlaskClient) -> None:
    assert ask(client, "utm_source=web&tw_claim=damaged") == (410, "link-spent")


@MODES
@pytest.mark.parametrize("times", [0, 1, 2])
@pytest.mark.parametrize("shape", ["{}", "referrer={}", "https://play.example/x?id=a&referrer={}"])
def test_a_referrer_that_was_encoded_on_its_way_is_read(
    phone: FlaskClient, times: int, shape: str
) -> None:
    referrer = referrer_of(phone, "/tag/rain")
    for _ in range(times):
        referrer = quote(referrer, safe="")

    assert ask(phone, shape.format(referrer)) == (200, "rain")


@given(
    st.text("abcXYZ019-_.", min_size=1, max_size=60),
    st.integers(0, 3),
    st.dictionaries(st.sampled_from(["utm_source", "utm_term", "gclid"]), st.text(max_size=9)),
)
def test_whatever_stands_beside_it_the_token_comes_through(
    token: str, times: int, others: dict[str, str]
) -> None:
    items = [f"{name}={quote(value, safe='')}" for name, value in others.items()]
    referrer = "&".join([*items, f"tw_claim={token}", *items])
    for _ in range(times):
        referrer = quote(referrer, safe="")

    assert token_in_referrer(referrer) == token


@given(
    first=st.sampled_from(["a", "b", None]),
    second=st.sampled_from(["a", "b", None]),
    later=st.timedeltas(timedelta(), timedelta(minutes=20)),
)
def test_only_the_same_key_repeats_and_only_for_a_while(
    first: str | None, second: str | None, later: timedelta
) -> None:
    link = DeferredLink(path="/", campaign=None, expires_at=START + timedelta(days=7), digest="d")
    row = SpentLink(**Claim(link=link, key_hash=first, at=START).values())
    again = Claim(link=link, key_hash=second, at=START + later)

    is_allowed = first is not None and first == second and later <= timedelta(minutes=10)
    assert again.repeats(row) is is_allowed


def test_what_is_kept_of_signed_links_is_bounded(app: Flask) -> None:
    with app.app_context():
        with transaction() as session:
            for number in range(9):
                until = START + timedelta(hours=number)
                session.add(SpentLink(token_hash=f"{number}", expires_at=until))
            session.flush()
            queries.forget_spent_beyond(session, 4)
        left = db.session.scalars(select(SpentLink.token_hash).order_by(SpentLink.token_hash))

        assert left.all() == ["5", "6", "7", "8"]


@contextmanager
def served(app: Flask) -> Iterator[int]:
    """The app on a port of this machine, with a thread for each connection."""
    server = ThreadedWSGIServer("127.0.0.1", 0, app)
    server.daemon_threads, server.block_on_close = False, True  # whoever is cut is waited for
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def send(port: int, body: dict[str, Any], *, read: bool) -> int | None:
    """The status of a claim; None where the connection is cut before the answer is read."""
    document = json.dumps(body).encode()
    head = (
        f"POST {CLAIM} HTTP/1.1\r\nHost: news.test\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(document)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(head.encode() + document)
        if not read:
            return None
        return int(connection.makefile("rb").readline().split()[1])


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.booleans(), min_size=1, max_size=4))
def test_a_phone_whose_connection_is_cut_has_its_link_in_the_end(
    app: Flask, client: FlaskClient, cuts: list[bool]
) -> None:
    """Whatever of its tries is cut, and however many are under way at once."""
    body = {"install_referrer": referrer_of(client, "/tag/rain"), "key": "of-this-phone"}
    with served(app) as port:
        with ThreadPoolExecutor(4) as pool:
            tries = [pool.submit(send, port, body, read=not is_cut) for is_cut in cuts]
        assert {done.result() for done in tries} <= {200, None}
        assert send(port, body, read=True) == 200
        assert send(port, body | {"key": "of-another"}, read=True) == 410
    with app.app_context():
        claims = LinkCount.kind == "claim"
        counted = db.session.scalar(select(func.sum(LinkCount.count)).where(claims))
        spent = db.session.scalar(select(func.count()).select_from(SpentLink))
    assert counted == spent
