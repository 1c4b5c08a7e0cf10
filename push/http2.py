"""The client's side of HTTP/2 for one kind of request: a POST with a bearer. Pure.

Bytes in, bytes and answers out; no socket and no clock. A general client writes the headers anew
for every request, a kilobyte of them for the bearer alone: here they are a few bytes from the
second request of a connection on. Source: RFC 9113 and, for headers, RFC 7541.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from hpack import Decoder, Encoder, HPACKError

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY = range(8)
WINDOW_UPDATE, CONTINUATION = 8, 9
END_STREAM = ACK = 0x1
END_HEADERS, PADDED, HAS_PRIORITY = 0x4, 0x8, 0x20
HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_STREAMS, INITIAL_WINDOW, MAX_FRAME = 1, 2, 3, 4, 5
REFUSED_STREAM, CANCEL = 0x7, 0x8

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
FRAME_HEAD_BYTES = 9
LARGEST_FRAME_BYTES = 16_384
LARGEST_HEADERS_BYTES = 65_536
LARGEST_ANSWER_BYTES = 65_536
LARGEST_TABLE_BYTES = 4096
DEFAULT_WINDOW_BYTES = 65_535
OUR_WINDOW_BYTES = 1 << 24
LAST_ID = 2**31 - 1
# What Google grants, until the server says what it does.
STREAMS_AT_FIRST = 100
STATUS_200 = 0x88  # its index among HPACK's static headers

Fate = Literal["answered", "refused", "lost"]


class ProtocolError(Exception):
    """The server broke the protocol: nothing more can be said on this connection."""


class Ended(NamedTuple):
    """What became of a request: answered, certainly not looked at, or nobody knows."""

    key: Any
    fate: Fate
    status: int = 0
    retry_after: str | None = None
    body: bytes = b""


@dataclass(slots=True)
class Stream:
    """A request on its way. `unsent` and `window` matter while the server makes it wait."""

    key: Any
    status: int = 0
    retry_after: str | None = None
    body: bytes = b""
    unsent: bytes = b""
    window: int = 0

    def ended(self, fate: Fate) -> Ended:
        return Ended(self.key, fate, self.status, self.retry_after, self.body)


@dataclass(slots=True)
class Part:
    """A block of headers whose end is still to come."""

    number: int
    flags: int
    block: bytes


class Connection:
    """`out` is what to write to the server; whoever writes it empties it."""

    def __init__(self, authority: str, path: str, *, first_id: int = 1) -> None:
        self.out = bytearray(PREFACE + _greeting())
        self.streams: dict[int, Stream] = {}
        self.goes_away = False
        self._fixed = [
            (":method", "POST"),
            (":scheme", "https"),
            (":authority", authority),
            (":path", path),
            ("content-type", "application/json"),
        ]
        self._encoder, self._decoder = Encoder(), Decoder()
        self._bearer, self._block = "", b""
        self._next = first_id
        self._most_streams = STREAMS_AT_FIRST
        self._window = self._stream_window = DEFAULT_WINDOW_BYTES
        self._frame_bytes = LARGEST_FRAME_BYTES
        self._waiting: list[int] = []  # streams whose body the server does not take yet
        self._owed_bytes = 0
        self._rest = b""
        self._part: Part | None = None
        self._ended: list[Ended] = []
        self._handlers: dict[int, Callable[[int, int, bytes], None]] = {
            DATA: self._on_data,
            HEADERS: self._on_headers,
            RST_STREAM: self._on_reset,
            SETTINGS: self._on_settings,
            PUSH_PROMISE: self._on_push,
            PING: self._on_ping,
            GOAWAY: self._on_goaway,
            WINDOW_UPDATE: self._on_window,
            CONTINUATION: self._on_continuation,
        }

    @property
    def room(self) -> int:
        """How many requests may begin now."""
        if self.goes_away or self._waiting:
            return 0
        return self._most_streams - len(self.streams)

    def request(self, key: Any, bearer: str, body: bytes) -> None:
        """Begin a request; there has to be room, and a body."""
        number, self._next = self._next, self._next + 2
        if self._next > LAST_ID:
            self.goes_away = True
        stream = self.streams[number] = Stream(key)
        self.out += self._header_frames(number, bearer)
        if len(body) <= min(self._window, self._stream_window, self._frame_bytes):
            self._window -= len(body)
            self.out += frame(DATA, END_STREAM, number, body)
        else:
            stream.unsent, stream.window = body, self._stream_window
            self._waiting.append(number)
            self._flow()

    def receive(self, data: bytes) -> list[Ended]:
        """Take what the server sent; the requests that ended by it.

        Raises:
            ProtocolError: close the connection.
        """
        buffer = self._rest + data
        at, size = 0, len(buffer)
        while size - at >= FRAME_HEAD_BYTES:
            length = int.from_bytes(buffer[at : at + 3], "big")
            if length > LARGEST_FRAME_BYTES:
                raise ProtocolError("a frame larger than we take")
            end = at + FRAME_HEAD_BYTES + length
            if end > size:
                break
            number = int.from_bytes(buffer[at + 5 : at + 9], "big") & LAST_ID
            self._take(buffer[at + 3], buffer[at + 4], number, buffer[at + 9 : end])
            at = end
        self._rest = buffer[at:]
        ended, self._ended = self._ended, []
        return ended

    def cancel(self, number: int) -> Ended:
        """Wait for this request no longer."""
        self.out += frame(RST_STREAM, 0, number, CANCEL.to_bytes(4, "big"))
        return self._drop(number, "lost")

    def close(self) -> list[Ended]:
        """Nothing more will come: what became of all that were on their way."""
        return [*self._ended, *(self._drop(number, "lost") for number in list(self.streams))]

    def _take(self, kind: int, flags: int, number: int, payload: bytes) -> None:
        if self._part is not None and (kind, number) != (CONTINUATION, self._part.number):
            raise ProtocolError("headers were not continued")
        handler = self._handlers.get(kind)  # others are to be ignored
        if handler is not None:
            handler(flags, number, payload)

    def _drop(self, number: int, fate: Fate) -> Ended:
        """A request whose body had not left entirely was certainly not looked at."""
        stream = self._remove(number)
        return stream.ended("refused" if stream.unsent else fate)

    def _finish(self, number: int) -> None:
        stream = self._remove(number)
        self._ended.append(stream.ended("answered" if stream.status else "lost"))

    def _remove(self, number: int) -> Stream:
        if number in self._waiting:
            self._waiting.remove(number)
        return self.streams.pop(number)

    def _header_frames(self, number: int, bearer: str) -> bytes:
        if bearer != self._bearer or not self._block:
            self._bearer = bearer
            block = self._encoder.encode([*self._fixed, ("authorization", f"Bearer {bearer}")])
            # Nothing but references into the tables: the same bytes say it again.
            self._block = block if all(byte & 0x80 for byte in block) else b""
        else:
            block = self._block
        if len(block) <= self._frame_bytes:
            return frame(HEADERS, END_HEADERS, number, block)
        parts = [block[i : i + self._frame_bytes] for i in range(0, len(block), self._frame_bytes)]
        kinds = [HEADERS] + [CONTINUATION] * (len(parts) - 1)
        flags = [0] * (len(parts) - 1) + [END_HEADERS]
        return b"".join(
            frame(kind, flag, number, part)
            for kind, flag, part in zip(kinds, flags, parts, strict=True)
        )

    def _flow(self) -> None:
        """Send as much of the waiting bodies as the windows take."""
        for number in self._waiting:
            stream = self.streams[number]
            while size := self._sendable(stream):
                part, stream.unsent = stream.unsent[:size], stream.unsent[size:]
                stream.window -= size
                self._window -= size
                self.out += frame(DATA, 0 if stream.unsent else END_STREAM, number, part)
        self._waiting = [number for number in self._waiting if self.streams[number].unsent]

    def _sendable(self, stream: Stream) -> int:
        return max(0, min(len(stream.unsent), stream.window, self._window, self._frame_bytes))

    def _on_data(self, flags: int, number: int, payload: bytes) -> None:
        self._owed_bytes += len(payload)
        if self._owed_bytes > OUR_WINDOW_BYTES // 2:
            self.out += frame(WINDOW_UPDATE, 0, 0, self._owed_bytes.to_bytes(4, "big"))
            self._owed_bytes = 0
        stream = self.streams.get(number)
        if stream is None:
            return
        if len(stream.body) < LARGEST_ANSWER_BYTES:
            stream.body += _unpadded(flags, payload)
        if flags & END_STREAM:
            self._finish(number)

    def _on_headers(self, flags: int, number: int, payload: bytes) -> None:
        block = _unpadded(flags, payload)
        if flags & HAS_PRIORITY:
            block = block[5:]
        if flags & END_HEADERS:
            self._read_headers(flags, number, block)
        else:
            self._part = Part(number, flags, block)

    def _on_continuation(self, flags: int, number: int, payload: bytes) -> None:
        part = self._part
        if part is None or len(part.block) + len(payload) > LARGEST_HEADERS_BYTES:
            raise ProtocolError("headers that nobody began, or without an end")
        part.block += payload
        if flags & END_HEADERS:
            self._part = None
            self._read_headers(part.flags, number, part.block)

    def _read_headers(self, flags: int, number: int, block: bytes) -> None:
        """The answer's own headers, some that come before them, or trailers."""
        # We asked for no table: a block stands for itself and need not be read to the end.
        is_fine = block[:1] == bytes((STATUS_200,))
        fields = {":status": "200"} if is_fine else self._decoded(block)
        stream = self.streams.get(number)
        if stream is None:
            return
        text = fields.get(":status", "")
        status = int(text) if text.isdecimal() else 0
        if status >= 200 and not stream.status:
            stream.status, stream.retry_after = status, fields.get("retry-after")
        if flags & END_STREAM:
            self._finish(number)

    def _decoded(self, block: bytes) -> Mapping[str, str]:
        try:
            return {str(name): str(value) for name, value in self._decoder.decode(block)}
        except (HPACKError, UnicodeDecodeError) as error:
            raise ProtocolError("headers that cannot be read") from error

    def _on_reset(self, _flags: int, number: int, payload: bytes) -> None:
        if number in self.streams:
            is_refused = int.from_bytes(payload, "big") == REFUSED_STREAM
            self._ended.append(self._drop(number, "refused" if is_refused else "lost"))

    def _on_settings(self, flags: int, _number: int, payload: bytes) -> None:
        if flags & ACK:
            return
        for name, value in _pairs(payload):
            self._set(name, value)
        self.out += frame(SETTINGS, ACK, 0)
        self._flow()

    def _set(self, name: int, value: int) -> None:
        if name == HEADER_TABLE_SIZE:
            self._encoder.header_table_size = min(value, LARGEST_TABLE_BYTES)
            self._block = b""
        elif name == MAX_STREAMS:
            self._most_streams = value
        elif name == MAX_FRAME:
            self._frame_bytes = value
        elif name == INITIAL_WINDOW:
            for number in self._waiting:  # it may become negative: then it has to grow first
                self.streams[number].window += value - self._stream_window
            self._stream_window = value

    def _on_push(self, _flags: int, _number: int, _payload: bytes) -> None:
        raise ProtocolError("a push that we forbade")

    def _on_ping(self, flags: int, _number: int, payload: bytes) -> None:
        if not flags & ACK:
            self.out += frame(PING, ACK, 0, payload)

    def _on_goaway(self, _flags: int, _number: int, payload: bytes) -> None:
        """Those above the last one were not looked at; the others are answered still."""
        self.goes_away = True
        last = int.from_bytes(payload[:4], "big") & LAST_ID
        for number in [number for number in self.streams if number > last]:
            self._ended.append(self._drop(number, "refused"))

    def _on_window(self, _flags: int, number: int, payload: bytes) -> None:
        size = int.from_bytes(payload, "big") & LAST_ID
        if number == 0:
            self._window += size
        elif number in self.streams:
            self.streams[number].window += size
        if self._waiting:
            self._flow()


