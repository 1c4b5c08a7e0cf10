"""HTTP to the provider: the own HTTP/2 or libcurl, with exactly one answer for every request.

`auto` begins with the own HTTP/2 and goes over to libcurl when two connections in a row fail by
protocol errors and no request is answered in between; it stays there until the next start. `own`
keeps to it. Both use libcurl where HTTP/2 cannot be had: no TLS, a proxy, a server that negotiates
another protocol. `curl` is libcurl always.
"""

import logging
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from backend.core.faults import log_fault
from push.transport import metrics
from push.transport.curl import Curl
from push.transport.outcome import Answer
from push.transport.pool import ConnectionPool, Finished
from push.transport.pooled import Request

log = logging.getLogger(__name__)

HttpChoice = Literal["auto", "own", "curl"]
MAX_FAULTS_IN_A_ROW = 2


class HttpClient(Protocol):
    """A client with concurrent requests; `key` is the caller's own, and hashable."""

    name: ClassVar[str]
    speaks_http2: bool
    faults_in_a_row: int

    def start(self, key: Any, bearer: str, body: bytes, group: Any = None) -> None:
        """Begin a request; requests of a group share a connection with no others."""

    def collect(self, wait_s: float) -> Finished:
        """Return the answers that came; wait up to `wait_s` for one."""

    def hand_over(self) -> tuple[Finished, list[Request]]:
        """Close; return what has ended, and the requests that were certainly not sent."""

    def close(self) -> None:
        """Close connections."""


@dataclass(frozen=True, slots=True)
class Openers:
    """Functions that open each client; `own` is None where HTTP/2 cannot be had."""

    own: Callable[[], HttpClient] | None
    curl: Callable[[], HttpClient]

    def first(self, choice: HttpChoice) -> HttpClient:
        return self.own() if self.own is not None and choice != "curl" else self.curl()

    def after_fault(self, choice: HttpChoice) -> HttpClient:
        return self.own() if self.own is not None and choice == "own" else self.curl()


class FallbackClient:
    """A client that another one replaces when it fails.

    It remembers what is in flight: whatever a client does, or raises, each request has exactly one
    answer, and one that may have left has a lost one.
    """

    def __init__(
        self,
        openers: Openers,
        choice: HttpChoice,
        show: Callable[[str], object] = metrics.show_client,
    ) -> None:
        self._openers, self._choice, self._show = openers, choice, show
        self._in_flight: set[Any] = set()
        self._answers: Finished = []
        self._use(openers.first(choice))

    @property
    def name(self) -> str:
        return self._client.name

    def start(self, key: Any, bearer: str, body: bytes, group: Any = None) -> None:
        self._in_flight.add(key)
        try:
            self._client.start(key, bearer, body, group)
        except Exception as error:  # noqa: BLE001 - the other messages of the batch must not pay for it
            log_fault(error, step="start of a request")
            metrics.count_fault()
            self._finish([(key, Answer(0, unsent=True))])

    def collect(self, wait_s: float) -> Finished:
        try:
            self._finish(self._client.collect(0 if self._answers else wait_s))
            self._fall_back()
        except Exception as error:  # noqa: BLE001 - the worker records what had been answered, and goes on
            log_fault(error, step="HTTP client")
            metrics.count_fault()
            self._replace(self._openers.after_fault(self._choice))
        answers, self._answers = self._answers, []
        return answers

    def close(self) -> None:
        self._client.close()

    def _finish(self, answers: Finished) -> None:
        """Take each answer once: a second one for the same request is dropped."""
        keys = [key for key, _ in answers]
        before = len(self._in_flight)
        if self._in_flight.issuperset(keys):
            self._in_flight.difference_update(keys)
            if before - len(self._in_flight) == len(keys):
                self._answers += answers
                return
            self._in_flight.update(keys)
        for key, answer in answers:
            if key in self._in_flight:
                self._in_flight.remove(key)
                self._answers.append((key, answer))

    def _fall_back(self) -> None:
        client = self._client
        is_broken = self._choice == "auto" and client.faults_in_a_row >= MAX_FAULTS_IN_A_ROW
        if client.speaks_http2 and not is_broken:
            return
        if is_broken:
            metrics.count_fallback()
        reason = "protocol errors" if is_broken else "the server negotiates no HTTP/2"
        log.warning("libcurl takes over from the own HTTP/2", extra={"reason": reason})
        self._replace(self._openers.curl())

    def _replace(self, client: HttpClient) -> None:
        """Change clients: the new one sends what was certainly not sent, the rest is lost."""
        finished, unsent = self._handed_over()
        self._use(client)
        self._finish(finished)
        lost = self._in_flight.difference(request.key for request in unsent)
        self._finish([(key, Answer(0, among=len(lost))) for key in lost])
        for request in unsent:
            self.start(request.key, request.bearer, request.body, request.group)

    def _handed_over(self) -> tuple[Finished, list[Request]]:
        try:
            return self._client.hand_over()
        except Exception as error:  # noqa: BLE001 - a failed client may fail at its end too
            log_fault(error, step="end of the HTTP client")
            metrics.count_fault()
            return [], []

    def _use(self, client: HttpClient) -> None:
        self._client = client
        self._show(client.name)


def open_client(
    url: str,
    ca_file: str | None,
    choice: HttpChoice,
    clock: Callable[[], float] = time.monotonic,
) -> FallbackClient:
    """Open the client that a setting asks for, as far as the way to the provider allows."""

    def own() -> HttpClient:
        return _pool(url, ca_file, clock)

    def curl() -> HttpClient:
        return Curl(url, ca_file, clock)

    return FallbackClient(Openers(own if _is_direct(url) else None, curl), choice)


def _is_direct(url: str) -> bool:
    """Whether TLS goes straight to the provider: the own HTTP/2 speaks to no proxy."""
    parts = urlsplit(url)
    proxied = "https" in getproxies() and not proxy_bypass(parts.hostname or "")
    return parts.scheme == "https" and not proxied


def _pool(url: str, ca_file: str | None, clock: Callable[[], float]) -> ConnectionPool:
    parts = urlsplit(url)
    context = ssl.create_default_context(cafile=ca_file)
    context.set_alpn_protocols(["h2", "http/1.1"])
    return ConnectionPool(parts.hostname or "", parts.port or 443, parts.path, context, clock=clock)
