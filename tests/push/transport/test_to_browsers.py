"""Alerts to phones and browsers at once, by the real worker, to a service that speaks the RFCs."""

import asyncio
import base64
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from push.delivery.process import worker_for
from push.delivery.worker import Worker
from push.standin.certificate import write_certificate
from push.standin.push_service import BEHAVIOURS
from push.standin.server import serve, tls_context
from push.standin.service import Standin
from push.transport.outcome import Answer
from push.transport.sender import Outgoing
from push.transport.webpush import WebPushSender
from push.transport.webpush_message import WebPushTemplate, headers
from push.transport.webpush_settings import WebPush
from tests.browsers import Browser
from tests.conftest import Clock
from tests.factories import publish, register
from tests.push.editor import TAG, alert, read
from tests.waiting import until


@dataclass
class Place:
    """A stand-in with TLS on a port of its own, and an app that knows it."""

    standin: Standin
    host: str
    settings: dict[str, str]
    browsers: dict[str, Browser] = field(default_factory=dict)

    def subscribed(self, client: FlaskClient, name: str, *topics: str) -> Browser:
        browser = self.browsers[name] = Browser(f"https://{self.host}/wpush/{name}")
        made = client.post(
            "/v1/installations", json={"platform": "web", "address": browser.address}
        ).get_json()
        head = {"Authorization": f"Bearer {made['secret']}"}
        path = f"/v1/installations/{made['id']}/topics"
        assert client.put(path, json={"topics": list(topics)}, headers=head).status_code == 200
        return browser

    def read(self) -> list[tuple[str, dict[str, Any]]]:
        """What browsers read, each of its own."""
        taken = self.standin.browsers.taken
        return [(each.name, self.browsers[each.name].shown(each.body)) for each in taken]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    files = [*map(str, write_certificate(tmp_path, now=datetime.now(UTC)))]
    standin = Standin(lambda: datetime.now(UTC))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    serving = serve(standin, "127.0.0.1", 0, context=tls_context(*files))
    server = asyncio.run_coroutine_threadsafe(serving, loop).result()
    host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    key_file = tmp_path / "key.json"
    key_file.write_text(json.dumps(standin.service_account(f"https://{host}")))
    settings = {
        "PUBLIC_URL": "https://news.test",
        "PUSH_TRANSPORT": "fcm",
        "GOOGLE_APPLICATION_CREDENTIALS": str(key_file),
        "FCM_URL": f"https://{host}",
        "FCM_CA_FILE": files[0],
        "WEBPUSH_SERVICES": host,
        "FETCH_ALLOW_NETWORKS": "127.0.0.0/8",
    }
    yield Place(standin, host, settings)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    server.close()
    loop.close()


@pytest.fixture
def newsroom(place: Place, make_app: Callable[..., Flask]) -> Flask:
    app = make_app(**place.settings)
    publish(app.test_client(), source="herald", tags=["Harbour"], category="World")
    return app


@dataclass
class Working:
    """The worker of the process, at the test's clock; tokens are signed by the wall clock."""

    app: Flask
    clock: Clock
    worker: Worker

    def run(self, minutes: float = 0) -> None:
        """Until nothing is in flight, and again after every pause of so long in all."""
        ends_at = self.clock.now + timedelta(minutes=minutes)
        deadline = time.monotonic() + 180
        with self.app.app_context():
            while time.monotonic() < deadline:
                is_busy = self.worker.step()
                if is_busy or self.worker.in_flight:
                    self.clock.now += timedelta(milliseconds=20)  # slots of the rate limit
                    continue
                if self.clock.now >= ends_at:
                    return
                self.clock.now += timedelta(seconds=10)
        raise AssertionError("the worker never came to an end")


@contextmanager
def worker_of(app: Flask, clock: Clock) -> Iterator[Working]:
    context = app.extensions["tagwire"]
    clock.now = datetime.now(UTC)
    worker = worker_for(app.extensions["push"], clock, context.hooks.tell)
    yield Working(app, clock, worker)
    worker.sender.close()


@pytest.fixture
def working(newsroom: Flask, clock: Clock) -> Iterator[Working]:
    with worker_of(newsroom, clock) as found:
        yield found


