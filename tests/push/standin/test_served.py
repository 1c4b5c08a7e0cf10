"""The stand-in's own HTTP/2, asked by other implementations and told what clients may say."""

import json
import ssl
import time
from typing import Any

import h2.config
import h2.connection
import h2.events
import httpx
import pytest
from hpack import Encoder
from hypothesis import given
from hypothesis import strategies as st

from push.standin.http2 import STREAMS, Connection, Request
from push.transport import frames
from push.transport.curl import Curl
from push.transport.frames import ProtocolError, frame
from tests.push.transport.test_fcm import Running, fcm
from tests.push.transport.test_http2 import reset, settings, split, window

__all__ = ["fcm"]

HEADERS = {":method": "POST", ":scheme": "https", ":authority": "fcm.example", ":path": "/send"}
FINE = {"content-type": "application/json"}


class Client:
    """Another implementation on the other side."""

    def __init__(self) -> None:
        config = h2.config.H2Configuration(client_side=True, header_encoding="utf-8")
        self.connection = h2.connection.H2Connection(config)
        self.connection.initiate_connection()
        self.answers: dict[int, tuple[dict[str, str], bytes]] = {}
        self.ended: list[int] = []

    def ask(self, bearer: str, body: bytes) -> int:
        number = self.connection.get_next_available_stream_id()
        self.connection.send_headers(number, [*HEADERS.items(), ("authorization", bearer)])
        self.connection.send_data(number, body, end_stream=True)
        return number

    def receive(self, server: Connection) -> None:
        data = bytes(server.out)
        server.out.clear()
        for event in self.connection.receive_data(data):
            if isinstance(event, h2.events.ResponseReceived):
                fields = {str(name): str(value) for name, value in event.headers}
                self.answers[event.stream_id] = (fields, b"")
            elif isinstance(event, h2.events.DataReceived):
                fields, so_far = self.answers[event.stream_id]
                self.answers[event.stream_id] = (fields, so_far + event.data)
                size = event.flow_controlled_length
                self.connection.acknowledge_received_data(size, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                self.ended.append(event.stream_id)


@given(st.integers(1, 400), st.lists(st.sampled_from(["Bearer x", "Bearer other"]), max_size=60))
def test_another_implementation_is_understood_and_understands(
    piece: int, bearers: list[str]
) -> None:
    client, server = Client(), Connection()
    asked: list[Request] = []
    numbers = [client.ask(bearer, b"%d" % key) for key, bearer in enumerate(bearers)]
    said = client.connection.data_to_send()
    for at in range(0, len(said), piece):
        asked += server.receive(said[at : at + piece])
    for request in reversed(asked):
        server.reply(request.number, 200, FINE, b"to " + request.body)
    client.receive(server)

    assert [request.headers["authorization"] for request in asked] == bearers
    assert {request.headers[":path"] for request in asked} <= {"/send"}
    assert [request.body for request in asked] == [b"%d" % key for key in range(len(bearers))]
    told = {":status": "200", **FINE}
    assert client.answers == {n: (told, b"to %d" % key) for key, n in enumerate(numbers)}
    assert sorted(client.ended) == numbers
    assert not server.streams


def test_an_answer_larger_than_the_windows_goes_out_as_they_open() -> None:
    client, server = Client(), Connection()
    large = bytes(range(256)) * 2000
    first, second = client.ask("a", b"1"), client.ask("a", b"2")
    for request in server.receive(client.connection.data_to_send()):
        server.reply(request.number, 200, FINE, large)
    while not server.receive(client.connection.data_to_send()) and server.out:
        client.receive(server)

    assert {first: large, second: large} == {n: body for n, (_, body) in client.answers.items()}
    assert not server.streams


def asking(number: int, *, flags: int = frames.END_HEADERS, block: bytes | None = None) -> bytes:
    """A stream's headers, which no table remembers."""
    encoder = Encoder()
    encoder.header_table_size = 0
    return frame(frames.HEADERS, flags, number, block or encoder.encode(HEADERS.items()))


def body(number: int, text: bytes = b"{}") -> bytes:
    return frame(frames.DATA, frames.END_STREAM, number, text)


BEGUN = frames.PREFACE + settings()


def opened(*pairs: tuple[int, int]) -> Connection:
    connection = Connection()
    assert connection.receive(frames.PREFACE + settings(*pairs)) == []
    connection.out.clear()
    return connection


def sent(connection: Connection) -> list[tuple[int, int, int, bytes]]:
    found = split(bytes(connection.out))
    connection.out.clear()
    return found


def test_a_window_that_opens_before_the_answer_counts() -> None:
    server = opened((frames.INITIAL_WINDOW, 10))
    asked = server.receive(asking(1) + window(1, 90) + body(1))

    server.reply(1, 200, {}, b"x" * 100)

    assert [request.number for request in asked] == [1]
    assert sent(server)[-1] == (frames.DATA, frames.END_STREAM, 1, b"x" * 100)


def test_settings_that_change_hold_for_streams_that_are_open() -> None:
    server = opened((frames.INITIAL_WINDOW, 100))
    server.receive(asking(1) + body(1) + settings((frames.INITIAL_WINDOW, 4)))

    server.reply(1, 200, {}, b"12345678")
    assert sent(server)[-1] == (frames.DATA, 0, 1, b"1234")
    server.receive(window(1, 4))
    assert sent(server) == [(frames.DATA, frames.END_STREAM, 1, b"5678")]
    assert not server.streams


def test_more_at_once_than_it_grants_is_refused_and_not_looked_at() -> None:
    server = opened()
    numbers = range(1, 2 * STREAMS + 3, 2)

    asked = server.receive(b"".join(asking(n) + body(n) for n in numbers))

    assert [request.number for request in asked] == [*numbers][:-1]
    refused = frames.REFUSED_STREAM.to_bytes(4, "big")
    assert sent(server) == [(frames.RST_STREAM, 0, numbers[-1], refused)]


def test_who_waits_no_longer_is_not_answered() -> None:
    server = opened((frames.INITIAL_WINDOW, 1))
    server.receive(asking(1) + body(1) + asking(3) + body(3) + asking(5))
    server.reply(3, 200, {}, b"half")
    sent(server)

    server.receive(reset(1, frames.CANCEL) + reset(3, frames.CANCEL) + reset(5, frames.CANCEL))
    server.reply(1, 200, {}, b"late")
    server.receive(body(5) + window(3, 100))

    assert sent(server) == []
    assert not server.streams


def test_all_else_that_a_client_may_say() -> None:
    server = opened()
    head = asking(1)[9:]
    padded = frames.PADDED | frames.HAS_PRIORITY
    trailers = frames.END_HEADERS | frames.END_STREAM

    asked = server.receive(
        frame(frames.HEADERS, padded, 1, b"\x03" + bytes(5) + head[:9] + bytes(3))
        + frame(frames.CONTINUATION, 0, 1, head[9:12])
        + frame(frames.CONTINUATION, frames.END_HEADERS, 1, head[12:])
        + frame(frames.PING, 0, 0, b"8 bytes.")
        + frame(frames.PRIORITY, 0, 1, bytes(5))
        + frame(0xEE, 0, 0, b"of a later version")
        + frame(frames.DATA, frames.PADDED, 1, b"\x05" + b"half " + bytes(5))
        + frame(frames.DATA, 0, 1, b"and half")
        + asking(1, flags=trailers, block=b"\x10\x01t\x01v")
        + frame(frames.GOAWAY, 0, 0, bytes(8))
    )

    assert asked == [Request(1, HEADERS, b"half and half")]
    assert (frames.PING, frames.ACK, 0, b"8 bytes.") in sent(server)
    server.reply(1, 204, {}, b"")
    assert [(kind, flags & frames.END_STREAM) for kind, flags, *_ in sent(server)] == [
        (frames.HEADERS, frames.END_STREAM)
    ]


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        frames.PREFACE + asking(1),
        BEGUN + asking(2),
        BEGUN + body(1),
        BEGUN + reset(3, frames.CANCEL),
        BEGUN + asking(3) + body(3) + asking(3),
        BEGUN + asking(3) + asking(1),
        BEGUN + asking(1, block=b"\xff\xff\xff\x7f"),
        BEGUN + frame(frames.HEADERS, 0, 1, b"\x82") + frame(frames.PING, 0, 0, bytes(8)),
        BEGUN + frame(frames.DATA, 0, 1, bytes(frames.MAX_FRAME_BYTES + 1)),
    ],
)
def test_what_breaks_the_protocol_ends_the_connection(said: bytes) -> None:
    server = Connection()

    with pytest.raises(ProtocolError):
        server.receive(said)

    assert sent(server)[-1][0] == frames.GOAWAY


