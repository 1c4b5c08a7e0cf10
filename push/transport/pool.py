"""A pool of HTTP/2 connections to one server, and the requests that share them."""

import contextlib
import logging
import selectors
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from backend.core.faults import log_fault
from push.transport import metrics
from push.transport.frames import ProtocolError
from push.transport.http2 import Connection, Result, StreamResult
from push.transport.outcome import Answer
from push.transport.pooled import STREAMS_PER_CONNECTION, PooledConnection, Request

log = logging.getLogger(__name__)

# 10,000 messages a second at 80 ms are 800 in flight; twice as many leave room for a slow day.
MAX_CONNECTIONS = 16
# Further connections, for messages that were on one that broke, and for probes.
MAX_APART = 8
RESPONSE_TIMEOUT_S = 20.0  # Google asks to wait at least 10 s
CONNECT_TIMEOUT_S = 10.0
# A connection that was idle for longer may be dead: some networks drop it silently.
MAX_IDLE_S = 50.0
# Pauses between connections that ended without an answer, doubling: back-off for the server.
FIRST_RECONNECT_S, MAX_RECONNECT_S = 0.1, 5.0
BATCH_WAIT_S = 0.01  # at full rate a hundred answers come in it: one turn of the worker for all
SMALL_BATCH = 50  # a provider that answers so slowly is not asked a hundred times a second
READ_BYTES = 1 << 14  # a record of TLS
MAX_READS = 256  # one connection that never ends to speak must not hold the others up
WRITE_BYTES = 1 << 18
MAX_UNWRITTEN_BYTES = 1 << 22  # all streams full of messages need a tenth of it

Finished = list[tuple[Any, Answer]]


