"""A few HTTP/2 connections to one server, and the requests that share them."""

import contextlib
import logging
import selectors
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from push.transport.frames import ProtocolError
from push.transport.http2 import Connection, Ended
from push.transport.outcome import Answer

log = logging.getLogger(__name__)

# 10,000 messages a second at 80 ms are 800 on their way; twice as many leave room for a slow day.
MOST_LINKS = 16
STREAMS_A_LINK = 100
ANSWER_WITHIN_S = 20.0  # Google asks to wait at least 10 s
CONNECT_WITHIN_S = 10.0
# A connection that rested may be dead already: some networks forget it without a word.
RESTS_AT_MOST_S = 50.0
GATHER_S = 0.01  # at full rate a hundred answers come in it: one turn of the worker for all of them
FEW = 50  # a provider that answers so slowly is not asked a hundred times a second
READ_BYTES = 1 << 14  # a record of TLS
WRITE_BYTES = 1 << 18

Finished = list[tuple[Any, Answer]]


class NoHttp2(Exception):
    """The server does not speak it; nothing of what was to be sent has left."""

    def __init__(self, waiting: Sequence["Request"]) -> None:
        super().__init__("the server speaks no HTTP/2")
        self.waiting = waiting


class Request(NamedTuple):
    """`key` is the caller's own."""

    key: Any
    bearer: str
    body: bytes
    ends_at: float  # of the clock of connections
    was_refused: bool = False


@dataclass(slots=True, eq=False)
class Link:
    """A socket on its way to the server or connected with it."""

    socket: ssl.SSLSocket
    connection: Connection
    opened_at: float
    heard_at: float
    is_open: bool = False
    is_watched_for: int = 0
    unwritten: bytes = b""

    @property
    def room(self) -> int:
        return min(self.connection.room, STREAMS_A_LINK) if self.is_open else 0


