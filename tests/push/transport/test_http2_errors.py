"""What RFC 9113 asks of a client when a server errs, case by case, as h2spec does for servers.

Each case says what happens to a request in flight, whether the connection goes on, and which code
the server is told. Nobody is lost or counted twice in any of them.
"""

from collections import Counter
from dataclasses import dataclass

import pytest
from hpack import Decoder, Encoder, HPACKError, NeverIndexedHeaderTuple
from hypothesis import given
from hypothesis import strategies as st

from push.transport import frames
from push.transport.endpoint import MAX_CONTINUATIONS
from push.transport.frames import ProtocolError, frame, goaway
from push.transport.http2 import MAX_ANSWER_BYTES, Connection, StreamResult
from push.transport.response_headers import keeps_table
from tests.push.transport.test_http2 import (
    BODY,
    FINE,
    NAMED,
    answer,
    opened,
    reset,
    sent,
    settings,
    window,
)

OVER, OURS, OTHER, IDLE, PUSHED = 1, 3, 5, 7, 2
ENDS = frames.END_HEADERS | frames.END_STREAM


@dataclass(frozen=True)
class Case:
    """What a server says, and the code that it is told; none where the RFC says to ignore it."""

    section: str
    what: str
    said: bytes
    code: int | None = None

    def __str__(self) -> str:
        return f"{self.section} {self.what}".replace(" ", "-")


def headers(*fields: tuple[str, str], flags: int = frames.END_HEADERS, number: int = OURS) -> bytes:
    """An answer's header section, which needs no table."""
    encoder = Encoder()
    encoder.header_table_size = 0
    return frame(frames.HEADERS, flags, number, encoder.encode(fields))


def status(text: str, *more: tuple[str, str], flags: int = frames.END_HEADERS) -> bytes:
    return headers((":status", text), *more, flags=flags)


def data(text: bytes = b"", *, number: int = OURS, flags: int = frames.END_STREAM) -> bytes:
    return frame(frames.DATA, flags, number, text)


def in_flight() -> Connection:
    """One request is over, two are in flight and written, the next stream is idle."""
    client = opened()
    client.request("over", "t", BODY)
    client.receive(answer(OVER))
    client.request("ours", "t", BODY)
    client.request("other", "t", BODY)
    sent(client)
    return client