@dataclass(slots=True)
class ConnectionPool:
    """A pool that opens connections as they are needed, and keeps them alive.

    `faults_in_a_row` counts connections on which HTTP/2 failed while no request was answered on
    any of them. `speaks_http2` turns false when a server negotiates another protocol; then and
    whenever its owner likes, `hand_over` ends the pool and loses no request.
    """

    name: ClassVar[str] = "own"

    host: str
    port: int
    path: str
    context: ssl.SSLContext
    clock: Callable[[], float] = time.monotonic
    waiting: deque[Request] = field(default_factory=deque)
    groups: dict[Any, deque[Request]] = field(default_factory=dict)  # that wait
    connections: list[PooledConnection] = field(default_factory=list)
    failures: int = 0  # connections in a row that ended without an answer
    faults_in_a_row: int = 0
    speaks_http2: bool = True
    _reconnects_at: float = 0.0
    _finished: Finished = field(default_factory=list)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)

    def start(self, key: Any, bearer: str, body: bytes, group: Any = None) -> None:
        ends_at = self.clock() + RESPONSE_TIMEOUT_S
        self._enqueue(Request(key, bearer, body, ends_at, gives_up_at=ends_at, group=group))

    def collect(self, wait_s: float) -> Finished:
        """Return what has ended; wait so long for something, or for more than a few answers."""
        self._open_connections()
        self._write()
        if self._serve(wait_s) and wait_s:
            self._gather(BATCH_WAIT_S)
            if 0 < len(self._finished) < SMALL_BATCH:
                self._gather(wait_s)
        self._expire()
        self._write()
        finished, self._finished = self._finished, []
        return finished

    def hand_over(self) -> tuple[Finished, list[Request]]:
        """Close everything: what has ended, in-flight requests as lost, and those never sent."""
        self.close()
        finished, self._finished = self._finished, []
        return finished, self._take_waiting()

    def close(self) -> None:
        for pooled in list(self.connections):
            self._discard(pooled)
        self._selector.close()

    def _gather(self, wait_s: float) -> None:
        time.sleep(wait_s)
        self._serve(0)

    def _open_connections(self) -> None:
        if self.clock() < self._reconnects_at:
            return
        shared = [pooled for pooled in self.connections if not pooled.is_apart]
        in_flight = sum(len(pooled.http2.streams) for pooled in shared)
        needed = -(-(len(self.waiting) + in_flight) // STREAMS_PER_CONNECTION)
        usable = sum(not pooled.http2.is_shutting_down for pooled in shared)
        missing = [False] * (min(MAX_CONNECTIONS, needed) - usable)
        if self.groups:
            apart = sum(pooled.is_apart for pooled in self.connections)
            missing += [True] * (min(MAX_APART, len(self.groups)) - apart)
        for is_apart in missing:
            try:
                self._open(is_apart=is_apart)
            except (OSError, ValueError) as error:  # a host name that is none is a ValueError
                self._refuse_waiting(error)
                return

    def _enqueue(self, request: Request) -> None:
        if request.group is None:
            self.waiting.append(request)
        else:
            self.groups.setdefault(request.group, deque()).append(request)

    def _take_waiting(self) -> list[Request]:
        waiting = [*self.waiting, *(request for group in self.groups.values() for request in group)]
        self.waiting.clear()
        self.groups.clear()
        return waiting

    def _open(self, *, is_apart: bool) -> None:
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = found[self.failures % len(found)]
        with contextlib.ExitStack() as on_error:
            plain = on_error.enter_context(socket.socket(family, kind, protocol))
            plain.setblocking(False)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with contextlib.suppress(BlockingIOError):
                plain.connect(address)
            wrapped = self.context.wrap_socket(
                plain, server_hostname=self.host, do_handshake_on_connect=False
            )
            on_error.pop_all()
        authority = self.host if self.port == 443 else f"{self.host}:{self.port}"
        now = self.clock()
        http2 = Connection(authority, self.path)
        pooled = PooledConnection(wrapped, http2, now, now, now, is_apart=is_apart)
        self.connections.append(pooled)
        self._watch(pooled, selectors.EVENT_WRITE)

    def _serve(self, wait_s: float) -> bool:
        """Serve every socket that is ready; tell whether there was any."""
        ready = self._selector.select(wait_s) if self.connections else []
        for key, _events in ready:
            self._serve_one(key.data)
        self._assign_streams()
        return bool(ready)

    def _serve_one(self, pooled: PooledConnection) -> None:
        try:
            if not pooled.is_open:
                self._shake_hands(pooled)
            if pooled.is_open:
                self._read(pooled)
        except OSError as error:
            self._fail(pooled, error)
        except ProtocolError as error:
            self._fail(pooled, error, is_fault=True)
        except Exception as error:  # noqa: BLE001 - what a server sends costs its connection at most
            log_fault(error, step="connection")
            metrics.count_fault()
            self._fail(pooled, error, is_fault=True)

    def _shake_hands(self, pooled: PooledConnection) -> None:
        problem = pooled.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if problem:
            raise OSError(problem, "no connection")
        try:
            pooled.socket.do_handshake()
        except ssl.SSLWantReadError:
            self._watch(pooled, selectors.EVENT_READ)
        except ssl.SSLWantWriteError:
            self._watch(pooled, selectors.EVENT_WRITE)
        else:
            self._connected(pooled)

    def _connected(self, pooled: PooledConnection) -> None:
        if pooled.socket.selected_alpn_protocol() != "h2":
            self.speaks_http2 = False
            self._discard(pooled)
            return
        pooled.is_open = True
        pooled.read_at = pooled.answered_at = self.clock()
        self._watch(pooled, selectors.EVENT_READ)

    def _read(self, pooled: PooledConnection) -> None:
        """Read all that has come, also what TLS holds decrypted: no selector wakes for that."""
        reads = 0
        while reads < MAX_READS or pooled.socket.pending():
            try:
                data = pooled.socket.recv(READ_BYTES)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            if not data:
                raise OSError("the server closed the connection")
            reads += 1
            pooled.read_at = self.clock()
            self._take(pooled, pooled.http2.receive(data))

    def _take(
        self, pooled: PooledConnection, results: Sequence[StreamResult], among: int = 1
    ) -> None:
        if self._finish(results, among):
            pooled.has_answered, pooled.answered_at = True, pooled.read_at
            self.failures = self.faults_in_a_row = 0
        if pooled.http2.is_faulty and not pooled.is_faulty:
            self._count_fault(pooled)

    def _count_fault(self, pooled: PooledConnection) -> None:
        """Count a fault once for a connection, which gets no new requests."""
        pooled.is_faulty = True
        pooled.http2.is_shutting_down = True
        self.faults_in_a_row += 1

    def _assign_streams(self) -> None:
        """Spread what waits over the connections evenly: answers come from all of them at once."""
        if self.groups:
            self._assign_groups()
        if not self.waiting:
            return
        shared = (pooled for pooled in self.connections if not pooled.is_apart)
        for pooled in sorted(shared, key=lambda pooled: len(pooled.http2.streams)):
            for _ in range(min(pooled.free_streams, len(self.waiting))):
                request = self.waiting.popleft()
                pooled.http2.request(request, request.bearer, request.body)

    def _assign_groups(self) -> None:
        """Assign each group to a connection where no other one is."""
        apart = [pooled for pooled in self.connections if pooled.is_apart]
        served = {pooled.group for pooled in apart if pooled.http2.streams}
        for pooled in apart:
            if not pooled.http2.streams and pooled.free_streams:
                pooled.group = next((name for name in self.groups if name not in served), None)
                served.add(pooled.group)
            waiting = self.groups.get(pooled.group, deque())
            for _ in range(min(pooled.free_streams, len(waiting))):
                request = waiting.popleft()
                pooled.http2.request(request, request.bearer, request.body)
        self.groups = {name: waiting for name, waiting in self.groups.items() if waiting}

    def _write(self) -> None:
        self._assign_streams()
        for pooled in list(self.connections):
            if pooled.is_open and (pooled.http2.out or pooled.unwritten):
                try:
                    self._write_to(pooled)
                except OSError as error:
                    self._fail(pooled, error)

    def _write_to(self, pooled: PooledConnection) -> None:
        data = pooled.unwritten + pooled.http2.take_out()
        written = 0
        events = selectors.EVENT_READ
        try:
            while written < len(data):
                written += pooled.socket.send(data[written : written + WRITE_BYTES])
        except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
            events |= selectors.EVENT_WRITE
        pooled.unwritten = data[written:]
        if len(pooled.unwritten) > MAX_UNWRITTEN_BYTES:
            raise OSError("the server does not read")
        self._watch(pooled, events)

    def _watch(self, pooled: PooledConnection, events: int) -> None:
        if events == pooled.watched_events:
            return
        if pooled.watched_events:
            self._selector.modify(pooled.socket, events, pooled)
        else:
            self._selector.register(pooled.socket, events, pooled)
        pooled.watched_events = events

    def _expire(self) -> None:
        now = self.clock()
        for pooled in list(self.connections):
            if not pooled.is_open:
                if now - pooled.opened_at > CONNECT_TIMEOUT_S:
                    self._fail(pooled, OSError("no connection in time"))
            else:
                self._expire_streams(pooled, now)
        for waiting in (self.waiting, *self.groups.values()):
            while waiting and waiting[0].ends_at <= now:
                self._finished.append((waiting.popleft().key, Answer(0, unsent=True)))
        self.groups = {name: waiting for name, waiting in self.groups.items() if waiting}

    def _expire_streams(self, pooled: PooledConnection, now: float) -> None:
        """Drop a connection that is silent; let one that talks but answers nothing run out."""
        if not pooled.http2.is_ready and now - pooled.opened_at > CONNECT_TIMEOUT_S:
            self._fail(pooled, ProtocolError("no SETTINGS in time"), is_fault=True)
            return
        if self._cancel_late(pooled, now):
            if now - pooled.read_at >= RESPONSE_TIMEOUT_S:
                self._fail(pooled, OSError("a connection that is silent"))
                return
            if now - pooled.answered_at >= RESPONSE_TIMEOUT_S:
                pooled.http2.is_shutting_down = True
        if not pooled.http2.streams and _is_over(pooled, now):
            self._discard(pooled)

    def _cancel_late(self, pooled: PooledConnection, now: float) -> bool:
        """Cancel late streams, which are in the order of their beginning and all wait equally long;
        tell whether any was late.
        """
        streams, before = pooled.http2.streams, len(pooled.http2.streams)
        is_silent = now - pooled.answered_at >= RESPONSE_TIMEOUT_S
        while streams:
            number, stream = next(iter(streams.items()))
            if stream.key.ends_at > now:
                break
            self._finish([pooled.http2.cancel(number)], before if is_silent else 1)
        return len(streams) < before

    def _finish(self, results: Sequence[StreamResult], among: int = 1) -> bool:
        """Take results; tell whether any was answered. `among` is how many were lost together."""
        was_answered = False
        for request, result, status, retry_after, body in results:
            if result == "answered":
                self._finished.append((request.key, Answer(status, body, retry_after)))
                was_answered = True
            elif self._is_sent_again(request, result):
                ends_at = self.clock() + RESPONSE_TIMEOUT_S
                is_second_try = request.is_second_try or result == "refused"
                self._enqueue(request._replace(ends_at=ends_at, is_second_try=is_second_try))
            else:
                is_lost = result == "lost"
                lost_among = among if is_lost else 1
                self._finished.append(
                    (request.key, Answer(0, unsent=not is_lost, among=lost_among))
                )
        return was_answered

    def _is_sent_again(self, request: Request, result: Result) -> bool:
        if result == "refused":
            return not request.is_second_try
        return result == "unprocessed" and self.clock() < request.gives_up_at

    def _fail(self, pooled: PooledConnection, error: Exception, *, is_fault: bool = False) -> None:
        if pooled.http2.streams or not pooled.is_open or is_fault:
            reason = {"reason": str(error), "is_protocol_error": is_fault}
            log.warning("lost a connection to the provider", extra=reason)
        self._discard(pooled)
        if is_fault and not pooled.is_faulty:
            self._count_fault(pooled)
        if not pooled.has_answered:
            self._back_off()
        if not (pooled.is_open or any(other.is_open for other in self.connections)):
            self._refuse_waiting(error)

    def _back_off(self) -> None:
        pause_s = FIRST_RECONNECT_S * int(2 ** min(self.failures, 10))
        self.failures += 1
        self._reconnects_at = self.clock() + min(pause_s, MAX_RECONNECT_S)

    def _refuse_waiting(self, error: Exception) -> None:
        log.warning("no connection to the provider", extra={"reason": str(error)})
        waiting = self._take_waiting()
        self._finished += [(request.key, Answer(0, unsent=True)) for request in waiting]

    def _discard(self, pooled: PooledConnection) -> None:
        ended = pooled.http2.close()
        self._take(pooled, ended, sum(each.result == "lost" for each in ended))
        self.connections.remove(pooled)
        if pooled.is_open and not pooled.unwritten:
            with contextlib.suppress(OSError):
                pooled.socket.send(pooled.http2.take_out())  # GOAWAY, if there is room for it
        if pooled.watched_events:
            self._selector.unregister(pooled.socket)
        pooled.socket.close()


def _is_over(pooled: PooledConnection, now: float) -> bool:
    return pooled.http2.is_shutting_down or now - pooled.read_at > MAX_IDLE_S