def test_phones_and_browsers_each_hear_once(
    newsroom: Flask, place: Place, working: Working
) -> None:
    client = newsroom.test_client()
    phones = [register(client, TAG).address for _ in range(3)]
    for number in range(12):
        place.subscribed(client, f"browser-{number}", TAG)
    place.subscribed(client, "other", "tag:Nothing")

    told = alert(client, title="Bridge closed")
    working.run()

    assert sorted(m["token"] for m in place.standin.accepted) == sorted(phones)
    found = place.read()
    assert sorted(name for name, _ in found) == sorted(f"browser-{n}" for n in range(12))
    assert {message["notification"]["title"] for _, message in found} == {"Bridge closed"}
    assert {message["notification"]["data"]["notification_id"] for _, message in found} == {
        told["id"]
    }
    counts = read(client, told)["counts"]
    assert (counts["accepted"], counts["failed"], counts["ambiguous"]) == (15, 0, 0)
    assert counts["by_platform"]["web"]["accepted"] == 12
    public = client.get("/v1/config").get_json()["web_push"]["public_key"]
    assert {taken.public_key for taken in place.standin.browsers.taken} == {public}
    assert {taken.urgency for taken in place.standin.browsers.taken} == {"high"}
    assert len({taken.topic for taken in place.standin.browsers.taken}) == 1


def test_each_answer_has_its_end_and_phones_go_on(
    newsroom: Flask, place: Place, working: Working
) -> None:
    client = newsroom.test_client()
    register(client, TAG)
    for name in ("fine", "gone-1", "expired-1", "invalid-1", "large-1", "broken-1"):
        place.subscribed(client, name, TAG)

    told = alert(client, expires_in_s=300)
    working.run(minutes=6)

    counts = read(client, told)["counts"]
    assert counts["audience"] == 7
    assert counts["accepted"] == 2
    assert counts["retired"] == 2
    assert (counts["ambiguous"], counts["failed"]) == (0, 3)
    assert [name for name, _ in place.read()] == ["fine"]


def test_who_is_gone_is_asked_no_more(newsroom: Flask, place: Place, working: Working) -> None:
    client = newsroom.test_client()
    place.subscribed(client, "gone-1", TAG)
    place.subscribed(client, "fine", TAG)

    alert(client)
    working.run()
    before = place.standin.browsers.requests
    alert(client, title="Another")
    working.run()

    assert place.standin.browsers.requests == before + 1


def test_a_service_that_is_away_holds_nobody_else_up_and_gives_nobody_up(
    newsroom: Flask, place: Place, working: Working
) -> None:
    client = newsroom.test_client()
    phones = [register(client, TAG).address for _ in range(3)]
    for number in range(15):
        place.subscribed(client, f"browser-{number}", TAG)
    place.standin.browsers.outage = "busy"

    told = alert(client, expires_in_s=3600)
    working.run(minutes=2)

    assert sorted(m["token"] for m in place.standin.accepted) == sorted(phones)
    assert place.read() == []
    assert place.standin.browsers.requests < 60, "a silent service is probed, not hammered"
    place.standin.browsers.outage = ""
    working.run(minutes=5)
    assert sorted(name for name, _ in place.read()) == sorted(f"browser-{n}" for n in range(15))
    counts = read(client, told)["counts"]
    assert (counts["accepted"], counts["failed"], counts["ambiguous"]) == (18, 0, 0)


def test_a_reader_who_came_over_to_a_browser_meanwhile_hears_there(
    newsroom: Flask, place: Place, working: Working, clock: Clock
) -> None:
    client = newsroom.test_client()
    phone = register(client, TAG, platform="web")
    browser = place.browsers["moved"] = Browser(f"https://{place.host}/wpush/moved")
    told = alert(client)
    head = {"Authorization": f"Bearer {phone.secret}"}
    with newsroom.app_context():
        working.worker.intake.prepare()  # the audience is cut
    answer = client.patch(
        f"/v1/installations/{phone.id}", json={"address": browser.address}, headers=head
    )
    assert answer.status_code == 200

    working.run()

    assert [name for name, _ in place.read()] == ["moved"]
    assert place.standin.accepted == []
    assert read(client, told)["counts"]["accepted"] == 1


def test_a_claimed_browser_is_sent_a_nonce_that_it_alone_reads(
    newsroom: Flask, place: Place, working: Working
) -> None:
    client = newsroom.test_client()
    browser = place.subscribed(client, "claimed", TAG)
    renewed = Browser(browser.endpoint)
    claim = client.post(
        "/v1/installations", json={"platform": "web", "address": renewed.address}
    ).get_json()
    assert claim["address"] == {"state": "confirm"}

    until(partial(_has_come, place, working))  # the worker waits for no answer to a nonce
    nonce = renewed.shown(place.standin.browsers.taken[-1].body)["data"]["nonce"]

    confirmed = client.post(
        f"/v1/installations/{claim['id']}/address/confirm",
        json={"nonce": nonce},
        headers={"Authorization": f"Bearer {claim['secret']}"},
    )
    assert confirmed.get_json()["address"] == {"state": "active"}


