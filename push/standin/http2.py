"""The server's side of HTTP/2, for any client. Pure.

Bytes in, requests and bytes out; no socket and no clock. h2, the general library, takes 146 µs of
processor time for a message where the whole stand-in now takes 17: a sender is to be measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from hpack import Encoder, NeverIndexedHeaderTuple

from push.transport.endpoint import Endpoint, Stream
from push.transport.frames import (
    END_HEADERS,
    END_STREAM,
    HEADERS,
    MAX_STREAMS,
    NO_ERROR,
    PREFACE,
    REFUSED_STREAM,
    RST_STREAM,
    STREAM_CLOSED,
    ProtocolError,
    code_frame,
    frame,
    goaway,
    initial_frames,
    is_stateless,
)

STREAMS = 100  # what Google grants


class Request(NamedTuple):
    """A request that came in whole."""

    number: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class RequestStream(Stream):
    """A request that is coming in, or waits for the end of its response."""

    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_complete: bool = False


class Connection(Endpoint[RequestStream]):
    """A connection that answers in any order, and no requests that were reset meanwhile."""

    def __init__(self) -> None:
        super().__init__(initial_frames({MAX_STREAMS: STREAMS}))
        self._preface = PREFACE  # what of it is still to come
        self._last = 0
        self._most: int | None = None  # after GOAWAY, the last stream that is looked at
        self._block, self._headers = b"", dict[str, str]()
        self._requests: list[Request] = []

    def receive(self, data: bytes) -> list[Request]:
        """Take what the client sent; return the requests that ended by it.

        Raises:
            ProtocolError: write what is to be written, and close the connection.
        """
        try:
            self._read(self._after_preface(data))
        except ProtocolError as error:
            self.out += goaway(self._last, error.code)
            raise
        requests, self._requests = self._requests, []
        return requests

    def reply(self, number: int, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Answer a request, unless the client does not wait for it any more."""
        stream = self.streams.get(number)
        if stream is None:
            return
        flags = END_HEADERS if body else END_HEADERS | END_STREAM
        self.out += frame(HEADERS, flags, number, _block(status, tuple(headers.items())))
        if body:
            self._send(number, stream, body)
        if not stream.unsent:
            self.streams.pop(number, None)

    def refuse(self, number: int) -> None:
        """Say that a request was not looked at (RFC 9113, 8.7)."""
        if self.streams.pop(number, None) is not None:
            self.out += code_frame(RST_STREAM, number, REFUSED_STREAM)

    def go_away(self, last: int) -> None:
        """Say that no request after `last` was or will be looked at (RFC 9113, 6.8)."""
        if self._most is not None:
            return
        self._most = last
        self.out += goaway(last, NO_ERROR)
        for number in [number for number in self.streams if number > last]:
            self._remove(number)

    @property
    def is_over(self) -> bool:
        """Whether nothing is to be answered on it any more."""
        return self._most is not None and not self.streams

    def _after_preface(self, data: bytes) -> bytes:
        expected, self._preface = self._preface[: len(data)], self._preface[len(data) :]
        if not data.startswith(expected):
            raise ProtocolError("this is not HTTP/2")
        return data[len(expected) :]

    def _send_blocked(self) -> None:
        """Send what is blocked; forget streams sent to their end, no request that waits for one."""
        blocked = self._blocked
        super()._send_blocked()
        for number in set(blocked).difference(self._blocked):
            del self.streams[number]

    def _read_headers(self, flags: int, number: int, block: bytes) -> None:
        headers = self._read_block(block)
        stream = self.streams.get(number)
        if stream is None:
            stream = self._begin(number, headers)
        elif stream.is_complete:
            raise ProtocolError("headers after the end of a request", STREAM_CLOSED)
        if stream is not None and flags & END_STREAM:
            self._end(number, stream)

    def _read_block(self, block: bytes) -> dict[str, str]:
        if block != self._block:
            self._headers = dict(self._decoded(block))
            self._block = block if is_stateless(block) else b""
        return self._headers

    def _begin(self, number: int, headers: Mapping[str, str]) -> RequestStream | None:
        if not self._is_idle(number) or number % 2 == 0:
            raise ProtocolError("a stream out of turn")
        self._last = number
        if self._most is not None:
            return None
        if len(self.streams) >= STREAMS:
            self.out += code_frame(RST_STREAM, number, REFUSED_STREAM)
            return None
        stream = RequestStream(window=self._stream_window, headers=headers)
        self.streams[number] = stream
        return stream

    def _read_data(self, flags: int, number: int, stream: RequestStream, data: bytes) -> None:
        if stream.is_complete:
            return
        stream.body += data
        if flags & END_STREAM:
            self._end(number, stream)

    def _end(self, number: int, stream: RequestStream) -> None:
        stream.is_complete = True
        self._requests.append(Request(number, stream.headers, stream.body))

    def _is_idle(self, number: int) -> bool:
        return number % 2 == 0 or number > self._last

    def _on_reset(self, number: int, _code: int) -> None:
        self._remove(number)

    def _close_stream(self, number: int) -> None:
        self._remove(number)

    def _on_shutdown(self, _last: int, _code: int) -> None:
        """Do nothing: what the client asked before is still answered."""

    def _set(self, name: int, value: int) -> None:
        """Do nothing with settings: our headers use no table, and we push nothing."""


@lru_cache(maxsize=256)
def _block(status: int, headers: tuple[tuple[str, str], ...]) -> bytes:
    """Encode headers that no table remembers: the same bytes for every connection."""
    fields = [(":status", str(status)), *headers]
    return Encoder().encode([NeverIndexedHeaderTuple(*pair) for pair in fields])