@dataclass(slots=True)
class Connections:
    """Opens connections as they are needed, and keeps them."""

    host: str
    port: int
    path: str
    context: ssl.SSLContext
    clock: Callable[[], float] = time.monotonic
    waiting: deque[Request] = field(default_factory=deque)
    links: list[Link] = field(default_factory=list)
    failures: int = 0
    _finished: Finished = field(default_factory=list)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)

    def start(self, key: Any, bearer: str, body: bytes) -> None:
        self.waiting.append(Request(key, bearer, body, self.clock() + ANSWER_WITHIN_S))

    def collect(self, wait_s: float) -> Finished:
        """What has ended; waits for something to happen so long, or for more than a few answers.

        Raises:
            NoHttp2: the server speaks another protocol.
        """
        self._open_links()
        self._write()
        if self._serve(wait_s) and wait_s:
            self._gather(GATHER_S)
            if 0 < len(self._finished) < FEW:
                self._gather(wait_s)
        self._expire()
        self._write()
        finished, self._finished = self._finished, []
        return finished

    def close(self) -> None:
        for link in list(self.links):
            self._give_up(link)
        self._selector.close()

    def _gather(self, wait_s: float) -> None:
        time.sleep(wait_s)
        self._serve(0)

    def _open_links(self) -> None:
        under_way = sum(len(link.connection.streams) for link in self.links)
        wanted = min(MOST_LINKS, -(-(len(self.waiting) + under_way) // STREAMS_A_LINK))
        usable = sum(not link.connection.goes_away for link in self.links)
        for _ in range(wanted - usable):
            try:
                self._open()
            except OSError as error:
                self._refuse_waiting(error)
                return

    def _open(self) -> None:
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = found[self.failures % len(found)]
        plain = socket.socket(family, kind, protocol)
        plain.setblocking(False)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(BlockingIOError):
            plain.connect(address)
        wrapped = self.context.wrap_socket(
            plain, server_hostname=self.host, do_handshake_on_connect=False
        )
        authority = self.host if self.port == 443 else f"{self.host}:{self.port}"
        now = self.clock()
        link = Link(wrapped, Connection(authority, self.path), now, now)
        self.links.append(link)
        self._watch(link, selectors.EVENT_WRITE)

    def _serve(self, wait_s: float) -> bool:
        """Let every socket go on that can; whether there was any."""
        ready = self._selector.select(wait_s) if self.links else []
        for key, _events in ready:
            link: Link = key.data
            try:
                if not link.is_open:
                    self._shake_hands(link)
                if link.is_open:
                    self._read(link)
            except (OSError, ProtocolError) as error:
                self._lose(link, error)
        self._feed()
        return bool(ready)

    def _shake_hands(self, link: Link) -> None:
        problem = link.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if problem:
            raise OSError(problem, "no connection")
        try:
            link.socket.do_handshake()
        except ssl.SSLWantReadError:
            self._watch(link, selectors.EVENT_READ)
        except ssl.SSLWantWriteError:
            self._watch(link, selectors.EVENT_WRITE)
        else:
            if link.socket.selected_alpn_protocol() != "h2":
                waiting, self.waiting = list(self.waiting), deque()
                raise NoHttp2(waiting)
            self.failures = 0
            link.is_open, link.heard_at = True, self.clock()
            self._watch(link, selectors.EVENT_READ)

    def _read(self, link: Link) -> None:
        while True:
            try:
                data = link.socket.recv(READ_BYTES)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            if not data:
                raise OSError("the server closed the connection")
            link.heard_at = self.clock()
            self._end(link.connection.receive(data))

    def _feed(self) -> None:
        """Spread what waits over the connections evenly: answers come from all of them at once."""
        for link in sorted(self.links, key=lambda link: len(link.connection.streams)):
            for _ in range(min(link.room, len(self.waiting))):
                request = self.waiting.popleft()
                link.connection.request(request, request.bearer, request.body)

    def _write(self) -> None:
        self._feed()
        for link in list(self.links):
            if link.is_open and (link.connection.out or link.unwritten):
                try:
                    self._write_to(link)
                except OSError as error:
                    self._lose(link, error)

    def _write_to(self, link: Link) -> None:
        data = link.unwritten + bytes(link.connection.out)
        link.connection.out.clear()
        written = 0
        events = selectors.EVENT_READ
        try:
            while written < len(data):
                written += link.socket.send(data[written : written + WRITE_BYTES])
        except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
            events |= selectors.EVENT_WRITE
        link.unwritten = data[written:]
        self._watch(link, events)

    def _watch(self, link: Link, events: int) -> None:
        if events == link.is_watched_for:
            return
        if link.is_watched_for:
            self._selector.modify(link.socket, events, link)
        else:
            self._selector.register(link.socket, events, link)
        link.is_watched_for = events

    def _expire(self) -> None:
        now = self.clock()
        for link in list(self.links):
            if not link.is_open:
                if now - link.opened_at > CONNECT_WITHIN_S:
                    self._lose(link, OSError("no connection in time"))
                continue
            if self._cancel_late(link, now) and now - link.heard_at >= ANSWER_WITHIN_S:
                self._lose(link, OSError("a connection that is silent"))
            elif not link.connection.streams and _is_over(link, now):
                self._give_up(link)
        while self.waiting and self.waiting[0].ends_at <= now:
            self._finished.append((self.waiting.popleft().key, Answer(0, unsent=True)))

    def _cancel_late(self, link: Link, now: float) -> bool:
        """Streams are in the order of their beginning, and all wait equally long; whether any
        was late."""
        streams, were = link.connection.streams, len(link.connection.streams)
        while streams:
            number, stream = next(iter(streams.items()))
            if stream.key.ends_at > now:
                break
            self._end([link.connection.cancel(number)])
        return len(streams) < were

    def _end(self, ended: Sequence[Ended]) -> None:
        for request, fate, status, retry_after, body in ended:
            if fate == "answered":
                self._finished.append((request.key, Answer(status, body, retry_after)))
            elif fate == "refused" and not request.was_refused:
                ends_at = self.clock() + ANSWER_WITHIN_S
                self.waiting.append(request._replace(ends_at=ends_at, was_refused=True))
            else:
                self._finished.append((request.key, Answer(0, unsent=fate == "refused")))

    def _lose(self, link: Link, error: Exception) -> None:
        if link.connection.streams or not link.is_open:
            log.warning("lost a connection to the provider", extra={"reason": str(error)})
        self._give_up(link)
        if not link.is_open:
            self.failures += 1
            if not any(other.is_open for other in self.links):
                self._refuse_waiting(error)

    def _refuse_waiting(self, error: Exception) -> None:
        log.warning("no connection to the provider", extra={"reason": str(error)})
        self._finished += [(request.key, Answer(0, unsent=True)) for request in self.waiting]
        self.waiting.clear()

    def _give_up(self, link: Link) -> None:
        self._end(link.connection.close())
        self.links.remove(link)
        if link.is_watched_for:
            self._selector.unregister(link.socket)
        link.socket.close()


def _is_over(link: Link, now: float) -> bool:
    return link.connection.goes_away or now - link.heard_at > RESTS_AT_MOST_S
