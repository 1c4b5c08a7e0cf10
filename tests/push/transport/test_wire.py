"""What an HTTP/2 server may do in the middle of a sending; nobody is lost or counted twice."""

import asyncio
import json
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import h2.events
import h2.settings
import pytest

from push.standin.certificate import write_certificate
from push.standin.server import Peer, tls_context
from push.standin.service import Standin
from push.transport.outcome import Answer, classify
from push.transport.pool import MAX_IDLE_S, RESPONSE_TIMEOUT_S, ConnectionPool, Finished
from tests.push.general import GeneralHttp2
from tests.push.transport.test_fcm import NOW, Running, outgoing, send

ADDRESSES = [f"address-{number}" for number in range(300)]
REFUSED_STREAM, CANCEL = 0x7, 0x8

Serving = Callable[..., Running]


class Refuses(GeneralHttp2):
    """Every third stream is refused before it was looked at."""

    def on_event(self, event: h2.events.Event) -> None:
        refused = isinstance(event, h2.events.StreamEnded) and event.stream_id % 3 == 0
        if refused and isinstance(event, h2.events.StreamEnded):
            self.streams.pop(event.stream_id, None)
            self.connection.reset_stream(event.stream_id, REFUSED_STREAM)
        else:
            super().on_event(event)


class GoesAway(GeneralHttp2):
    """Takes forty streams a connection; those above are told to go to another one."""

    last = 79

    def on_event(self, event: h2.events.Event) -> None:
        stream_id = getattr(event, "stream_id", 0) or 0
        if stream_id <= self.last:
            super().on_event(event)
        if stream_id == self.last and isinstance(event, h2.events.StreamEnded):
            self.flush()
            payload = self.last.to_bytes(4, "big") + bytes(4)
            self.transport.write(len(payload).to_bytes(3, "big") + b"\x07\x00" + bytes(4) + payload)

    def reply(self, stream_id: int) -> None:
        super().reply(stream_id)
        if not self.streams and stream_id >= self.last:
            self.transport.close()


class Resets(GeneralHttp2):
    """Accepts, and then resets every fourth stream instead of answering."""

    def reply(self, stream_id: int) -> None:
        stream = self.streams.get(stream_id)
        if stream is None or stream_id % 4 != 1 or b"address" not in stream.body:
            super().reply(stream_id)
            return
        del self.streams[stream_id]
        authorization = stream.headers["authorization"]
        self.answer("POST", stream.headers[":path"], authorization, bytes(stream.body))
        self.connection.reset_stream(stream_id, CANCEL)
        self.flush()


