"""Our side of HTTP/2, told everything that a server may say, in pieces of any size."""

from collections.abc import Callable
from typing import Any

import h2.config
import h2.connection
import h2.events
import h2.settings
import pytest
from hpack import Encoder
from hypothesis import given
from hypothesis import strategies as st

from push.transport import frames
from push.transport.frames import ProtocolError, frame
from push.transport.http2 import Connection, StreamResult

BODY = b'{"message": {"token": "a"}}'
NAMED = b'{"name": "projects/p/messages/1"}'
FINE = b"\x88"  # :status 200

Codes = h2.settings.SettingCodes


def opened() -> Connection:
    """A connection that both ends have begun."""
    connection = Connection("fcm.example", "/v1/projects/p/messages:send")
    assert connection.receive(settings()) == []
    connection.take_out()
    return connection


def split(data: bytes) -> list[tuple[int, int, int, bytes]]:
    """Kind, flags, stream and payload of each."""
    found = []
    while data:
        end = 9 + int.from_bytes(data[:3], "big")
        found.append((data[3], data[4], int.from_bytes(data[5:9], "big"), data[9:end]))
        data = data[end:]
    return found


def sent(connection: Connection) -> list[tuple[int, int, int, bytes]]:
    return split(connection.take_out())


def settings(*pairs: tuple[int, int]) -> bytes:
    payload = b"".join(n.to_bytes(2, "big") + value.to_bytes(4, "big") for n, value in pairs)
    return frame(frames.SETTINGS, 0, 0, payload)


def answer(number: int) -> bytes:
    headers = frame(frames.HEADERS, frames.END_HEADERS, number, FINE)
    return headers + frame(frames.DATA, frames.END_STREAM, number, NAMED)


def window(number: int, size: int) -> bytes:
    return frame(frames.WINDOW_UPDATE, 0, number, size.to_bytes(4, "big"))


def reset(number: int, code: int) -> bytes:
    return frame(frames.RST_STREAM, 0, number, code.to_bytes(4, "big"))


def goaway(last: int, code: int = 0) -> bytes:
    return frames.goaway(last, code)


class Server:
    """Another implementation on the other side."""

    def __init__(self) -> None:
        config = h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
        self.connection = h2.connection.H2Connection(config)
        self.connection.initiate_connection()
        self.requests: dict[int, dict[str, str]] = {}
        self.bodies: dict[int, bytes] = {}

    def receive(self, client: Connection) -> list[int]:
        """Read what the client wrote; the streams that it ended."""
        done = []
        for event in self.connection.receive_data(client.take_out()):
            if isinstance(event, h2.events.RequestReceived):
                fields = {str(name): str(value) for name, value in event.headers}
                self.requests[event.stream_id] = fields
            elif isinstance(event, h2.events.DataReceived):
                so_far = self.bodies.get(event.stream_id, b"")
                self.bodies[event.stream_id] = so_far + event.data
            elif isinstance(event, h2.events.StreamEnded):
                done.append(event.stream_id)
        return done

    def accept(self, number: int) -> None:
        self.connection.send_headers(number, [(":status", "200"), ("date", f"day {number}")])
        self.connection.send_data(number, NAMED, end_stream=True)


@given(st.integers(1, 400), st.integers(1, 60))
def test_another_implementation_understands_us_and_we_it(piece: int, count: int) -> None:
    client, server = Connection("fcm.example", "/send"), Server()
    for key in range(count):
        client.request(key, "ya29.secret", b"%d" % key)
    for number in server.receive(client):
        server.accept(number)
    said = server.connection.data_to_send()

    ended = [
        one for at in range(0, len(said), piece) for one in client.receive(said[at : at + piece])
    ]
    server.receive(client)

    assert ended == [StreamResult(key, "answered", 200, None, NAMED) for key in range(count)]
    assert list(server.bodies.values()) == [b"%d" % key for key in range(count)]
    assert {request["authorization"] for request in server.requests.values()} == {
        "Bearer ya29.secret"
    }
    assert not client.streams


def test_headers_cost_a_few_bytes_from_the_second_request_on_until_the_bearer_changes() -> None:
    client, server = Connection("fcm.example", "/send"), Server()
    sizes = []
    for bearer in ("a" * 1000, "a" * 1000, "b" * 1000, "b" * 1000):
        client.request(bearer, bearer, BODY)
        sizes.append(len(client.out))
        server.receive(client)

    assert max(sizes[1], sizes[3]) < 100 + len(BODY)
    assert min(sizes[0], sizes[2]) > 500
    bearers = [request["authorization"][-1] for request in server.requests.values()]
    assert bearers == ["a", "a", "b", "b"]


@pytest.mark.parametrize("size", [0, 60, 4096, 65_536])
def test_a_table_of_any_size_is_respected(size: int) -> None:
    client, server = Connection("fcm.example", "/send"), Server()
    server.connection.update_settings({Codes.HEADER_TABLE_SIZE: size})
    server.receive(client)
    client.receive(server.connection.data_to_send())
    for key in range(3):
        client.request(key, "secret", BODY)
        server.receive(client)

    assert [request["authorization"] for request in server.requests.values()] == [
        "Bearer secret"
    ] * 3


