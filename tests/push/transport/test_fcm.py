"""The real transport against the stand-in: real sockets, real tokens, every kind of answer."""

import asyncio
import json
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.http.context import AppContext
from push.delivery.rate_limiter import RateLimit
from push.delivery.worker import Worker
from push.standin.certificate import write_certificate
from push.standin.server import serve, tls_context
from push.standin.service import Standin
from push.transport.encoding import render
from push.transport.fcm import FcmSender
from push.transport.outcome import Answer, classify
from push.transport.payload import Alert
from push.transport.sender import Outgoing
from tests.factories import publish, register
from tests.push.editor import TAG, alert, read

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@dataclass
class Running:
    """A stand-in on a port of its own."""

    standin: Standin
    url: str
    key_file: str
    ca_file: str | None

    def sender(self) -> FcmSender:
        return FcmSender(self.key_file, self.url, self.ca_file)


@pytest.fixture(params=["http/1.1", "https and http/2"])
def fcm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    tls = request.param.startswith("https")
    files = write_certificate(tmp_path, now=datetime.now(UTC)) if tls else None
    context = tls_context(*map(str, files)) if files else None
    standin = Standin(lambda: datetime.now(UTC))
    # On a thread of its own from the start: the browser tests keep a loop on the main one.
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    serving = serve(standin, "127.0.0.1", 0, context=context)
    server = asyncio.run_coroutine_threadsafe(serving, loop).result()
    url = f"{'https' if tls else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    key_file = tmp_path / "key.json"
    key_file.write_text(json.dumps(standin.service_account(url)))
    yield Running(standin, url, str(key_file), str(files[0]) if files else None)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    server.close()
    loop.close()


def outgoing(*addresses: str, kind: str = "token", validate_only: bool = False) -> list[Outgoing]:
    shown = Alert(
        notification_id="n1",
        title="إغلاق الجسر",
        body="Until noon " * 2_000,
        url="https://news.example/article/1/bridge",
        image_url="https://news.example/bridge.jpg",
        is_breaking=True,
        is_correction=False,
        collapse_key="tw-n1",
        thread="story-1",
        expires_at=NOW + timedelta(hours=1),
    )
    template = render(shown, kind=kind, platform="android", now=NOW, validate_only=validate_only)
    return [
        Outgoing(1, number, "android", address, template)
        for number, address in enumerate(addresses)
    ]


def send(sender: FcmSender, messages: list[Outgoing]) -> dict[str, Answer]:
    """Every message's answer, by address."""
    sender.submit(messages)
    answers: dict[str, Answer] = {}
    deadline = time.monotonic() + 25
    while time.monotonic() < deadline:
        answers |= {m.address: answer for m, answer in sender.collect(0.05)}
        if len(answers) == len(messages):
            return answers
    raise AssertionError(f"{len(messages) - len(answers)} messages were never answered")


def test_many_messages_each_get_one_answer(fcm: Running) -> None:
    sender = fcm.sender()
    addresses = [f"address-{number}" for number in range(400)]

    answers = send(sender, outgoing(*addresses))
    sender.close()

    assert {answer.status for answer in answers.values()} == {200}
    assert sorted(m["token"] for m in fcm.standin.accepted) == sorted(addresses)
    assert fcm.standin.accepted[0]["data"]["url"].endswith("/bridge")


def test_both_kinds_of_address_are_taken_and_a_dry_run_delivers_nothing(fcm: Running) -> None:
    sender = fcm.sender()

    send(sender, outgoing("an-installation-id", kind="fid"))
    checked = send(sender, outgoing("a-token", validate_only=True))
    sender.close()

    assert [m["fid"] for m in fcm.standin.accepted] == ["an-installation-id"]
    assert checked["a-token"].status == 200
    assert fcm.standin.checked == 1


