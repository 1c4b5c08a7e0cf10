"""Web push (RFC 8030) to the services of several browser makers over libcurl.

libcurl and not the own HTTP/2: that one speaks to a single server in its own headers, and what a
message costs here is its encryption. Only the worker imports this module.
"""

import logging
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from urllib.request import getproxies

import pycurl

from backend.audience.subscription import subscription_of
from backend.core.settings import Network
from backend.outbound.networks import is_allowed
from push.transport.client import FallbackClient, Openers
from push.transport.curl import Curl
from push.transport.outcome import Answer
from push.transport.sender import UNSENDABLE, Answered, Outgoing
from push.transport.vapid import UnknownKeyError, VapidTokens
from push.transport.webpush_message import WebPushTemplate
from push.transport.webpush_settings import WebPush

log = logging.getLogger(__name__)

# The answer a service would give for a subscription that nobody can send to any more.
NOBODY_S = Answer(410)
CHECKED = Answer(201)


@dataclass(frozen=True, slots=True, eq=False)
class _Exchange:
    """A message in flight, whose address never shows in a log or an error."""

    message: Outgoing
    endpoint: str
    headers: tuple[str, ...]


class WebPushSender:
    """The transport to push services, which keeps connections and tokens between batches."""

    room = 1600

    def __init__(
        self,
        settings: WebPush,
        ca_file: str | None,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tokens = VapidTokens(settings.keys, settings.subject, now)
        openers = Openers(None, lambda: Services(settings.allow_networks, ca_file, clock))
        self._client = FallbackClient(openers, "curl", show=lambda _name: None)
        self._answers: Answered = []

    def submit(self, messages: Sequence[Outgoing]) -> None:
        for message in messages:
            try:
                self._start(message)
            except UnknownKeyError:
                self._answers.append((message, NOBODY_S))
            except Exception as error:  # noqa: BLE001 the other messages must not pay for this one
                kind = type(error).__name__
                log.error("no request can be made of a message", extra={"kind": kind})
                self._answers.append((message, UNSENDABLE))

    def collect(self, wait_s: float) -> Answered:
        found = self._client.collect(0 if self._answers else wait_s)
        answers, self._answers = self._answers, []
        return answers + [(exchange.message, answer) for exchange, answer in found]

    def close(self) -> None:
        self._client.close()

    def _start(self, message: Outgoing) -> None:
        template = message.template
        if not isinstance(template, WebPushTemplate):
            raise TypeError("not for a browser")
        subscription = subscription_of(message.address)
        authorization = self._tokens.authorization(subscription)
        body = message.body()
        if template.validate_only:
            self._answers.append((message, CHECKED))
            return
        exchange = _Exchange(message, subscription.endpoint, template.headers)
        self._client.start(exchange, authorization, body, message.group)


class Services(Curl):
    """libcurl to any push service, with an address and headers for each request.

    Connections go to public addresses alone, whatever a name resolves to; redirects are not
    followed.
    """

    name: ClassVar[str] = "webpush"

    def __init__(
        self, allow_networks: tuple[Network, ...], ca_file: str | None, clock: Callable[[], float]
    ) -> None:
        super().__init__("", ca_file, clock)
        self._allow_networks = allow_networks
        self._is_direct = "https" not in getproxies()  # a proxy connects for us

    def _handle(self) -> Any:
        handle = super()._handle()
        handle.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTPS)
        if self._is_direct:
            handle.setopt(pycurl.OPENSOCKETFUNCTION, self._open_socket)
        return handle

    def _address(self, handle: Any, bearer: str) -> None:
        handle.setopt(pycurl.URL, handle.key.endpoint)
        handle.setopt(pycurl.HTTPHEADER, [f"Authorization: {bearer}", *handle.key.headers])

    def _open_socket(self, _purpose: int, address: Any) -> Any:
        family, kind, protocol, place = address
        if not is_allowed(str(place[0]), self._allow_networks):
            log.warning("a push service has a private or reserved address")
            return pycurl.SOCKET_BAD
        return socket.socket(family, kind, protocol)