ON_THE_CONNECTION = [
    Case("4.2", "a frame larger than we take", data(bytes(16_385)), frames.FRAME_SIZE_ERROR),
    Case("4.3", "HPACK that is cut off", frame(1, 4, OURS, b"\x40"), frames.COMPRESSION_ERROR),
    Case("4.3", "an index of no table", frame(1, 4, OURS, b"\xff\x50"), frames.COMPRESSION_ERROR),
    Case("4.3", "a table too large", frame(1, 4, OURS, b"\x3f\xe2\x1f" + FINE), 0x9),
    Case("4.3", "HPACK of a 200 cut off", frame(1, 4, OURS, FINE + b"\x40"), 0x9),
    Case("4.3", "headers interleaved", frame(1, 0, OURS, FINE) + data(number=OTHER), 0x1),
    Case("4.3", "an unknown frame between headers", frame(1, 0, OURS, FINE) + frame(0xEE, 0, 0), 1),
    Case("6.10", "a CONTINUATION of another", frame(1, 0, OURS, FINE) + frame(9, 4, OTHER), 0x1),
    Case("6.10", "a CONTINUATION of nothing", frame(9, 4, OURS, FINE), frames.PROTOCOL_ERROR),
    Case("6.10", "a CONTINUATION after the end", status("503") + frame(9, 4, OURS), 0x1),
    Case(
        "6.10",
        "empty CONTINUATIONs for ever",
        frame(1, 0, OURS, FINE) + frame(9, 0, OURS) * (MAX_CONTINUATIONS + 1),
        frames.PROTOCOL_ERROR,
    ),
    Case("5.1", "DATA on an idle stream", data(number=IDLE), frames.PROTOCOL_ERROR),
    Case("5.1", "HEADERS on an idle stream", headers((":status", "503"), number=IDLE), 0x1),
    Case("5.1", "WINDOW_UPDATE on an idle stream", window(IDLE, 1), frames.PROTOCOL_ERROR),
    Case("5.1", "HEADERS on a stream of the server", headers((":status", "503"), number=PUSHED), 1),
    Case("6.1", "DATA on stream 0", data(number=0), frames.PROTOCOL_ERROR),
    Case("6.1", "padding longer than DATA", frame(0, 8, OURS, b"\x03ab"), frames.PROTOCOL_ERROR),
    Case("6.1", "padding without its length", frame(0, 8, OURS, b""), frames.PROTOCOL_ERROR),
    Case("6.1", "padding on a closed stream", frame(0, 8, OVER, b"\x03ab"), frames.PROTOCOL_ERROR),
    Case("6.2", "HEADERS on stream 0", headers((":status", "503"), number=0), 0x1),
    Case("6.2", "padding longer than HEADERS", frame(1, 0xC, OURS, b"\x02\x88"), 0x1),
    Case("6.2", "a priority cut off", frame(1, 0x24, OURS, bytes(4)), frames.FRAME_SIZE_ERROR),
    Case("6.2", "padding over the priority", frame(1, 0x2C, OURS, b"\x02" + bytes(6)), 0x6),
    Case("6.3", "PRIORITY on stream 0", frame(2, 0, 0, bytes(5)), frames.PROTOCOL_ERROR),
    Case("6.4", "RST_STREAM on stream 0", reset(0, 8), frames.PROTOCOL_ERROR),
    Case("6.4", "RST_STREAM on an idle stream", reset(IDLE, 8), frames.PROTOCOL_ERROR),
    Case("6.4", "RST_STREAM too short", frame(3, 0, OURS, bytes(3)), frames.FRAME_SIZE_ERROR),
    Case("6.4", "RST_STREAM too long", frame(3, 0, OURS, bytes(5)), frames.FRAME_SIZE_ERROR),
    Case("6.5", "SETTINGS on a stream", frame(4, 0, OURS), frames.PROTOCOL_ERROR),
    Case("6.5", "SETTINGS cut off", frame(4, 0, 0, bytes(7)), frames.FRAME_SIZE_ERROR),
    Case("6.5", "SETTINGS ACK with a payload", frame(4, 1, 0, bytes(6)), frames.FRAME_SIZE_ERROR),
    Case("6.5.2", "ENABLE_PUSH of a server", settings((frames.ENABLE_PUSH, 1)), 0x1),
    Case("6.5.2", "ENABLE_PUSH out of range", settings((frames.ENABLE_PUSH, 2)), 0x1),
    Case("6.5.2", "INITIAL_WINDOW_SIZE too large", settings((frames.INITIAL_WINDOW, 2**31)), 0x3),
    Case("6.5.2", "MAX_FRAME_SIZE too small", settings((frames.MAX_FRAME, 16_383)), 0x1),
    Case("6.5.2", "MAX_FRAME_SIZE too large", settings((frames.MAX_FRAME, 2**24)), 0x1),
    Case("6.6", "PUSH_PROMISE", frame(5, 4, OURS, PUSHED.to_bytes(4, "big") + b"\x82"), 0x1),
    Case("6.7", "PING on a stream", frame(6, 0, OURS, bytes(8)), frames.PROTOCOL_ERROR),
    Case("6.7", "PING of a wrong length", frame(6, 0, 0, bytes(7)), frames.FRAME_SIZE_ERROR),
    Case("6.7", "PING ACK of a wrong length", frame(6, 1, 0, bytes(9)), frames.FRAME_SIZE_ERROR),
    Case("6.8", "GOAWAY on a stream", frame(7, 0, OURS, bytes(8)), frames.PROTOCOL_ERROR),
    Case("6.8", "GOAWAY too short", frame(7, 0, 0, bytes(7)), frames.FRAME_SIZE_ERROR),
    Case("6.9", "WINDOW_UPDATE of nothing", window(0, 0), frames.PROTOCOL_ERROR),
    Case("6.9", "WINDOW_UPDATE of a wrong length", frame(8, 0, 0, bytes(3)), 0x6),
    Case("6.9.1", "the connection's window overflows", window(0, 2**31 - 1), 0x3),
    Case(
        "6.9.2",
        "a stream's window overflows by SETTINGS",
        window(OURS, 2**30) + settings((frames.INITIAL_WINDOW, 2**31 - 1)),
        frames.FLOW_CONTROL_ERROR,
    ),
]