class Changes(GeneralHttp2):
    """Pings with every answer, and changes its mind about streams and windows."""

    def reply(self, stream_id: int) -> None:
        self.connection.ping(b"8 bytes.")
        codes = h2.settings.SettingCodes
        narrow = stream_id % 20 < 10
        self.connection.update_settings(
            {
                codes.MAX_CONCURRENT_STREAMS: 2 if narrow else 100,
                # h2 counts what is under way against a smaller window: it must hold a message.
                codes.INITIAL_WINDOW_SIZE: 20_000 if narrow else 65_535,
                codes.HEADER_TABLE_SIZE: 0 if narrow else 4_096,
            }
        )
        super().reply(stream_id)


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    """Starts the stand-in behind a server of this kind."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    servers: list[asyncio.Server] = []

    def start(kind: type[GeneralHttp2], protocols: Sequence[str] = ("h2", "http/1.1")) -> Running:
        certificate, key = write_certificate(tmp_path, now=datetime.now(UTC))
        standin = Standin(lambda: datetime.now(UTC))

        class Speaks(Peer):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                tls = transport.get_extra_info("ssl_object")
                if tls.selected_alpn_protocol() != "h2":
                    super().connection_made(transport)
                elif isinstance(transport, asyncio.Transport):
                    self._protocol = kind(transport, standin.answer)

        context = tls_context(str(certificate), str(key))
        context.set_alpn_protocols(list(protocols))
        opening = loop.create_server(lambda: Speaks(standin.answer, 0), "127.0.0.1", 0, ssl=context)
        servers.append(asyncio.run_coroutine_threadsafe(opening, loop).result())
        url = f"https://127.0.0.1:{servers[-1].sockets[0].getsockname()[1]}"
        key_file = tmp_path / "key.json"
        key_file.write_text(json.dumps(standin.service_account(url)))
        return Running(standin, url, str(key_file), str(certificate))

    yield start
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    for server in servers:
        server.close()
    loop.close()


class Silent(GeneralHttp2):
    """Takes everything and answers nothing."""

    def reply(self, stream_id: int) -> None:
        self.streams.pop(stream_id, None)


class Closes(GeneralHttp2):
    """Closes the connection after every tenth answer, without a word."""

    answered = 0

    def reply(self, stream_id: int) -> None:
        super().reply(stream_id)
        self.answered += 1
        if self.answered == 10:
            self.transport.close()


@pytest.mark.parametrize("kind", [Refuses, GoesAway, Resets, Changes, Closes])
def test_every_message_has_one_true_answer(serving: Serving, kind: type[GeneralHttp2]) -> None:
    fcm = serving(kind)
    sender = fcm.sender()

    answers = send(sender, outgoing(*ADDRESSES))
    sender.close()

    reached = Counter(message["token"] for message in fcm.standin.accepted)
    kinds = {address: classify(answer, NOW).kind for address, answer in answers.items()}
    assert sorted(kinds) == sorted(ADDRESSES)
    assert max(reached.values()) == 1
    for address, found in kinds.items():
        assert found in {"accepted", "ambiguous", "later"}
        assert found != "accepted" or reached[address] == 1
        assert found != "later" or reached[address] == 0
    assert kind not in {Refuses, GoesAway} or "ambiguous" not in kinds.values()
    assert kind is not Changes or set(kinds.values()) == {"accepted"}


def test_a_server_that_says_nothing_is_not_waited_for_longer_than_agreed(serving: Serving) -> None:
    pool, clock = pool_for(serving(Silent))
    until(pool, lambda: pool.connections and pool.connections[0].http2.streams)

    clock.now += RESPONSE_TIMEOUT_S - 1
    assert pool.collect(0) == []
    clock.now += 1
    assert pool.collect(0) == [("a", Answer(0))]
    pool.close()


def test_a_connection_that_fell_silent_is_left(serving: Serving) -> None:
    """Its greeting may arrive in any of the rounds."""
    pool, clock = pool_for(serving(Silent))
    until(pool, lambda: pool.connections and pool.connections[0].is_open)
    first, rounds = pool.connections[0], 0
    while first in pool.connections:
        until(pool, lambda: pool.connections[0].http2.streams)
        clock.now += RESPONSE_TIMEOUT_S
        assert [answer for _, answer in pool.collect(0)] == [Answer(0)]
        pool.start("next", "t", b"{}")
        rounds += 1

    assert rounds < 10
    pool.close()


def test_a_connection_that_rested_is_not_trusted(serving: Serving) -> None:
    pool, clock = pool_for(serving(GeneralHttp2))
    assert [key for key, _ in until(pool, lambda: False)] == ["a"]
    first = pool.connections[0]

    clock.now += MAX_IDLE_S + 1
    pool.collect(0)

    assert first not in pool.connections
    pool.close()


def test_nobody_is_there(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    pool = ConnectionPool("127.0.0.1", port, "/send", ssl.create_default_context())
    pool.start("a", "t", b"{}")

    assert until(pool, lambda: False) == [("a", Answer(0, unsent=True))]


def test_a_certificate_that_nobody_vouches_for_gets_no_message(serving: Serving) -> None:
    fcm = serving(GeneralHttp2)
    pool = ConnectionPool("127.0.0.1", port_of(fcm), "/send", ssl.create_default_context())
    pool.start("a", "t", b"{}")

    assert until(pool, lambda: False) == [("a", Answer(0, unsent=True))]
    assert fcm.standin.requests == 0


def test_a_server_without_http2_is_spoken_to_as_it_understands(serving: Serving) -> None:
    fcm = serving(GeneralHttp2, protocols=["http/1.1"])
    sender = fcm.sender()

    answers = send(sender, outgoing(*ADDRESSES))
    sender.close()

    assert {answer.status for answer in answers.values()} == {200}
    assert len(fcm.standin.accepted) == len(ADDRESSES)


@dataclass
class Seconds:
    """A clock that tests move."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def port_of(fcm: Running) -> int:
    return int(fcm.url.rpartition(":")[2])


def pool_for(fcm: Running) -> tuple[ConnectionPool, Seconds]:
    """With one request that waits to leave."""
    context = ssl.create_default_context(cafile=fcm.ca_file)
    context.set_alpn_protocols(["h2"])
    clock = Seconds()
    pool = ConnectionPool("127.0.0.1", port_of(fcm), "/send", context, clock=clock)
    pool.start("a", "t", b"{}")
    return pool, clock


def until(pool: ConnectionPool, is_so: Callable[[], object]) -> Finished:
    """Serve the network until it is so, or something ended."""
    patience = time.monotonic() + 20
    ended: Finished = []
    while not ended and not is_so():
        assert time.monotonic() < patience
        ended = pool.collect(0.05)
    return ended