def test_nothing_of_a_subscription_or_a_key_reaches_a_log(
    newsroom: Flask, place: Place, working: Working, caplog: pytest.LogCaptureFixture
) -> None:
    client = newsroom.test_client()
    for name in ("fine-secret", "gone-secret", "broken-secret", "lost-secret", "refused-secret"):
        place.subscribed(client, name, TAG)

    alert(client, expires_in_s=300)
    with caplog.at_level("INFO"):
        working.run(minutes=1)

    told = " ".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    settings = newsroom.extensions["tagwire"].settings
    assert "-secret" not in told
    assert settings.vapid_keys[0] not in told
    for browser in place.browsers.values():
        assert browser.address["subscription"]["keys"]["auth"] not in told


def outgoing(browser: Browser, key: str) -> Outgoing:
    keys = browser.address["subscription"]["keys"]
    value = f"{browser.endpoint} {keys['p256dh']} {keys['auth']} {key}"
    return Outgoing(1, 1, "web", value, WebPushTemplate(b"{}", headers(timedelta(0), "low")))


@pytest.mark.parametrize(
    ("endpoint", "networks"),
    [("https://127.0.0.1:1/", ()), ("http://127.0.0.1:1/", ("127.0.0.0/8",))],
)
def test_no_private_address_and_nothing_but_https_is_connected_to(
    place: Place, endpoint: str, networks: tuple[str, ...]
) -> None:
    private, key = _a_key()
    sender = WebPushSender(
        WebPush((private,), "https://news.example", ()), place.settings["FCM_CA_FILE"], _now
    )
    target = endpoint if endpoint.startswith("http:") else f"https://{place.host}/wpush/a"

    sender.submit([outgoing(Browser(target), key)])
    answers: list[tuple[Outgoing, Answer]] = []
    deadline = time.monotonic() + 60
    while not answers and time.monotonic() < deadline:
        answers += sender.collect(0.05)
    sender.close()

    assert [answer.unsent for _, answer in answers] == [True]
    assert place.standin.browsers.requests == 0


def test_the_stand_in_reads_for_the_test_bench_what_a_browser_of_its_own_got(
    newsroom: Flask, place: Place, working: Working
) -> None:
    client = newsroom.test_client()
    told = place.standin.browsers.answer("GET", "/wpush/ours", {"host": place.host}, b"")
    address = {"kind": "webpush", "subscription": json.loads(told.body)}
    made = client.post("/v1/installations", json={"platform": "web", "address": address}).get_json()
    head = {"Authorization": f"Bearer {made['secret']}"}
    client.put(f"/v1/installations/{made['id']}/topics/{TAG}", headers=head)
    place.subscribed(client, "another", TAG)

    alert(client, title="Bridge closed")
    working.run()

    shown = place.standin.answer("GET", "/standin/", "", b"").body.decode()
    assert shown.count("Bridge closed") == 1
    assert shown.count("<dd>high</dd>") == 2
    assert shown.count("&#34;body&#34;: &#34;Until noon.&#34;") == 1


def test_the_stand_in_refuses_what_a_push_service_would(place: Place) -> None:
    service = place.standin.browsers
    body = b"\0" * 16 + (4096).to_bytes(4, "big") + b"\x41\4" + b"\0" * 200
    fine = {"ttl": "60", "content-encoding": "aes128gcm"}

    assert service.answer("PUT", "/wpush/a", fine, body).status == 405
    assert service.answer("POST", "/wpush/a", fine, body).status == 401
    assert service.answer("POST", "/wpush/a", fine, b"x" * 5_000).status == 413
    for wrong in ({"ttl": ""}, {"urgency": "now"}, {"topic": "x" * 33}, {"topic": "a b"}):
        assert service.answer("POST", "/wpush/a", fine | wrong, body).status == 400
    assert service.answer("POST", "/wpush/a", fine, b"short").status == 400
    forged = fine | {"authorization": f"vapid t=a.b.c, k={base64.urlsafe_b64encode(b'k').decode()}"}
    assert service.answer("POST", "/wpush/a", forged, body).status in {401, 403}
    assert service.taken == []
    assert {reply.status for reply in BEHAVIOURS.values()} >= {404, 410, 413, 429, 503}
    assert ssl.HAS_ALPN


def _a_key() -> tuple[str, str]:
    from backend.core.vapid import new_key, public_key  # noqa: PLC0415

    private = new_key()
    return private, public_key(private)[:12]


def _now() -> datetime:
    return datetime.now(UTC)


def _has_come(place: Place, working: Working) -> bool:
    working.run(minutes=0.2)
    return bool(place.standin.browsers.taken)
