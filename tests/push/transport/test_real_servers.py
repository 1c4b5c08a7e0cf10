"""Our client against HTTP/2 servers of others, over real sockets: exactly one answer each.

They pad, trail, index headers, grant few streams and small windows, and go away in their own ways.
"""

import asyncio
import json
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from push.standin.certificate import write_certificate
from push.standin.server import serve
from push.standin.service import Standin
from push.transport.fcm import FcmSender
from push.transport.outcome import Answer, classify
from tests.push.real_servers import (
    REQUESTS_PER_CONNECTION,
    STREAMS,
    Place,
    Server,
    demand,
    envoy,
    h2o,
    hypercorn,
    nghttpd,
    nginx,
    place_for,
    running,
)
from tests.push.transport.test_fcm import NOW, outgoing, send

pytestmark = pytest.mark.slow

FEW = f"--max-concurrent-streams={STREAMS}"
NARROW = {"http2_protocol_options": {"max_concurrent_streams": STREAMS}}
SHORT_LIVED = {"common_http_protocol_options": {"max_requests_per_connection": 50}}
SMALL = {
    "http2_protocol_options": {
        "initial_stream_window_size": 65_535,
        "initial_connection_window_size": 65_535,
    }
}

SERVERS = {
    "nghttpd": nghttpd(),
    "nghttpd, few streams": nghttpd(FEW),
    "nghttpd, small windows": nghttpd("--window-bits=10", "--connection-window-bits=16", FEW),
    "nghttpd, padding and trailers": nghttpd("--padding=255", "--trailer=foo: bar"),
    "nghttpd, no table": nghttpd("--header-table-size=0", "--encoder-header-table-size=0"),
    "nghttpd, answers early": nghttpd("--early-response"),
    "nginx": nginx(),
    "nginx, few streams": nginx(f"http2_max_concurrent_streams {STREAMS};"),
    "nginx, 50 requests": nginx(f"keepalive_requests {REQUESTS_PER_CONNECTION};"),
    "nginx, window of 0": nginx("http2_body_preread_size 0;"),
    "h2o": h2o(),
    "h2o, few streams": h2o(http2_max_concurrent_requests_per_connection=STREAMS),
    "hypercorn": hypercorn(),
    "hypercorn, few streams": hypercorn(h2_max_concurrent_streams=STREAMS),
    "envoy": envoy(),
    "envoy, few streams": envoy(**NARROW),
    "envoy, small windows": envoy(**SMALL),
    "envoy, 50 requests": envoy(**SHORT_LIVED),
}


@dataclass
class Backend:
    """The stand-in that grants tokens and, behind a proxy, takes the messages."""

    standin: Standin
    port: int
    folder: Path
    certificate: Path
    key: Path

    def place(self) -> Place:
        return place_for(self.folder, self.port, self.certificate, self.key)

    def sender(self, place: Place) -> FcmSender:
        account = self.standin.service_account(f"http://127.0.0.1:{self.port}")
        path = self.folder / "key.json"
        path.write_text(json.dumps(account), encoding="utf-8")
        return FcmSender(str(path), place.url, str(self.certificate), "own")

    def reached(self, server: Server) -> Counter[str] | None:
        """How often each address was reached, where anybody knows."""
        if server.counts:
            return Counter(message["token"] for message in self.standin.accepted)
        written = self.folder / "messages"
        return Counter(written.read_text().split()) if written.exists() else None


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Backend]:
    standin = Standin(lambda: datetime.now(UTC))
    certificate, key = write_certificate(tmp_path, now=datetime.now(UTC))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    serving = serve(standin, "127.0.0.1", 0, latency_s=0.02)
    server = asyncio.run_coroutine_threadsafe(serving, loop).result()
    port = server.sockets[0].getsockname()[1]
    yield Backend(standin, port, tmp_path, certificate, key)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    server.close()
    loop.close()


def kinds_of(answers: dict[str, Answer]) -> dict[str, str]:
    return {address: classify(answer, NOW).kind for address, answer in answers.items()}


