"""The client's side of HTTP/2 for one kind of request: a POST with a bearer. Pure.

Bytes in, bytes and answers out; no socket and no clock. A general client writes the headers anew
for every request, a kilobyte of them for the bearer alone: here they are a few bytes from the
second request of a connection on.
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from hpack import Encoder

from push.transport.frames import (
    CANCEL,
    CONTINUATION,
    ENABLE_PUSH,
    END_HEADERS,
    END_STREAM,
    HEADER_TABLE_SIZE,
    HEADERS,
    LAST_ID,
    MAX_STREAMS,
    PREFACE,
    REFUSED_STREAM,
    RST_STREAM,
    End,
    Stream,
    frame,
    greeting,
    is_stateless,
    unpadded,
)

LARGEST_ANSWER_BYTES = 65_536
LARGEST_TABLE_BYTES = 4096
# What Google grants, until the server says what it does.
STREAMS_AT_FIRST = 100
STATUS_200 = 0x88  # its index among HPACK's static headers

Fate = Literal["answered", "refused", "lost"]


class Ended(NamedTuple):
    """What became of a request: answered, certainly not looked at, or nobody knows."""

    key: Any
    fate: Fate
    status: int = 0
    retry_after: str | None = None
    body: bytes = b""


@dataclass(slots=True)
class Asked(Stream):
    """A request on its way, and what came of its answer."""

    key: Any = None
    status: int = 0
    retry_after: str | None = None
    body: bytes = b""

    def ended(self, fate: Fate) -> Ended:
        return Ended(self.key, fate, self.status, self.retry_after, self.body)


class Connection(End[Asked]):
    """Asks one server for one thing, as often as there is room."""

    def __init__(self, authority: str, path: str, *, first_id: int = 1) -> None:
        # Without a table for headers every answer's stand for themselves.
        super().__init__(PREFACE + greeting({HEADER_TABLE_SIZE: 0, ENABLE_PUSH: 0}))
        self.goes_away = False
        self._fixed = [
            (":method", "POST"),
            (":scheme", "https"),
            (":authority", authority),
            (":path", path),
            ("content-type", "application/json"),
        ]
        self._encoder = Encoder()
        self._bearer, self._block = "", b""
        self._next = first_id
        self._most_streams = STREAMS_AT_FIRST
        self._ended: list[Ended] = []

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
        stream = self.streams[number] = Asked(window=self._stream_window, key=key)
        self.out += self._header_frames(number, bearer)
        self._send(number, stream, body)

    def receive(self, data: bytes) -> list[Ended]:
        """Take what the server sent; the requests that ended by it.

        Raises:
            ProtocolError: close the connection.
        """
        self._read(data)
        ended, self._ended = self._ended, []
        return ended

    def cancel(self, number: int) -> Ended:
        """Wait for this request no longer."""
        self.out += frame(RST_STREAM, 0, number, CANCEL.to_bytes(4, "big"))
        return self._drop(number, "lost")

    def close(self) -> list[Ended]:
        """Nothing more will come: what became of all that were on their way."""
        return [*self._ended, *(self._drop(number, "lost") for number in list(self.streams))]

    def _drop(self, number: int, fate: Fate) -> Ended:
        """A request whose body had not left entirely was certainly not looked at."""
        stream = self._remove(number)
        return stream.ended("refused" if stream.unsent else fate)

    def _finish(self, number: int) -> None:
        stream = self._remove(number)
        self._ended.append(stream.ended("answered" if stream.status else "lost"))

    def _header_frames(self, number: int, bearer: str) -> bytes:
        if bearer != self._bearer or not self._block:
            self._bearer = bearer
            block = self._encoder.encode([*self._fixed, ("authorization", f"Bearer {bearer}")])
            self._block = block if is_stateless(block) else b""
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

    def _read_data(self, flags: int, number: int, payload: bytes) -> None:
        stream = self.streams.get(number)
        if stream is None:
            return
        if len(stream.body) < LARGEST_ANSWER_BYTES:
            stream.body += unpadded(flags, payload)
        if flags & END_STREAM:
            self._finish(number)

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

    def _on_reset(self, _flags: int, number: int, payload: bytes) -> None:
        if number in self.streams:
            is_refused = int.from_bytes(payload, "big") == REFUSED_STREAM
            self._ended.append(self._drop(number, "refused" if is_refused else "lost"))

    def _set(self, name: int, value: int) -> None:
        if name == HEADER_TABLE_SIZE:
            self._encoder.header_table_size = min(value, LARGEST_TABLE_BYTES)
            self._block = b""
        elif name == MAX_STREAMS:
            self._most_streams = value

    def _on_goaway(self, _flags: int, _number: int, payload: bytes) -> None:
        """Those above the last one were not looked at; the others are answered still."""
        self.goes_away = True
        last = int.from_bytes(payload[:4], "big") & LAST_ID
        for number in [number for number in self.streams if number > last]:
            self._ended.append(self._drop(number, "refused"))