ON_THE_STREAM = [
    Case("5.1", "DATA before HEADERS", data(NAMED, flags=0), frames.PROTOCOL_ERROR),
    Case("6.3", "PRIORITY of a wrong length", frame(2, 0, OURS, bytes(4)), frames.FRAME_SIZE_ERROR),
    Case("6.9", "WINDOW_UPDATE of nothing", window(OURS, 0), frames.PROTOCOL_ERROR),
    Case("6.9.1", "a window overflows", window(OURS, 2**31 - 1), frames.FLOW_CONTROL_ERROR),
    Case("8.1", "trailers that are not the end", status("503") + headers(("a", "b")), 0x1),
    Case("8.1", "a second answer", status("503") + status("503"), frames.PROTOCOL_ERROR),
    Case("8.1", "a hint that is the end", status("103", flags=ENDS), frames.PROTOCOL_ERROR),
    Case("8.6", "101 in HTTP/2", status("101"), frames.PROTOCOL_ERROR),
    Case("8.3.2", "no :status", headers(("retry-after", "1")), frames.PROTOCOL_ERROR),
    Case("8.3.2", "no header at all", frame(1, 4, OURS, b""), frames.PROTOCOL_ERROR),
    Case("8.3.2", "a :status that is none", status("5xx"), frames.PROTOCOL_ERROR),
    Case("8.3.2", "a :status of thousands of digits", status("9" * 5_000), frames.PROTOCOL_ERROR),
    Case("8.3.2", "a :status in other digits", status("２００"), frames.PROTOCOL_ERROR),
    Case("8.3", ":status twice", status("503", (":status", "503")), frames.PROTOCOL_ERROR),
    Case("8.3", ":status after a field", headers(("a", "b"), (":status", "503")), 0x1),
    Case("8.3", "a request's pseudo-header", status("503", (":path", "/")), 0x1),
    Case("8.3", "a pseudo-header that nobody knows", status("503", (":new", "1")), 0x1),
    Case("8.3", ":status in trailers", status("503") + status("503", flags=ENDS), 0x1),
    Case("8.2.1", "capitals in a name", status("503", ("Retry-After", "1")), frames.PROTOCOL_ERROR),
    Case("8.2.1", "a name with a space", status("503", ("retry after", "1")), 0x1),
    Case("8.2.1", "a name without letters", status("503", ("", "1")), frames.PROTOCOL_ERROR),
    Case("8.2.1", "a value with a new line", status("503", ("a", "b\r\nc: d")), 0x1),
    Case("8.2.1", "a value that begins with a space", status("503", ("a", " b")), 0x1),
    Case("8.2.2", "connection", status("503", ("connection", "close")), frames.PROTOCOL_ERROR),
    Case("8.2.2", "transfer-encoding", status("503", ("transfer-encoding", "chunked")), 0x1),
    Case("8.2.2", "keep-alive", status("503", ("keep-alive", "5")), frames.PROTOCOL_ERROR),
    Case("8.2.2", "upgrade", status("503", ("upgrade", "h2c")), frames.PROTOCOL_ERROR),
    Case("8.1.1", "a length that is none", status("503", ("content-length", "-1")), 0x1),
    Case(
        "8.1.1",
        "two lengths",
        status("503", ("content-length", "1"), ("content-length", "2")),
        frames.PROTOCOL_ERROR,
    ),
]