def test_a_body_waits_for_the_window_of_its_stream_and_for_that_of_the_connection() -> None:
    client = opened()
    client.receive(settings((frames.INITIAL_WINDOW, 10)))
    sent(client)
    client.request("a", "t", BODY)
    assert [(kind, len(payload)) for kind, _, _, payload in sent(client)][1:] == [(frames.DATA, 10)]
    assert client.free_streams == 0

    client.receive(window(1, 5))
    client.receive(settings((frames.INITIAL_WINDOW, 12)))
    client.receive(window(1, 1_000))

    parts = [(flags, payload) for kind, flags, _, payload in sent(client) if kind == frames.DATA]
    assert b"".join(payload for _, payload in parts) == BODY[10:]
    assert [flags for flags, _ in parts][-1] == frames.END_STREAM
    assert client.free_streams == 99


def test_the_connections_window_holds_all_streams() -> None:
    client = opened()
    large = bytes(4_000)
    for key in range(17):
        client.request(key, "t", large)
    assert sum(len(p) for kind, _, _, p in sent(client) if kind == frames.DATA) == 65_535
    assert client.free_streams == 0

    client.receive(window(0, 100_000))

    assert (
        sum(len(p) for kind, _, _, p in sent(client) if kind == frames.DATA) == 17 * 4_000 - 65_535
    )
    assert client.free_streams == 100 - 17


def test_a_window_may_become_negative() -> None:
    client = opened()
    client.receive(settings((frames.INITIAL_WINDOW, 20)))
    client.request("a", "t", BODY)
    sent(client)
    client.receive(settings((frames.INITIAL_WINDOW, 0)) + window(1, 19))
    assert frames.DATA not in {kind for kind, *_ in sent(client)}

    client.receive(window(1, 8))

    assert sent(client) == [(frames.DATA, frames.END_STREAM, 1, BODY[20:])]


def test_no_more_streams_than_granted() -> None:
    client = opened()
    client.receive(settings((frames.MAX_STREAMS, 2)))
    client.request("a", "t", BODY)
    client.request("b", "t", BODY)
    assert client.free_streams == 0

    client.receive(answer(1))
    assert client.free_streams == 1
    client.receive(settings((frames.MAX_STREAMS, 0)))
    assert client.free_streams < 1


def test_settings_and_pings_are_acknowledged_and_acknowledgements_are_not() -> None:
    client = opened()
    client.receive(settings() + frame(frames.PING, 0, 0, b"8 bytes."))
    assert sent(client) == [
        (frames.SETTINGS, frames.ACK, 0, b""),
        (frames.PING, frames.ACK, 0, b"8 bytes."),
    ]

    client.receive(
        frame(frames.SETTINGS, frames.ACK, 0) + frame(frames.PING, frames.ACK, 0, bytes(8))
    )
    assert sent(client) == []


def test_a_server_that_is_shutting_down_answers_some_and_never_looked_at_the_others() -> None:
    client = opened()
    for key in "abc":
        client.request(key, "t", BODY)

    ended = client.receive(goaway(3))
    assert ended == [StreamResult("c", "unprocessed")]
    assert client.free_streams == 0
    assert [one.result for one in client.receive(answer(1) + answer(3))] == ["answered"] * 2


@pytest.mark.parametrize(("code", "result"), [(0x7, "refused"), (0x8, "lost"), (0x2, "lost")])
def test_a_reset_says_whether_it_was_looked_at(code: int, result: str) -> None:
    client = opened()
    client.request("a", "t", BODY)

    assert [one.result for one in client.receive(reset(1, code))] == [result]
    assert client.receive(reset(1, code) + answer(1)) == []


def test_what_had_not_left_entirely_was_not_looked_at() -> None:
    client = opened()
    client.request("whole", "t", BODY)
    client.receive(settings((frames.INITIAL_WINDOW, 1)))
    client.request("cut", "t", BODY)
    sent(client)
    client.receive(settings((frames.INITIAL_WINDOW, 100)))
    client.request("not written", "t", BODY)

    assert {one.key: one.result for one in client.close()} == {
        "whole": "lost",
        "cut": "lost",
        "not written": "unprocessed",
    }
    assert client.close() == []


def test_an_answer_that_comes_too_late_is_ignored() -> None:
    client = opened()
    client.request("a", "t", BODY)
    sent(client)

    assert client.cancel(1) == StreamResult("a", "lost")
    assert sent(client) == [(frames.RST_STREAM, 0, 1, (8).to_bytes(4, "big"))]
    assert client.receive(answer(1)) == []
    assert client.free_streams == 100