@pytest.mark.parametrize("name", SERVERS)
def test_hundreds_of_messages_have_one_answer_each(name: str, backend: Backend) -> None:
    server, place = SERVERS[name], backend.place()
    demand(server)
    addresses = [f"address-{number}" for number in range(300)]
    with running(server, place):
        sender = backend.sender(place)
        answers = send(sender, outgoing(*addresses))
        sender.close()

    assert Counter(kinds_of(answers).values()) == {"accepted": 300}
    assert sender.client_name == "own"
    reached = backend.reached(server)
    assert reached is None or reached == dict.fromkeys(addresses, 1)


@pytest.mark.parametrize("name", ["nginx", "h2o", "envoy"])
def test_errors_are_understood_through_it(name: str, backend: Backend) -> None:
    """Their headers are compressed, and a server adds its own."""
    wanted = {
        "fine-1": "accepted",
        "gone-1": "gone",
        "mismatch-1": "suspect",
        "malformed-1": "suspect",
        "apnsgone-1": "gone",
        "apnskey-1": "ours",
        "quota-1": "later",
        "quotadate-1": "later",
        "busyafter-1": "later",
        "broken-1": "later",
        "html-1": "later",
    }
    server, place = SERVERS[name], backend.place()
    demand(server)
    with running(server, place):
        sender = backend.sender(place)
        answers = send(sender, outgoing(*wanted))
        sender.close()

    assert kinds_of(answers) == wanted
    assert answers["quota-1"].retry_after == "2"
    assert answers["busyafter-1"].retry_after == "2"


@dataclass(frozen=True)
class Leaves:
    """How a server is told to go, and whether somebody listens on its port afterwards."""

    name: str
    signal: signal.Signals
    comes_back: bool = False


@pytest.mark.parametrize(
    "leaves",
    [
        Leaves("nginx, few streams", signal.SIGHUP, comes_back=True),
        Leaves("nginx, few streams", signal.SIGQUIT),
        Leaves("nginx, few streams", signal.SIGTERM),
        Leaves("h2o, few streams", signal.SIGTERM),
        Leaves("hypercorn, few streams", signal.SIGTERM),
        Leaves("envoy, few streams", signal.SIGTERM),
        Leaves("nghttpd, few streams", signal.SIGKILL),
    ],
    ids=lambda leaves: f"{leaves.name.partition(',')[0]}-{leaves.signal.name}",
)
def test_a_server_that_goes_in_the_middle_costs_nobody_an_answer(
    leaves: Leaves, backend: Backend
) -> None:
    server, place = SERVERS[leaves.name], backend.place()
    demand(server)
    addresses = [f"address-{number}" for number in range(600)]
    with running(server, place) as process:
        sender = backend.sender(place)
        answers = interrupted(sender, addresses, lambda: process.send_signal(leaves.signal))
        sender.close()

    kinds = kinds_of(answers)
    reached = backend.reached(server)
    assert sorted(kinds) == sorted(addresses)
    assert set(kinds.values()) <= {"accepted", "later", "ambiguous"}
    assert Counter(kinds.values())["accepted"] >= 50
    assert not leaves.comes_back or set(kinds.values()) == {"accepted"}
    if reached is not None:
        assert max(reached.values()) == 1
        assert {a for a in kinds if kinds[a] == "accepted"} <= set(reached)
        assert not {a for a in kinds if kinds[a] == "later"} & set(reached)


def interrupted(
    sender: FcmSender, addresses: list[str], interrupt: Callable[[], None]
) -> dict[str, Answer]:
    """Send to all; after fifty answers something happens."""
    answers: dict[str, Answer] = {}
    count = 0
    sender.submit(outgoing(*addresses))
    deadline = time.monotonic() + 50
    has_happened = False
    while len(answers) < len(addresses) and time.monotonic() < deadline:
        found = sender.collect(0.05)
        count += len(found)
        answers |= {message.address: answer for message, answer in found}
        if not has_happened and count >= REQUESTS_PER_CONNECTION:
            has_happened = True
            interrupt()
    assert has_happened
    assert count == len(answers) == len(addresses)
    return answers
