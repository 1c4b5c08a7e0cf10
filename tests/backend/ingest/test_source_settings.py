"""Settings of a source over API, command and file; its secrets are written and never read."""

import base64
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.core.db import db
from backend.http.context import current_context
from backend.ingest.poller import Poller
from backend.outbound.fetch import FetchPolicy
from tagwire import main
from tests.backend.ingest.feeds import PAIR, Item, rss
from tests.backend.outbound.server import Publisher, publisher
from tests.conftest import EDITOR, Clock

POLICY = FetchPolicy(allow_networks=(ip_network("127.0.0.0/8"),), deadline_s=5)
PATH = "/v1/newsroom/sources/harbour"
PASSWORD = "correct-horse"
SECRETS = {
    "basic_auth": {"user": "reader", "password": PASSWORD},
    "secret_header": {"name": "X-Api-Key", "value": "staple-77"},
}


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | {"FETCH_ALLOW_NETWORKS": "127.0.0.0/8"}


@pytest.fixture
def server() -> Iterator[Publisher]:
    with publisher() as found:
        found.answers("/feed", rss(Item(1), Item(2)), ETag='"a"')
        yield found


def put(client: FlaskClient, **fields: Any) -> Any:
    return client.put(f"{PATH}?check=false", json=fields, headers=EDITOR)


def poll(app: Flask, clock: Clock) -> None:
    with app.app_context():
        Poller(current_context().hooks, POLICY, clock, chance=lambda: 0.5).poll_one()
        db.session.rollback()


def test_settings_are_set_shown_and_taken_away(client: FlaskClient) -> None:
    put(client, feed_url="https://harbour.example/feed")
    given = {"fast": True, "ports": [8443, 80], "document_bytes": 9_000_000}

    shown = put(client, **given).get_json()

    assert shown["ports"] == [80, 8443]
    assert (shown["fast"], shown["document_bytes"]) == (True, 9_000_000)
    cleared = put(client, ports=None, document_bytes=None, fast=False).get_json()
    assert (cleared["ports"], cleared["document_bytes"], cleared["fast"]) == ([], None, False)


@pytest.mark.parametrize(
    "fields",
    [
        {"ports": [22]},
        {"ports": [70_000]},
        {"document_bytes": 60_000_000},
        {"basic_auth": {"user": "a:b", "password": "x"}},
        {"basic_auth": {"user": "a", "password": "x\r\nHost: y"}},
        {"secret_header": {"name": "Host", "value": "x"}},
        {"secret_header": {"name": "X-Key", "value": "x\r\ny"}},
        SECRETS | {"secret_header": {"name": "Authorization", "value": "x"}},
        {"rights": "some"},
        {"embargo_minutes": 0},
    ],
)
def test_what_cannot_be_used_is_refused_by_name(
    client: FlaskClient, fields: dict[str, Any]
) -> None:
    answer = put(client, feed_url="https://harbour.example/feed", **fields)

    assert answer.status_code == 422
    assert set(answer.get_json()["errors"]) & set(fields)


def test_secrets_are_sent_stored_encrypted_and_never_shown(
    client: FlaskClient, app: Flask, clock: Clock, server: Publisher, session: Any
) -> None:
    shown = put(client, feed_url=server.url(), **SECRETS)
    poll(app, clock)

    asked = server.asked[0].headers
    sent = base64.b64decode(asked["authorization"].removeprefix("Basic "))
    assert sent == f"reader:{PASSWORD}".encode()
    assert asked["x-api-key"] == "staple-77"
    for answer in (shown, client.get(PATH, headers=EDITOR)):
        text = answer.get_data(as_text=True)
        assert PASSWORD not in text
        assert "staple-77" not in text
        assert '"has_basic_auth":true' in text.replace(" ", "")
    row = session.connection().exec_driver_sql("SELECT * FROM source_feed").one()
    assert PASSWORD not in str(row)
    assert "staple-77" not in str(row)


def test_secrets_do_not_follow_the_source_to_another_origin(
    client: FlaskClient, server: Publisher
) -> None:
    put(client, feed_url=server.url(), **SECRETS)

    kept = put(client, feed_url=server.url("/other")).get_json()
    moved = put(client, feed_url="https://elsewhere.example/feed").get_json()

    assert kept["has_basic_auth"]
    assert not moved["has_basic_auth"]
    assert not moved["has_secret_header"]