def bearer(running: Running) -> str:
    sender = running.sender()
    try:
        return str(sender._tokens.bearer(wait_s=20))
    finally:
        sender.close()


def test_other_clients_are_served_on_both_protocols(fcm: Running) -> None:
    token, path = bearer(fcm), "/v1/projects/standin/messages:send"
    message: dict[str, Any] = {"message": {"token": "a", "data": {"long": "x" * 3000}}}
    curl = Curl(fcm.url + path, fcm.ca_file)
    for key in range(100):
        curl.start(key, token, json.dumps(message).encode())
    found: list[int] = []
    end = time.monotonic() + 60
    while len(found) < 100 and time.monotonic() < end:
        found += [answer.status for _, answer in curl.collect(0.05)]
    curl.close()

    verify = ssl.create_default_context(cafile=fcm.ca_file) if fcm.ca_file else False
    with httpx.Client(http2=True, base_url=fcm.url, verify=verify) as client:
        refused = client.post(path, json=message, headers={"Authorization": "Bearer other"})
        messages = client.get("/standin/messages")

    assert found == [200] * 100
    assert refused.status_code == 401
    assert messages.json() == {"messages": [message["message"]] * 100}
    assert messages.http_version == ("HTTP/2" if fcm.ca_file else "HTTP/1.1")