IGNORED = [
    Case("4.1", "a reserved bit", b"\0\0\x08\x06\x01\x80\0\0\0" + bytes(8)),
    Case("4.1", "flags that nobody knows", frame(6, 0xF1, 0, bytes(8))),
    Case("5.1", "DATA on a closed stream", data(NAMED, number=OVER)),
    Case("5.1", "HEADERS on a closed stream", headers((":status", "503"), number=OVER)),
    Case("5.1", "WINDOW_UPDATE on a closed stream", window(OVER, 1)),
    Case("5.1", "RST_STREAM on a closed stream", reset(OVER, 8)),
    Case("5.5", "a frame that nobody knows", frame(0xEE, 0xFF, IDLE, b"of a later version")),
    Case("6.1", "DATA without anything", status("200") + data(flags=0)),
    Case("6.1", "padding and nothing else", status("200") + data(b"\x02\0\0", flags=8)),
    Case("6.3", "PRIORITY", frame(2, 0, OURS, bytes(5)) + frame(2, 0, IDLE, bytes(5))),
    Case("6.3", "PRIORITY of a wrong length on an idle stream", frame(2, 0, IDLE, bytes(3))),
    Case("6.5", "SETTINGS ACK that nobody waits for", frame(4, 1, 0) * 3),
    Case("6.5.2", "a setting that nobody knows", settings((0xEE, 5), (6, 1))),
    Case("6.7", "PING ACK that nobody waits for", frame(6, 1, 0, bytes(8))),
    Case("6.9.2", "windows that shrink", settings((frames.INITIAL_WINDOW, 0))),
    Case("8.1", "interim answers", status("103", ("link", "x")) + status("100")),
    Case("RFC7541", "a table of size 0", frame(1, 4, OURS, b"\x20" + b"\x08\x03103")),
]


@pytest.mark.parametrize("case", ON_THE_CONNECTION, ids=str)
def test_an_error_of_the_connection_ends_it_and_nobody_is_counted_twice(case: Case) -> None:
    client = in_flight()

    with pytest.raises(ProtocolError) as error:
        client.receive(case.said)

    assert error.value.code == case.code
    assert sent(client) == [(frames.GOAWAY, 0, 0, bytes(4) + error.value.code.to_bytes(4, "big"))]
    assert client.free_streams == 0
    assert [(one.key, one.result) for one in client.close()] == [
        ("ours", "lost"),
        ("other", "lost"),
    ]


@pytest.mark.parametrize("case", ON_THE_STREAM, ids=str)
def test_an_error_of_a_stream_is_that_requests_alone(case: Case) -> None:
    client = in_flight()

    ended = client.receive(case.said)

    assert [(one.key, one.result) for one in ended] == [("ours", "lost")]
    assert case.code is not None
    assert sent(client) == [(frames.RST_STREAM, 0, OURS, case.code.to_bytes(4, "big"))]
    assert client.is_faulty
    assert client.receive(data(NAMED) + answer(OTHER)) == [answered("other")]


@pytest.mark.parametrize("case", IGNORED, ids=str)
def test_what_is_to_be_ignored_changes_nothing(case: Case) -> None:
    client = in_flight()

    assert client.receive(case.said) == []
    begun = b"" if b"\x88" in case.said else headers((":status", "200"))

    assert {kind for kind, *_ in sent(client)} <= {frames.SETTINGS}
    assert client.receive(begun + data(NAMED)) == [answered("ours")]
    assert client.receive(answer(OTHER)) == [answered("other")]
    assert not client.is_faulty


def answered(key: str) -> StreamResult:
    return StreamResult(key, "answered", 200, None, NAMED)


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 400",
        frame(frames.PING, 0, 0, bytes(8)),
        frame(frames.SETTINGS, frames.ACK, 0),
        goaway(0, 0),
        b"\0" * 9,
    ],
    ids=["HTTP/1.1", "HTTP/1.1 cut off", "PING", "ACK", "GOAWAY", "zeros"],
)
def test_a_server_has_to_begin_with_settings(said: bytes) -> None:
    client = Connection("fcm.example", "/send")

    with pytest.raises(ProtocolError):
        client.receive(said)
    assert client.free_streams == 0


@pytest.mark.parametrize(
    ("said", "result"),
    [
        (goaway(2**31 - 1, 0), {}),
        (goaway(OTHER, 0), {}),
        (goaway(OURS, 0), {"other": "unprocessed"}),
        (goaway(0, 0), {"ours": "unprocessed", "other": "unprocessed"}),
        (goaway(2**31 - 1, 0) + goaway(OURS, 0), {"other": "unprocessed"}),
        (goaway(OURS, 0) + goaway(OTHER, 0), {"other": "unprocessed"}),
        (frame(7, 0, 0, OURS.to_bytes(4, "big") + bytes(4) + b"why"), {"other": "unprocessed"}),
    ],
)
def test_a_shutdown_says_what_was_not_processed_and_the_rest_is_answered(
    said: bytes, result: dict[str, str]
) -> None:
    client = in_flight()

    ended = client.receive(said)

    assert {one.key: one.result for one in ended} == result
    assert client.free_streams == 0
    rest = client.receive(answer(OURS) + answer(OTHER)) + client.close()
    assert {one.key for one in rest} == {"ours", "other"} - set(result)
    assert {one.result for one in rest} <= {"answered"}


