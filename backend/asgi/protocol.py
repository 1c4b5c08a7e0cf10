"""HTTP/1.1 on one connection: llhttp parses and uvicorn speaks; heads are bounded here, in size and
in time, because neither of them does that.
"""

import asyncio
from typing import Any, NamedTuple, NoReturn

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from backend.asgi.refusals import raw_refusal

# A longer target is refused here; up to this length the front refuses too long an address.
LONGEST_TARGET_BYTES = 65_536
LONGEST_FIELD_BYTES = 8_190
MOST_FIELDS = 100
# Most bytes of an incomplete head, chunk's head or trailer; one read of the socket comes on top.
MOST_PENDING_BYTES = 131_072
# Requests that wait for the answer before theirs; behind the last of them the connection ends.
MOST_PIPELINED = 32
# How long a connection that was asked nothing for a moment may still ask when the process stops.
LAST_CALL_S = 0.5
Fields = list[tuple[bytes, bytes]]


class Fault(NamedTuple):
    """The reason why a head is refused."""

    status: int
    detail: str


UNREADABLE = Fault(400, "This is not HTTP/1.1, or could be read in more than one way.")
LONG_TARGET = Fault(414, "This address is too long.")
LONG_HEAD = Fault(431, "The head of this request is too long, or has too many fields.")


class Refused(Exception):
    """Ends the parsing of a connection."""


class Protocol(HttpToolsProtocol):
    """One connection of HTTP/1.1; a refusal is a problem document, and ends it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._fault = UNREADABLE
        self._pending_bytes = 0
        self._head_due_s = 0.0
        self._is_stopping = False
        # uvicorn's own `cycle` is of the request that came last, and others may wait before it.
        self._answered: RequestResponseCycle = self.cycle

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._close_at(self.loop.time() + self.timeout_keep_alive)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._is_answering:
            self._answered.disconnected = True
            self._answered.message_event.set()
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Keep the connection of a client that sent all and may still read; not once the answer
        began, because a client that leaves a stream looks the same.
        """
        if not self._is_answering or self.cycle.more_body or self._answered.response_started:
            return False
        self.cycle.keep_alive = False
        return True

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        self._pending_bytes += len(data)
        try:
            self._parse(data)
        except HttpParserError:
            self.send_400_response("")
        if self._pending_bytes:
            self._wait_for_more()

    def on_header(self, name: bytes, value: bytes) -> None:
        if len(self.headers) == MOST_FIELDS:
            self._refuse(LONG_HEAD)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self.parser.should_upgrade():
            if self.parser.get_method() == b"CONNECT":
                self._refuse(UNREADABLE)
            return  # it is parsed again
        self._pending_bytes, version = 0, self.parser.get_http_version()
        self.expect_100_continue &= version == "1.1"
        fault = fault_of(self.url, self.headers, version)
        if fault is not None or len(self.pipeline) == MOST_PIPELINED:
            self._refuse(fault or UNREADABLE)
        super().on_headers_complete()
        self.headers = []  # a trailer is no part of the head that the app sees
        if self._is_stopping:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        self._pending_bytes, self._head_due_s = 0, 0.0
        self.cycle.keep_alive &= self.parser.should_keep_alive()  # a trailer may end it
        super().on_message_complete()

    def on_body(self, body: bytes) -> None:
        self._pending_bytes = 0
        super().on_body(body)

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be parsed; the answers to what came before it end first."""
        if self.pipeline and self.cycle.more_body:
            self.pipeline.popleft()
            self.cycle = self.pipeline[0][0] if self.pipeline else self._answered
        if not self._is_answering or self._waits_for_body:
            self.transport.write(raw_refusal(*self._fault))
            self.transport.close()
        elif self.cycle.more_body:
            self.transport.close()
        else:
            self.cycle.keep_alive = False
            self.flow.pause_reading()

    def shutdown(self) -> None:
        """Close after a last request, which may be on its way and is answered."""
        self._is_stopping = True
        self.loop.call_later(self._longest_end_s, self.transport.abort)
        if self._is_answering:
            super().shutdown()
        else:
            self._close_at(self.loop.time() + LAST_CALL_S)

    @property
    def _is_answering(self) -> bool:
        return self._answered is not None and not self._answered.response_complete

    @property
    def _waits_for_body(self) -> bool:
        return self.cycle.more_body and not self.cycle.response_started

    @property
    def _longest_end_s(self) -> float:
        """Return after how long clients that wait for news or read nothing are dropped: before
        uvicorn cancels what runs.
        """
        return 0.8 * (self.config.timeout_graceful_shutdown or 0)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def _parse(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            # llhttp ends the request at its head and passes over the body. Java asks so each time.
            text = self._head_without_upgrade() + data[upgrade.args[0] :]
            self.parser = HttpRequestParser(self)  # the old one may take the connection for closed
            self._parse(text)

    def _head_without_upgrade(self) -> bytes:
        """Return the head without Upgrade: no other protocol is spoken here, and a request for one
        may be answered in this one (RFC 9110, 7.8).
        """
        fields = (b"%b: %b\r\n" % each for each in self.headers if each[0] != b"upgrade")
        version = self.parser.get_http_version().encode()
        line = b"%b %b HTTP/%b\r\n" % (self.parser.get_method(), self.url, version)
        return line + b"".join(fields) + b"\r\n"

    def _refuse(self, fault: Fault) -> NoReturn:
        """End the parsing in its middle, with this fault as the answer."""
        self._fault = fault
        raise Refused

    def _wait_for_more(self) -> None:
        """Bound a head that comes in pieces: it has no longer than one that does not come."""
        if self._pending_bytes > MOST_PENDING_BYTES:
            self._fault = LONG_HEAD
            self.send_400_response("")
        self._head_due_s = self._head_due_s or self.loop.time() + self.timeout_keep_alive
        if not self._is_answering:
            self._close_at(self._head_due_s)

    def _close_at(self, due_s: float) -> None:
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_at(due_s, self.timeout_keep_alive_handler)


def fault_of(target: bytes, fields: Fields, version: str) -> Fault | None:
    """Find what llhttp passes and a proxy in front might read otherwise, or what is too long."""
    if len(target) > LONGEST_TARGET_BYTES:
        return LONG_TARGET
    if version not in {"1.0", "1.1"}:
        return UNREADABLE
    hosts = 0
    for name, value in fields:
        if len(name) + len(value) > LONGEST_FIELD_BYTES:
            return LONG_HEAD
        if name == b"host":
            hosts += 1
        elif name == b"transfer-encoding" and (version == "1.0" or value.lower() != b"chunked"):
            return UNREADABLE
    return UNREADABLE if hosts > 1 or (hosts == 0 and version == "1.1") else None