def test_a_moved_feed_with_secrets_keeps_its_address(
    client: FlaskClient, app: Flask, clock: Clock, server: Publisher
) -> None:
    with publisher() as other:
        other.answers("/feed", rss(Item(1)))
        server.redirects("/feed", other.url())
        put(client, feed_url=server.url(), ports=[other.port], **SECRETS)
        for _ in range(5):
            poll(app, clock)
            clock.forward(days=1)

    assert client.get(PATH, headers=EDITOR).get_json()["feed_url"] == server.url()
    assert "x-api-key" not in other.asked[0].headers


def test_a_document_may_be_as_large_as_its_source_is_allowed(
    client: FlaskClient, app: Flask, clock: Clock, server: Publisher
) -> None:
    server.answers("/feed", rss(Item(1, body="harbour " * 30_000)))
    put(client, feed_url=server.url(), document_bytes=100_000)
    poll(app, clock)
    assert "100,000 bytes" in client.get(PATH, headers=EDITOR).get_json()["last_error"]

    put(client, document_bytes=1_000_000)
    clock.forward(days=1)
    poll(app, clock)

    assert client.get(PATH, headers=EDITOR).get_json()["last_error"] is None


def test_a_fast_source_is_asked_every_minute_while_it_is_busy(
    client: FlaskClient, app: Flask, clock: Clock, server: Publisher
) -> None:
    put(client, feed_url=server.url(), fast=True)
    waits = []
    for number in range(1, 8):
        server.answers("/feed", rss(*(Item(number * 10 + each) for each in range(5))))
        poll(app, clock)
        text = client.get(PATH, headers=EDITOR).get_json()["next_poll_at"]
        due = clock().fromisoformat(text)
        waits.append(due - clock())
        clock.now = due

    assert min(waits) == timedelta(minutes=1)


def test_a_304_that_never_ends_is_asked_for_the_whole_document_once_a_week(
    client: FlaskClient, app: Flask, clock: Clock, server: Publisher
) -> None:
    put(client, feed_url=server.url())
    poll(app, clock)
    server.on("/feed", _stuck)
    for _ in range(30):
        clock.forward(days=1)
        poll(app, clock)

    whole = [each for each in server.asked[1:] if "if-none-match" not in each.headers]
    assert len(whole) == 4
    titles = [each["title"] for each in client.get(PAIR).get_json()["articles"]]
    assert "Story 9" in titles


def _stuck(connection: Any, request: Any) -> None:
    status = b"304 Not Modified" if "if-none-match" in request.headers else b"200 OK"
    body = b"" if status.startswith(b"304") else rss(Item(9))
    head = b"HTTP/1.1 " + status + b'\r\nETag: "a"\r\nConnection: close\r\nContent-Length: '
    connection.sendall(head + str(len(body)).encode() + b"\r\n\r\n" + body)


def test_a_command_sets_what_the_api_sets(app: Flask, client: FlaskClient) -> None:
    put(client, feed_url="https://harbour.example/feed")
    arguments = ["sources", "set", "harbour", "fast=true", "rights=summary", "ports=[8443]"]

    done = app.test_cli_runner().invoke(
        main, [*arguments, "--basic-auth", "reader"], input=f"{PASSWORD}\n"
    )

    shown = client.get(PATH, headers=EDITOR).get_json()
    assert done.exit_code == 0, done.output
    assert PASSWORD not in done.output
    assert (shown["fast"], shown["rights"], shown["ports"]) == (True, "summary", [8443])
    assert shown["has_basic_auth"]
    wrong = app.test_cli_runner().invoke(main, ["sources", "set", "harbour", "ports=[22]"])
    assert wrong.exit_code == 1
    assert "ports.0: A port is" in wrong.output


def test_a_file_sets_many_or_nothing(app: Flask, client: FlaskClient, tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    file.write_text('[harbour]\nfeed_url = "https://h.example/f"\nfast = true\n[pier]\nsped = 1\n')
    bad = app.test_cli_runner().invoke(main, ["sources", "apply", str(file)])
    assert "pier: sped" in bad.output
    assert client.get(PATH, headers=EDITOR).status_code == 404

    file.write_text('[harbour]\nfeed_url = "https://h.example/f"\nfast = true\n')
    done = app.test_cli_runner().invoke(main, ["sources", "apply", str(file)])

    assert done.exit_code == 0, done.output
    assert client.get(PATH, headers=EDITOR).get_json()["fast"]