def frame(kind: int, flags: int, number: int, payload: bytes = b"") -> bytes:
    head = len(payload).to_bytes(3, "big") + bytes((kind, flags)) + number.to_bytes(4, "big")
    return head + payload


def _greeting() -> bytes:
    """No table for headers, no pushes, and windows that no answer fills."""
    settings = {HEADER_TABLE_SIZE: 0, ENABLE_PUSH: 0, INITIAL_WINDOW: OUR_WINDOW_BYTES}
    payload = b"".join(
        name.to_bytes(2, "big") + value.to_bytes(4, "big") for name, value in settings.items()
    )
    more = OUR_WINDOW_BYTES - DEFAULT_WINDOW_BYTES
    return frame(SETTINGS, 0, 0, payload) + frame(WINDOW_UPDATE, 0, 0, more.to_bytes(4, "big"))


def _pairs(payload: bytes) -> Iterator[tuple[int, int]]:
    for at in range(0, len(payload) - 5, 6):
        name = int.from_bytes(payload[at : at + 2], "big")
        yield name, int.from_bytes(payload[at + 2 : at + 6], "big")


def _unpadded(flags: int, payload: bytes) -> bytes:
    if not flags & PADDED:
        return payload
    if not payload or payload[0] >= len(payload):
        raise ProtocolError("more padding than there is room")
    return payload[1 : len(payload) - payload[0]]
