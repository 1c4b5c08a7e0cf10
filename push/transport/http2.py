"""The client's side of HTTP/2 for one kind of request: a POST with a bearer token. Pure.

Bytes in, bytes and results out; no socket and no clock. A general client encodes the headers anew
for every request, a kilobyte of them for the bearer alone: here they are a few bytes from the
second request of a connection on.
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from hpack import Encoder

from push.transport.endpoint import Endpoint, Fields, Stream
from push.transport.frames import (
    CANCEL,
    COMPRESSION_ERROR,
    CONTINUATION,
    ENABLE_PUSH,
    END_HEADERS,
    END_STREAM,
    FLOW_CONTROL_ERROR,
    FRAME_SIZE_ERROR,
    HEADER_TABLE_SIZE,
    HEADERS,
    HTTP_1_1_REQUIRED,
    INADEQUATE_SECURITY,
    MAX_STREAM_ID,
    MAX_STREAMS,
    NO_ERROR,
    PREFACE,
    PROTOCOL_ERROR,
    REFUSED_STREAM,
    RST_STREAM,
    SETTINGS_TIMEOUT,
    STREAM_CLOSED,
    ProtocolError,
    code_frame,
    frame,
    goaway,
    initial_frames,
    is_stateless,
)
from push.transport.response_headers import MalformedError, check_fields, keeps_table, response_head

MAX_ANSWER_BYTES = 65_536
MAX_TABLE_BYTES = 4096
# Streams that Google grants, assumed until the server's SETTINGS say otherwise.
DEFAULT_STREAMS = 100
STATUS_200 = b"\x88"  # its index among HPACK's static headers
# Codes by which a server says that one of us two does not speak HTTP/2 as it should.
FAULT_CODES = {
    *(PROTOCOL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT, STREAM_CLOSED, FRAME_SIZE_ERROR),
    *(COMPRESSION_ERROR, INADEQUATE_SECURITY, HTTP_1_1_REQUIRED),
}

Result = Literal["answered", "unprocessed", "refused", "lost"]


class StreamResult(NamedTuple):
    """The end of a request: answered, certainly not processed (RFC 9113, 8.7), or unknown.

    Of those that were not processed, `unprocessed` ended with their connection; `refused` are those
    that the server did not want, and will not want on another connection either.
    """

    key: Any
    result: Result
    status: int = 0
    retry_after: str | None = None
    body: bytes = b""


@dataclass(slots=True)
class RequestStream(Stream):
    """A request in flight, and what came of its response."""

    key: Any = None
    status: int = 0
    retry_after: str | None = None
    content_length: int | None = None
    body: bytes = b""

    def ended(self, result: Result) -> StreamResult:
        return StreamResult(self.key, result, self.status, self.retry_after, self.body)

    @property
    def has_its_length(self) -> bool:
        """Whether the body is as long as it was announced; more than we keep is not counted."""
        return self.content_length == len(self.body) or len(self.body) >= MAX_ANSWER_BYTES


class Connection(Endpoint[RequestStream]):
    """A connection for one kind of request to one server, with as many at once as streams."""

    def __init__(self, authority: str, path: str, *, first_id: int = 1) -> None:
        # We announce an HPACK table of size 0: header blocks of responses are stateless. Not all
        # servers heed it (h2o 2.2 does not), so the decoder keeps a table of the usual size.
        super().__init__(PREFACE + initial_frames({HEADER_TABLE_SIZE: 0, ENABLE_PUSH: 0}))
        self._skippable = STATUS_200  # the last block of a 200 that need not be decoded
        self.is_shutting_down = False
        self.is_faulty = False  # a stream failed by the protocol, or the server found us at fault
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
        self._max_streams = DEFAULT_STREAMS
        self._first_unwritten = first_id
        self._has_ended = False
        self._results: list[StreamResult] = []

    @property
    def free_streams(self) -> int:
        """Count the requests that may begin now; 0 before the server's SETTINGS are known.

        Nothing has been sent, then, to a server that turns out not to speak HTTP/2.
        """
        if self.is_shutting_down or self._blocked or not self._has_settings:
            return 0
        return self._max_streams - len(self.streams)

    def request(self, key: Any, bearer: str, body: bytes) -> None:
        """Begin a request, for which there has to be a free stream and a body."""
        number, self._next = self._next, self._next + 2
        if self._next > MAX_STREAM_ID:
            self.is_shutting_down = True
        stream = self.streams[number] = RequestStream(window=self._stream_window, key=key)
        self.out += self._header_frames(number, bearer)
        self._send(number, stream, body)

    @property
    def is_ready(self) -> bool:
        """Whether the server has said its part of the preface (RFC 9113, 3.4)."""
        return self._has_settings

    def take_out(self) -> bytes:
        """Take the bytes that are to be written now."""
        data = bytes(self.out)
        self.out.clear()
        self._first_unwritten = self._next
        return data

    def receive(self, data: bytes) -> list[StreamResult]:
        """Take what the server sent; return the requests that ended by it.

        Raises:
            ProtocolError: write what is to be written, and close the connection.
        """
        try:
            self._read(data)
        except ProtocolError as error:
            self._end_connection(error.code)
            raise
        results, self._results = self._results, []
        return results

    def cancel(self, number: int) -> StreamResult:
        """Wait for this request no longer."""
        self.out += code_frame(RST_STREAM, number, CANCEL)
        return self._drop(number, "lost", if_unsent="refused")

    def close(self) -> list[StreamResult]:
        """End the connection, from which nothing more comes; return how all in flight ended."""
        self._end_connection(NO_ERROR)
        results, self._results = self._results, []
        for number in list(self.streams):
            left = number < self._first_unwritten
            results.append(self._drop(number, "lost" if left else "unprocessed"))
        return results

    def _end_connection(self, code: int) -> None:
        """End with GOAWAY, in place of all that had not been taken to be written."""
        if not self._has_ended:
            self.out[:] = goaway(0, code)
        self.is_shutting_down = self._has_ended = True

    def _drop(
        self, number: int, result: Result, *, if_unsent: Result = "unprocessed"
    ) -> StreamResult:
        """End a request; one whose body had not left entirely was certainly not processed."""
        stream = self._remove(number)
        return stream.ended(if_unsent if stream.unsent else result)

    def _finish(self, number: int) -> None:
        """End a request whose response is whole, maybe before our body was sent (8.1)."""
        stream = self._remove(number)
        if stream.unsent:
            self.out += code_frame(RST_STREAM, number, CANCEL)
        if stream.content_length is None or stream.has_its_length:
            self._results.append(stream.ended("answered"))
        else:
            self.is_faulty = True
            self._results.append(stream.ended("lost"))

    def _close_stream(self, number: int) -> None:
        self.is_faulty = True
        self._results.append(self._drop(number, "lost", if_unsent="refused"))

    def _is_idle(self, number: int) -> bool:
        return number % 2 == 0 or number >= self._next

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

    def _read_data(self, flags: int, number: int, stream: RequestStream, data: bytes) -> None:
        if not stream.status:  # a body before the final headers
            self._stream_error(number, PROTOCOL_ERROR)
            return
        if len(stream.body) < MAX_ANSWER_BYTES:
            stream.body += data
        if flags & END_STREAM:
            self._finish(number)

    def _read_headers(self, flags: int, number: int, block: bytes) -> None:
        """Read the header section of a response, an interim one before it, or trailers.

        That of a 200 is not decoded unless a later block depends on it: what makes it an acceptance
        is the name in its body, not its headers.
        """
        stream = self.streams.get(number)
        if stream is None or stream.status or not self._is_skippable(block):
            self._read_fields(flags, number, stream, self._decoded(block))
            return
        stream.status = 200
        if flags & END_STREAM:
            self._finish(number)

    def _read_fields(
        self, flags: int, number: int, stream: RequestStream | None, fields: Fields
    ) -> None:
        if stream is None:
            self._expect_closed(number)
            return
        try:
            _apply(stream, fields, is_last=bool(flags & END_STREAM))
        except MalformedError:
            self._stream_error(number, PROTOCOL_ERROR)
            return
        if flags & END_STREAM:
            self._finish(number)

    def _is_skippable(self, block: bytes) -> bool:
        if block == self._skippable:
            return True
        if not block.startswith(STATUS_200) or not keeps_table(block):
            return False
        self._skippable = block
        return True

    def _on_reset(self, number: int, code: int) -> None:
        self.is_faulty |= code in FAULT_CODES
        result: Result = "refused" if code == REFUSED_STREAM else "lost"
        self._results.append(self._drop(number, result, if_unsent="refused"))

    def _set(self, name: int, value: int) -> None:
        if name == HEADER_TABLE_SIZE:
            self._encoder.header_table_size = min(value, MAX_TABLE_BYTES)
            self._block = b""
        elif name == MAX_STREAMS:
            self._max_streams = value
        elif name == ENABLE_PUSH and value:
            raise ProtocolError("a server that wants to be pushed to")

    def _on_shutdown(self, last: int, code: int) -> None:
        """Drop streams above the last one as not processed; the others will still be answered."""
        self.is_shutting_down = True
        self.is_faulty |= code in FAULT_CODES
        for number in [number for number in self.streams if number > last]:
            self._results.append(self._drop(number, "unprocessed"))


def _apply(stream: RequestStream, fields: Fields, *, is_last: bool) -> None:
    """Take one header section of a response into its stream.

    Raises:
        MalformedError: it must not be taken.
    """
    if stream.status:
        if not is_last:
            raise MalformedError("trailers that are not the end")
        check_fields(fields)
        return
    head = response_head(fields)
    if not head.is_interim:
        stream.status, stream.retry_after = head.status, head.retry_after
        stream.content_length = head.content_length
    elif is_last:
        raise MalformedError("an interim response is not the end")