def test_every_error_is_understood(fcm: Running) -> None:
    wanted = {
        "fine-1": "accepted",
        "gone-1": "gone",
        "gonebare-1": "ours",
        "mismatch-1": "suspect",
        "malformed-1": "suspect",
        "apnsgone-1": "gone",
        "apnskey-1": "ours",
        "quota-1": "later",
        "quotadate-1": "later",
        "busy-1": "later",
        "broken-1": "later",
        "html-1": "later",
    }
    sender = fcm.sender()

    answers = send(sender, outgoing(*wanted))
    sender.close()

    assert {a: classify(answer, NOW).kind for a, answer in answers.items()} == wanted
    for name in ("quota-1", "quotadate-1"):
        wait = classify(answers[name], datetime.now(UTC)).wait
        assert wait is not None
        assert timedelta(0) < wait <= timedelta(seconds=3)


def test_an_answer_that_is_lost_is_known_to_be_lost_and_sent_once(fcm: Running) -> None:
    """On kept connections too, where libcurl by itself would send it again."""
    sender = fcm.sender()
    send(sender, outgoing(*(f"warm-{number}" for number in range(50))))
    lost = [f"lost-{number}" for number in range(10)]

    answers = send(sender, outgoing(*lost))
    sender.close()

    kinds = {address: classify(answer, NOW).kind for address, answer in answers.items()}
    taken = Counter(m["token"] for m in fcm.standin.accepted if m["token"] in lost)
    assert set(taken.values()) == {1}
    assert {kinds[address] for address in taken} == {"ambiguous"}
    # On HTTP/2 a lost connection takes others with it that had not left.
    assert {kinds[address] for address in lost if not taken[address]} <= {"ambiguous", "later"}


def test_a_token_that_was_revoked_is_renewed_once(fcm: Running) -> None:
    sender = fcm.sender()
    send(sender, outgoing("first"))
    fcm.standin.tokens.clear()

    answers = send(sender, outgoing("second", "third"))
    sender.close()

    assert {answer.status for answer in answers.values()} == {200}
    assert len(fcm.standin.accepted) == 3


def test_a_refused_key_is_ours_and_a_provider_that_is_away_is_waited_for(
    fcm: Running, tmp_path: Path
) -> None:
    fcm.standin.mode = "wrong_key"
    refused = send(fcm.sender(), outgoing("a"))["a"]
    account = json.loads(Path(fcm.key_file).read_text())
    away = tmp_path / "away.json"
    away.write_text(json.dumps(account | {"token_uri": "http://127.0.0.1:9/token"}))
    unreachable = send(FcmSender(str(away), fcm.url, fcm.ca_file), outgoing("b"))["b"]

    assert (classify(refused, NOW).kind, classify(refused, NOW).lacks_key) == ("ours", True)
    assert classify(unreachable, NOW).kind == "later"


def test_a_worker_delivers_through_it(fcm: Running, app: Flask, client: FlaskClient) -> None:
    publish(client, tags=["Harbour"])
    phones = [register(client, TAG) for _ in range(3)]
    gone = register(client, TAG, address="gone-phone")
    notification = alert(client)
    context: AppContext = app.extensions["tagwire"]
    sender = fcm.sender()
    limit = RateLimit(60_000, timedelta(seconds=1))
    worker = Worker(sender, context.clock, context.hooks.tell, rate_limit=limit, render=render)
    with app.app_context():
        for _ in range(200):
            context.clock.forward(milliseconds=50)  # type: ignore[attr-defined]
            if not worker.step():
                break
    sender.close()

    counts = read(client, notification)["counts"]
    assert (counts["accepted"], counts["retired"]) == (3, 1)
    assert {m["token"] for m in fcm.standin.accepted} == {phone.address for phone in phones}
    assert gone.address not in {m["token"] for m in fcm.standin.accepted}


def test_a_client_that_asks_for_the_end_of_the_connection_gets_it(fcm: Running) -> None:
    host, port = urlsplit(fcm.url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as plain:
        context = ssl.create_default_context(cafile=fcm.ca_file) if fcm.ca_file else None
        peer = context.wrap_socket(plain, server_hostname=host) if context else plain
        peer.sendall(b"GET /standin/counts HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        received = b"".join(iter(lambda: peer.recv(4096), b""))

    assert received.startswith(b"HTTP/1.1 200 ")