@pytest.mark.parametrize(
    ("said", "is_faulty"),
    [
        (goaway(OTHER, frames.NO_ERROR), False),
        (goaway(OTHER, frames.INTERNAL_ERROR), False),
        (goaway(OTHER, frames.PROTOCOL_ERROR), True),
        (goaway(OTHER, frames.COMPRESSION_ERROR), True),
        (goaway(OTHER, 0xEE), False),
        (reset(OURS, frames.CANCEL), False),
        (reset(OURS, frames.REFUSED_STREAM), False),
        (reset(OURS, frames.PROTOCOL_ERROR), True),
        (reset(OURS, frames.HTTP_1_1_REQUIRED), True),
    ],
)
def test_a_server_that_finds_us_at_fault_is_heard(said: bytes, is_faulty: bool) -> None:
    client = in_flight()
    client.receive(said)

    assert client.is_faulty == is_faulty


@pytest.mark.parametrize(
    ("length", "bodies", "result"),
    [
        ("5", [b"fiver"], "answered"),
        ("5", [b"fi", b"ver"], "answered"),
        ("0", [b""], "answered"),
        ("6", [b"fiver"], "lost"),
        ("4", [b"fi", b"ver"], "lost"),
        ("9" * 18, [b""], "lost"),
        ("1000000", [b"x" * 16_000] * 10, "answered"),  # more than is kept is not counted
    ],
)
def test_an_answer_of_another_length_than_announced_is_lost(
    length: str, bodies: list[bytes], result: str
) -> None:
    client = in_flight()
    parts = [data(part, flags=0) for part in bodies[:-1]] + [data(bodies[-1])]

    [ended] = client.receive(status("503", ("content-length", length)) + b"".join(parts))

    assert (ended.key, ended.result) == ("ours", result)
    assert len(ended.body) < MAX_ANSWER_BYTES + 16_384
    assert client.receive(answer(OTHER)) == [answered("other")]


def test_an_answer_before_the_end_of_the_request_is_taken_and_the_rest_not_sent() -> None:
    client = opened()
    client.receive(settings((frames.INITIAL_WINDOW, 5)))
    client.request("a", "t", BODY)
    sent(client)

    [ended] = client.receive(
        headers((":status", "503"), number=OVER, flags=ENDS) + reset(OVER, frames.NO_ERROR)
    )

    assert (ended.result, ended.status) == ("answered", 503)
    assert sent(client) == [(frames.RST_STREAM, 0, OVER, frames.CANCEL.to_bytes(4, "big"))]
    assert client.receive(window(OVER, 1_000)) == client.close() == []


def test_streams_that_the_server_takes_back_and_grants_again() -> None:
    client = opened()
    client.receive(settings((frames.MAX_STREAMS, 0)))
    assert client.free_streams == 0

    client.receive(settings((frames.MAX_STREAMS, 2**32 - 1)))
    assert client.free_streams > 100


