"""HTTP/2 as both endpoints of a connection see it: frames, settings, flow control. Pure.

Bytes in, bytes out; no socket and no clock. A connection error (RFC 9113, 5.4.1) is raised as
`ProtocolError`, a stream error (5.4.2) resets that stream alone. Headers: RFC 7541.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from hpack import Decoder, HPACKError

from push.transport.frames import (
    ACK,
    COMPRESSION_ERROR,
    CONTINUATION,
    DATA,
    DEFAULT_WINDOW_BYTES,
    END_HEADERS,
    END_STREAM,
    FLOW_CONTROL_ERROR,
    FRAME_HEAD_BYTES,
    FRAME_SIZE_ERROR,
    GOAWAY,
    HEADERS,
    INITIAL_WINDOW,
    MAX_FRAME,
    MAX_FRAME_BYTES,
    MAX_STREAM_ID,
    MAX_WINDOW_BYTES,
    OUR_WINDOW_BYTES,
    PADDED,
    PING,
    PRIORITY,
    PRIORITY_BYTES,
    PROTOCOL_ERROR,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    ProtocolError,
    code_frame,
    frame,
    header_fragment,
    setting_pairs,
    strip_padding,
)

MAX_HEADER_BLOCK_BYTES = 65_536
MAX_CONTINUATIONS = 100  # empty ones cost the other end nothing and us a turn each

Fields = list[tuple[str, str]]


@dataclass(slots=True)
class Stream:
    """A stream; `unsent` is held back by flow control, `window` what the other end still takes."""

    unsent: bytes = b""
    window: int = 0
    received_bytes: int = 0


@dataclass(slots=True)
class PartialHeaders:
    """A header block whose last CONTINUATION is still to come."""

    number: int
    flags: int
    block: bytes
    continuations: int = 0


S = TypeVar("S", bound=Stream)


class Endpoint(ABC, Generic[S]):
    """An end of a connection; whoever writes `out` to the other end empties it."""

    def __init__(self, initial: bytes) -> None:
        self.out = bytearray(initial)
        self.streams: dict[int, S] = {}
        self._decoder = Decoder()
        self._window = self._stream_window = DEFAULT_WINDOW_BYTES
        self._frame_bytes = MAX_FRAME_BYTES
        self._blocked: list[int] = []  # streams whose body the other end does not take yet
        self._unacknowledged_bytes = 0
        self._buffer = b""
        self._partial: PartialHeaders | None = None
        self._has_settings = False
        self._handlers: dict[int, Callable[[int, int, bytes], None]] = {
            DATA: self._on_data,
            HEADERS: self._on_headers,
            PRIORITY: self._on_priority,
            RST_STREAM: self._on_rst_stream,
            SETTINGS: self._on_settings,
            PUSH_PROMISE: self._on_push_promise,
            PING: self._on_ping,
            GOAWAY: self._on_goaway,
            WINDOW_UPDATE: self._on_window_update,
            CONTINUATION: self._on_continuation,
        }

    @abstractmethod
    def _is_idle(self, number: int) -> bool:
        """Whether nobody has begun this stream yet."""

    @abstractmethod
    def _read_headers(self, flags: int, number: int, block: bytes) -> None:
        """Take a whole header block."""

    @abstractmethod
    def _read_data(self, flags: int, number: int, stream: S, data: bytes) -> None:
        """Take a piece of a body, without its padding."""

    @abstractmethod
    def _on_reset(self, number: int, code: int) -> None:
        """Handle a reset of an open stream by the other end."""

    @abstractmethod
    def _on_shutdown(self, last: int, code: int) -> None:
        """Handle that the other end begins nothing new, and ignored streams above `last`."""

    @abstractmethod
    def _set(self, name: int, value: int) -> None:
        """Apply a setting that concerns this kind of endpoint alone."""

    @abstractmethod
    def _close_stream(self, number: int) -> None:
        """Forget a stream that failed, and tell whoever waits for it."""

    def _read(self, data: bytes) -> None:
        """Take what the other end sent, in pieces of any size.

        Raises:
            ProtocolError: close the connection.
        """
        buffer = self._buffer + data
        at, size = 0, len(buffer)
        while size - at >= FRAME_HEAD_BYTES:
            length = int.from_bytes(buffer[at : at + 3], "big")
            if length > MAX_FRAME_BYTES:
                raise ProtocolError("a frame larger than we take", FRAME_SIZE_ERROR)
            end = at + FRAME_HEAD_BYTES + length
            if end > size:
                break
            number = int.from_bytes(buffer[at + 5 : at + 9], "big") & MAX_STREAM_ID
            self._take(buffer[at + 3], buffer[at + 4], number, buffer[at + 9 : end])
            at = end
        self._buffer = buffer[at:]

    def _send(self, number: int, stream: Stream, body: bytes) -> None:
        """Send the whole body of a stream, as soon as flow control allows."""
        if len(body) <= min(self._window, stream.window, self._frame_bytes):
            self._window -= len(body)
            self.out += frame(DATA, END_STREAM, number, body)
        else:
            stream.unsent = body
            self._blocked.append(number)
            self._send_blocked()

    def _remove(self, number: int) -> S:
        if number in self._blocked:
            self._blocked.remove(number)
        return self.streams.pop(number)

    def _decoded(self, block: bytes) -> Fields:
        """Decode the fields of a block; values are bytes of any encoding (RFC 9110, 5.5)."""
        try:
            found = self._decoder.decode(block, raw=True)
            return [(_latin1(name), _latin1(value)) for name, value in found]
        except (HPACKError, IndexError, ValueError) as error:
            raise ProtocolError("headers that cannot be read", COMPRESSION_ERROR) from error

    def _stream_error(self, number: int, code: int) -> None:
        self.out += code_frame(RST_STREAM, number, code)
        self._close_stream(number)

    def _expect_closed(self, number: int) -> None:
        """Accept a frame for a stream that is over; refuse one for a stream that never began.

        Raises:
            ProtocolError: the stream is idle, or the connection itself.
        """
        if number == 0 or self._is_idle(number):
            raise ProtocolError("a frame for a stream that never began")

    def _take(self, kind: int, flags: int, number: int, payload: bytes) -> None:
        if self._partial is not None and (kind, number) != (CONTINUATION, self._partial.number):
            raise ProtocolError("a header block was not continued")
        if not self._has_settings:
            if kind != SETTINGS or flags & ACK:
                raise ProtocolError("the connection does not begin with SETTINGS")
            self._has_settings = True
        handler = self._handlers.get(kind)  # unknown types are ignored (RFC 9113, 5.5)
        if handler is not None:
            handler(flags, number, payload)

    def _send_blocked(self) -> None:
        """Send as much of the blocked bodies as the windows take."""
        for number in self._blocked:
            stream = self.streams[number]
            while size := self._sendable(stream):
                part, stream.unsent = stream.unsent[:size], stream.unsent[size:]
                stream.window -= size
                self._window -= size
                self.out += frame(DATA, 0 if stream.unsent else END_STREAM, number, part)
        self._blocked = [number for number in self._blocked if self.streams[number].unsent]

    def _sendable(self, stream: Stream) -> int:
        return max(0, min(len(stream.unsent), stream.window, self._window, self._frame_bytes))

    def _on_data(self, flags: int, number: int, payload: bytes) -> None:
        self._unacknowledged_bytes += len(payload)
        if self._unacknowledged_bytes > OUR_WINDOW_BYTES // 2:
            self.out += code_frame(WINDOW_UPDATE, 0, self._unacknowledged_bytes)
            self._unacknowledged_bytes = 0
        data = strip_padding(flags, payload) if flags & PADDED else payload
        stream = self.streams.get(number)
        if stream is None:
            self._expect_closed(number)
            return
        if not flags & END_STREAM:
            stream.received_bytes += len(payload)
            if stream.received_bytes > OUR_WINDOW_BYTES:
                self._stream_error(number, FLOW_CONTROL_ERROR)
                return
        self._read_data(flags, number, stream, data)

    def _on_headers(self, flags: int, number: int, payload: bytes) -> None:
        if number == 0:
            raise ProtocolError("HEADERS without a stream")
        block = header_fragment(flags, payload)
        if flags & END_HEADERS:
            self._read_headers(flags, number, block)
        else:
            self._partial = PartialHeaders(number, flags, block)

    def _on_continuation(self, flags: int, number: int, payload: bytes) -> None:
        partial = self._partial
        if partial is None:
            raise ProtocolError("CONTINUATION of nothing")
        partial.block += payload
        partial.continuations += 1
        too_long = len(partial.block) > MAX_HEADER_BLOCK_BYTES
        if too_long or partial.continuations > MAX_CONTINUATIONS:
            raise ProtocolError("a header block without an end")
        if flags & END_HEADERS:
            self._partial = None
            self._read_headers(partial.flags, number, partial.block)

    def _on_priority(self, _flags: int, number: int, payload: bytes) -> None:
        """Check and ignore priorities, which RFC 9113 gave up."""
        if number == 0:
            raise ProtocolError("PRIORITY without a stream")
        if len(payload) != PRIORITY_BYTES and number in self.streams:
            self._stream_error(number, FRAME_SIZE_ERROR)

    def _on_rst_stream(self, _flags: int, number: int, payload: bytes) -> None:
        _check_length(payload, 4)
        if number in self.streams:
            self._on_reset(number, int.from_bytes(payload, "big"))
        else:
            self._expect_closed(number)

    def _on_settings(self, flags: int, number: int, payload: bytes) -> None:
        if number:
            raise ProtocolError("SETTINGS on a stream")
        if flags & ACK:
            _check_length(payload, 0)
            return
        for name, value in setting_pairs(payload):
            if name == MAX_FRAME:
                self._frame_bytes = value
            elif name == INITIAL_WINDOW:
                self._resize(value)
            else:
                self._set(name, value)
        self.out += frame(SETTINGS, ACK, 0)
        self._send_blocked()

    def _resize(self, window: int) -> None:
        """Change all windows; a negative one has to grow before more is sent on its stream."""
        for stream in self.streams.values():
            stream.window += window - self._stream_window
            if stream.window > MAX_WINDOW_BYTES:
                raise ProtocolError("a window out of range", FLOW_CONTROL_ERROR)
        self._stream_window = window

    def _on_push_promise(self, _flags: int, _number: int, _payload: bytes) -> None:
        raise ProtocolError("PUSH_PROMISE, which is turned off")

    def _on_ping(self, flags: int, number: int, payload: bytes) -> None:
        if number:
            raise ProtocolError("PING on a stream")
        _check_length(payload, 8)
        if not flags & ACK:
            self.out += frame(PING, ACK, 0, payload)

    def _on_goaway(self, _flags: int, number: int, payload: bytes) -> None:
        if number:
            raise ProtocolError("GOAWAY on a stream")
        if len(payload) < 8:
            raise ProtocolError("GOAWAY of a wrong length", FRAME_SIZE_ERROR)
        last = int.from_bytes(payload[:4], "big") & MAX_STREAM_ID
        self._on_shutdown(last, int.from_bytes(payload[4:8], "big"))

    def _on_window_update(self, _flags: int, number: int, payload: bytes) -> None:
        _check_length(payload, 4)
        increment = int.from_bytes(payload, "big") & MAX_WINDOW_BYTES
        if number == 0:
            self._window = _grown(self._window, increment)
        elif number in self.streams:
            self._widen(number, increment)
        else:
            self._expect_closed(number)
        if self._blocked:
            self._send_blocked()

    def _widen(self, number: int, increment: int) -> None:
        """Grow a stream's window; an increment that cannot be is an error of that stream alone."""
        stream = self.streams[number]
        try:
            stream.window = _grown(stream.window, increment)
        except ProtocolError as error:
            self._stream_error(number, error.code)


def _grown(window: int, increment: int) -> int:
    if not increment:
        raise ProtocolError("WINDOW_UPDATE of nothing", PROTOCOL_ERROR)
    if window + increment > MAX_WINDOW_BYTES:
        raise ProtocolError("a window out of range", FLOW_CONTROL_ERROR)
    return window + increment


def _check_length(payload: bytes, length: int) -> None:
    if len(payload) != length:
        raise ProtocolError("a frame of a wrong length", FRAME_SIZE_ERROR)


def _latin1(text: bytes | str) -> str:
    return text.decode("latin-1") if isinstance(text, bytes) else text