def test_padding_priorities_continuations_hints_and_trailers_change_nothing() -> None:
    client = opened()
    client.request("a", "t", BODY)
    head = Encoder().encode([(":status", "503"), ("retry-after", "7"), ("x", "y" * 50)])
    hint = Encoder().encode([(":status", "103"), ("link", "x")])
    padded = frames.PADDED | frames.HAS_PRIORITY
    said = b"".join(
        [
            frame(frames.HEADERS, frames.END_HEADERS, 1, hint),
            frame(frames.HEADERS, padded, 1, b"\x03" + bytes(5) + head[:9] + bytes(3)),
            frame(frames.CONTINUATION, 0, 1, head[9:20]),
            frame(frames.CONTINUATION, frames.END_HEADERS, 1, head[20:]),
            frame(0xEE, 0xFF, 1, b"a kind that nobody knows"),
            frame(frames.DATA, frames.PADDED, 1, b"\x05" + b"half " + bytes(5)),
            frame(frames.DATA, 0, 1, b"and half"),
            frame(frames.HEADERS, frames.END_HEADERS | frames.END_STREAM, 1, b"\x10\x01t\x01v"),
        ]
    )

    assert client.receive(said) == [StreamResult("a", "answered", 503, "7", b"half and half")]


def test_nothing_is_sent_before_the_server_has_said_that_it_speaks_http2() -> None:
    client = Connection("fcm.example", "/send")
    assert (client.free_streams, client.is_ready) == (0, False)

    client.receive(settings((frames.MAX_STREAMS, 7)))
    assert (client.free_streams, client.is_ready) == (7, True)


def test_stream_ids_run_out_and_another_connection_is_needed() -> None:
    client = Connection("fcm.example", "/send", first_id=frames.MAX_STREAM_ID - 2)
    client.receive(settings())
    client.request("a", "t", BODY)
    assert client.free_streams == 99
    client.request("b", "t", BODY)

    assert client.free_streams == 0
    assert client.is_shutting_down
    said = answer(frames.MAX_STREAM_ID - 2) + answer(frames.MAX_STREAM_ID)
    assert [one.key for one in client.receive(said)] == ["a", "b"]


def test_the_servers_window_is_filled_up_again() -> None:
    client = opened()
    client.request("a", "t", BODY)
    client.receive(frame(frames.HEADERS, frames.END_HEADERS, 1, FINE))
    for _ in range(600):
        client.receive(frame(frames.DATA, 0, 1, bytes(16_000)))

    given = [int.from_bytes(p, "big") for kind, _, _, p in sent(client) if kind == 8]
    assert sum(given) > frames.OUR_WINDOW_BYTES // 2


@pytest.mark.parametrize(
    "said",
    [
        frame(frames.PUSH_PROMISE, frames.END_HEADERS, 1, bytes(4) + FINE),
        frame(frames.HEADERS, 0, 1, FINE) + settings(),
        frame(frames.CONTINUATION, frames.END_HEADERS, 1, FINE),
        frame(frames.HEADERS, frames.END_HEADERS, 1, b"\xff\xff\xff\xff\xff"),
        frame(frames.DATA, frames.PADDED, 1, b"\x09ab"),
        frame(frames.DATA, 0, 1, bytes(20_000)),
        frame(frames.HEADERS, 0, 1, FINE)
        + b"".join(frame(frames.CONTINUATION, 0, 1, bytes(16_000)) for _ in range(5)),
    ],
    ids=["push", "interrupted", "continued", "unreadable", "padding", "too large", "endless"],
)
def test_a_server_that_breaks_the_protocol_is_left(said: bytes) -> None:
    client = opened()
    client.request("a", "t", BODY)
    sent(client)

    with pytest.raises(ProtocolError):
        client.receive(said)
    assert client.close() == [StreamResult("a", "lost")]


def test_long_headers_are_continued() -> None:
    client, server = Connection("fcm.example", "/send"), Server()
    client.request("a", "€" * 20_000, BODY)

    assert server.receive(client) == [1]


PIECES: list[Callable[[], bytes]] = [
    lambda: settings((frames.MAX_STREAMS, 5), (frames.INITIAL_WINDOW, 30)),
    lambda: settings((frames.INITIAL_WINDOW, 3)),
    lambda: window(0, 50),
    lambda: window(3, 50),
    lambda: answer(1),
    lambda: answer(3),
    lambda: reset(5, 7),
    lambda: reset(7, 2),
    lambda: goaway(5),
]


@given(st.lists(st.sampled_from(PIECES), max_size=30), st.data())
def test_whatever_comes_every_request_ends_exactly_once(
    said: list[Callable[[], bytes]], data: Any
) -> None:
    """A frame for a stream that never began ends the connection; the requests end with it."""
    client = opened()
    begun, ended = 0, []
    for piece in said:
        if client.free_streams > 0 and data.draw(st.booleans()):
            client.request(begun, "t", BODY)
            begun += 1
        try:
            ended += client.receive(piece())
        except ProtocolError:
            break
    ended += client.close()

    assert sorted(one.key for one in ended) == list(range(begun))