def test_more_than_our_window_takes_is_an_error_of_that_stream() -> None:
    client = in_flight()
    client.receive(status("503"))
    part = data(bytes(16_384), flags=0)

    ended = [
        one for _ in range(frames.OUR_WINDOW_BYTES // 16_384 + 1) for one in client.receive(part)
    ]

    assert [(one.key, one.result) for one in ended] == [("ours", "lost")]
    assert (3, 0, OURS, frames.FLOW_CONTROL_ERROR.to_bytes(4, "big")) in sent(client)


def test_a_value_may_be_of_any_bytes() -> None:
    client = in_flight()
    block = Encoder().encode(
        [(b":status", b"503"), (b"server", b"\xff\xfe"), (b"retry-after", b"9")]
    )

    [ended] = client.receive(frame(frames.HEADERS, ENDS, OURS, block))

    assert (ended.status, ended.retry_after) == (503, "9")


def test_of_a_200_the_body_alone_decides() -> None:
    """No other block needs what stands in its headers, and decoding them costs half of a send."""
    client = in_flight()
    capitals = b"\x00\x01A\x01b"

    ended = client.receive(frame(1, 4, OURS, FINE + capitals) + data(NAMED))

    assert ended == [answered("ours")]
    assert client.receive(answer(OTHER)) == [answered("other")]


frame_bytes = st.builds(
    lambda kind, flags, number, payload: frame(kind, flags, number, payload),
    st.integers(0, 10) | st.integers(0, 255),
    st.sampled_from([0, 1, 4, 5, 8, 0x20, 0x2D]) | st.integers(0, 255),
    st.sampled_from([0, OVER, OURS, OTHER, IDLE, PUSHED]) | st.integers(0, 2**31 - 1),
    st.binary(max_size=20)
    | st.sampled_from([b"", FINE, NAMED, bytes(4), bytes(5), bytes(6), bytes(8)]),
)


@given(st.lists(frame_bytes | st.binary(max_size=40), max_size=12), st.integers(1, 50))
def test_any_bytes_at_all_end_each_request_once_and_raise_nothing_unforeseen(
    pieces: list[bytes], step: int
) -> None:
    client = in_flight()
    said = b"".join(pieces)
    ended: list[StreamResult] = []
    for at in range(0, len(said), step):
        try:
            ended += client.receive(said[at : at + step])
        except ProtocolError:
            break
    ended += client.close()

    assert Counter(one.key for one in ended) == {"ours": 1, "other": 1}


@given(st.binary(max_size=60), st.sampled_from([0, 1, 4, 5]), st.booleans())
def test_any_header_block_is_read_or_ends_the_connection(
    block: bytes, flags: int, is_known: bool
) -> None:
    client = in_flight()
    try:
        ended = client.receive(frame(frames.HEADERS, flags | 4, OURS if is_known else OVER, block))
    except ProtocolError:
        ended = []
    ended += client.close()

    assert Counter(one.key for one in ended) == {"ours": 1, "other": 1}


def test_a_server_that_keeps_a_table_although_we_announce_none_is_understood() -> None:
    """h2o does: what a 200 puts into the table, a later error refers to."""
    client, encoder = in_flight(), Encoder()
    fine = encoder.encode([(":status", "200"), ("server", "h2o"), ("retry-after", "7")])
    busy = encoder.encode([(":status", "503"), ("server", "h2o"), ("retry-after", "7")])
    assert len(busy) < len(fine)

    ended = client.receive(
        frame(1, 4, OURS, fine) + data(NAMED) + frame(frames.HEADERS, ENDS, OTHER, busy)
    )

    assert [(one.status, one.retry_after) for one in ended] == [(200, "7"), (503, "7")]


header_lists = st.lists(
    st.tuples(st.text("abc-", min_size=1, max_size=6), st.text("xyz 019", max_size=300)), max_size=6
)


@given(header_lists, st.sampled_from([0, 4_096]), st.booleans())
def test_a_block_that_keeps_the_table_is_known_by_its_bytes(
    fields: list[tuple[str, str]], table: int, is_huffman: bool
) -> None:
    """Against another implementation's table before and after."""
    never = [NeverIndexedHeaderTuple(*pair) for pair in fields]
    encoder, decoder = Encoder(), Decoder()
    encoder.header_table_size = table
    indexing = encoder.encode(fields, huffman=is_huffman)
    plain = Encoder().encode([(":status", "200"), *never], huffman=is_huffman)

    before = list(decoder.header_table.dynamic_entries)
    decoder.decode(plain)
    assert list(decoder.header_table.dynamic_entries) == before
    assert keeps_table(plain)
    decoder.decode(indexing)
    assert keeps_table(indexing) <= (list(decoder.header_table.dynamic_entries) == before)


@given(st.binary(max_size=40))
def test_any_bytes_keep_the_table_or_are_decoded(block: bytes) -> None:
    decoder = Decoder()
    if keeps_table(block):
        try:
            decoder.decode(block, raw=True)
        except HPACKError:
            """Nothing is kept of a block that fails."""
        assert not decoder.header_table.dynamic_entries
