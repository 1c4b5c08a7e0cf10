"""HTTP/2 as both ends of a connection see it: frames, settings, and two windows. Pure.

Source: RFC 9113 and, for headers, RFC 7541.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from hpack import Decoder, HPACKError

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY = range(8)
WINDOW_UPDATE, CONTINUATION = 8, 9
END_STREAM = ACK = 0x1
END_HEADERS, PADDED, HAS_PRIORITY = 0x4, 0x8, 0x20
HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_STREAMS, INITIAL_WINDOW, MAX_FRAME = 1, 2, 3, 4, 5
PROTOCOL_ERROR, REFUSED_STREAM, CANCEL = 0x1, 0x7, 0x8

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
FRAME_HEAD_BYTES = 9
LARGEST_FRAME_BYTES = 16_384
LARGEST_HEADERS_BYTES = 65_536
DEFAULT_WINDOW_BYTES = 65_535
OUR_WINDOW_BYTES = 1 << 24
LAST_ID = 2**31 - 1


class ProtocolError(Exception):
    """The other end broke the protocol: nothing more can be said on this connection."""


@dataclass(slots=True)
class Stream:
    """`unsent` is what the other end makes us wait with, `window` how much of it it takes."""

    unsent: bytes = b""
    window: int = 0


@dataclass(slots=True)
class Part:
    """A block of headers whose end is still to come."""

    number: int
    flags: int
    block: bytes


S = TypeVar("S", bound=Stream)


class End(ABC, Generic[S]):
    """`out` is what to write to the other end; whoever writes it empties it."""

    def __init__(self, greeting: bytes) -> None:
        self.out = bytearray(greeting)
        self.streams: dict[int, S] = {}
        self._decoder = Decoder()
        self._window = self._stream_window = DEFAULT_WINDOW_BYTES
        self._frame_bytes = LARGEST_FRAME_BYTES
        self._waiting: list[int] = []  # streams whose body the other end does not take yet
        self._owed_bytes = 0
        self._rest = b""
        self._part: Part | None = None
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

    @abstractmethod
    def _read_headers(self, flags: int, number: int, block: bytes) -> None:
        """Headers that came to their end."""

    @abstractmethod
    def _read_data(self, flags: int, number: int, payload: bytes) -> None:
        """A piece of a body, with its padding."""

    @abstractmethod
    def _on_reset(self, _flags: int, number: int, payload: bytes) -> None:
        """The other end does not want this stream any more."""

    @abstractmethod
    def _on_goaway(self, _flags: int, _number: int, payload: bytes) -> None:
        """The other end begins nothing new."""

    @abstractmethod
    def _set(self, name: int, value: int) -> None:
        """A setting that concerns this end alone."""

    def _read(self, data: bytes) -> None:
        """Take what the other end sent, in pieces of any size."""
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

    def _send(self, number: int, stream: Stream, body: bytes) -> None:
        """The whole body of a stream, as soon as the windows take it."""
        if len(body) <= min(self._window, stream.window, self._frame_bytes):
            self._window -= len(body)
            self.out += frame(DATA, END_STREAM, number, body)
        else:
            stream.unsent = body
            self._waiting.append(number)
            self._flow()

    def _remove(self, number: int) -> S:
        if number in self._waiting:
            self._waiting.remove(number)
        return self.streams.pop(number)

    def _decoded(self, block: bytes) -> Mapping[str, str]:
        try:
            return {str(name): str(value) for name, value in self._decoder.decode(block)}
        except (HPACKError, UnicodeDecodeError) as error:
            raise ProtocolError("headers that cannot be read") from error

    def _take(self, kind: int, flags: int, number: int, payload: bytes) -> None:
        if self._part is not None and (kind, number) != (CONTINUATION, self._part.number):
            raise ProtocolError("headers were not continued")
        handler = self._handlers.get(kind)  # others are to be ignored
        if handler is not None:
            handler(flags, number, payload)

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
        self._read_data(flags, number, payload)

    def _on_headers(self, flags: int, number: int, payload: bytes) -> None:
        block = unpadded(flags, payload)
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

    def _on_settings(self, flags: int, _number: int, payload: bytes) -> None:
        if flags & ACK:
            return
        for name, value in _pairs(payload):
            if name == MAX_FRAME:
                self._frame_bytes = value
            elif name == INITIAL_WINDOW:
                self._resize(value)
            else:
                self._set(name, value)
        self.out += frame(SETTINGS, ACK, 0)
        self._flow()

    def _resize(self, window: int) -> None:
        """A stream's window may become negative: then it has to grow before more is sent."""
        for stream in self.streams.values():
            stream.window += window - self._stream_window
        self._stream_window = window

    def _on_push(self, _flags: int, _number: int, _payload: bytes) -> None:
        raise ProtocolError("a push that we forbade")

    def _on_ping(self, flags: int, _number: int, payload: bytes) -> None:
        if not flags & ACK:
            self.out += frame(PING, ACK, 0, payload)

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


def greeting(settings: Mapping[int, int]) -> bytes:
    """These settings, and a window for the whole connection that is never full."""
    given = {**settings, INITIAL_WINDOW: OUR_WINDOW_BYTES}
    payload = b"".join(
        name.to_bytes(2, "big") + value.to_bytes(4, "big") for name, value in given.items()
    )
    more = OUR_WINDOW_BYTES - DEFAULT_WINDOW_BYTES
    return frame(SETTINGS, 0, 0, payload) + frame(WINDOW_UPDATE, 0, 0, more.to_bytes(4, "big"))


def is_stateless(block: bytes) -> bool:
    """Nothing but references into the tables: until those change, the same bytes say the same."""
    return all(byte & 0x80 for byte in block)


def unpadded(flags: int, payload: bytes) -> bytes:
    if not flags & PADDED:
        return payload
    if not payload or payload[0] >= len(payload):
        raise ProtocolError("more padding than there is room")
    return payload[1 : len(payload) - payload[0]]


def _pairs(payload: bytes) -> Iterator[tuple[int, int]]:
    for at in range(0, len(payload) - 5, 6):
        name = int.from_bytes(payload[at : at + 2], "big")
        yield name, int.from_bytes(payload[at + 2 : at + 6], "big")
