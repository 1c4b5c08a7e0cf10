"""SSRF guard: connections checked on the resolved address, under a deadline watchdog."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import SplitResult

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util import Timeout

from backend.outbound.networks import Network, is_allowed, is_opened

_Found = tuple[socket.AddressFamily, Any]


class Forbidden(Exception):
    """The address may not be connected to."""


class Unresolved(Exception):
    """The host has no address, or its name server does not answer."""


class Watchdog:
    """Deadline: shuts the connection when the time is over, whatever the bytes do.

    A socket's own time-out starts again with every byte, so a slow drip would last for ever.
    """

    def __init__(self, seconds: float) -> None:
        self.ends = time.monotonic() + seconds
        self.has_bitten = False
        self._held: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(max(0.0, seconds), self._bite)
        self._timer.daemon = True

    def __enter__(self) -> "Watchdog":
        self._timer.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _t: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            for held in self._held:
                held.close()
            self._held.clear()

    def left(self) -> float:
        return max(0.01, self.ends - time.monotonic())

    def watch(self, connection: socket.socket) -> None:
        """Hold a second handle of the connection: TLS takes the first one over."""
        with self._lock:
            self._held.append(connection.dup())
        if self.has_bitten:
            self._bite()

    def _bite(self) -> None:
        self.has_bitten = True
        with self._lock:
            for held in self._held:
                with contextlib.suppress(OSError):
                    held.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True, slots=True)
class Reach:
    """Networks and ports that may be connected to: public and `allowed` networks at `ports`.

    Any port of an allowed network is only for `own_address`, which a stranger did not choose.
    """

    allowed: tuple[Network, ...]
    ports: frozenset[int]
    own_address: bool


@dataclass(frozen=True, slots=True)
class _Guard:
    """Opens sockets for one exchange."""

    reach: Reach
    watchdog: Watchdog
    connect_s: float

    def connect(self, host: str, port: int) -> socket.socket:
        found = _resolved(host, port, min(self.connect_s, self.watchdog.left()))
        self._check([str(place[0]) for _, place in found], port)
        failure: OSError | None = None
        for family, place in found:
            try:
                return self._opened(family, place)
            except OSError as error:
                failure = error
        raise failure or OSError("no address")

    def _check(self, addresses: Sequence[str], port: int) -> None:
        """Check every resolved address: a host that also names a private one is not trusted."""
        reach = self.reach
        if not all(is_allowed(address, reach.allowed) for address in addresses):
            raise Forbidden("the host has a private or reserved address")
        opened = all(is_opened(address, reach.allowed) for address in addresses)
        if port not in reach.ports and not (reach.own_address and opened):
            raise Forbidden(f"port {port} is not allowed")

    def _opened(self, family: socket.AddressFamily, place: Any) -> socket.socket:
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(min(self.connect_s, self.watchdog.left()))
            connection.connect(place)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.watchdog.watch(connection)
        except BaseException:
            connection.close()
            raise
        return connection


class _PlainConnection(HTTPConnection):
    def __init__(self, *args: Any, guard: _Guard, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._guard = guard

    def _new_conn(self) -> socket.socket:
        return self._guard.connect(self._dns_host, self.port or 80)


class _SecureConnection(HTTPSConnection):
    def __init__(self, *args: Any, guard: _Guard, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._guard = guard

    def _new_conn(self) -> socket.socket:
        return self._guard.connect(self._dns_host, self.port or 443)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


def guarded_pool(
    target: SplitResult,
    reach: Reach,
    watchdog: Watchdog,
    *,
    connect_s: float,
    tls: ssl.SSLContext | None,
) -> HTTPConnectionPool:
    """Make a pool for one exchange with the target's host.

    Raises:
        Forbidden: the host's name cannot be one.
    """
    guard = _Guard(reach, watchdog, connect_s)
    try:
        host = (target.hostname or "").encode("idna").decode()
    except UnicodeError as error:
        raise Forbidden("this is not the name of a host") from error
    timeout = Timeout(connect=connect_s, read=watchdog.left())
    if tls is None:
        return _PlainPool(host, target.port or 80, timeout=timeout, guard=guard)
    return _SecurePool(host, target.port or 443, timeout=timeout, ssl_context=tls, guard=guard)


def _resolved(host: str, port: int, seconds: float) -> list[_Found]:
    """Resolve a host to its addresses, each once, in a thread: the resolver has no time-out."""
    answers: list[list[_Found]] = []

    def ask() -> None:
        with contextlib.suppress(OSError, UnicodeError):
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.append([(info[0], info[4]) for info in infos])

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(seconds)
    if not answers or not answers[0]:
        raise Unresolved("the host's name leads to no address")
    return list(dict.fromkeys(answers[0]))
