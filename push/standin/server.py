"""The stand-in as an asyncio server: HTTP/1.1, and HTTP/2 where ALPN negotiates it."""

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import h11

from push.standin import http2
from push.standin.answers import Reply
from push.standin.push_service import PATH
from push.standin.service import Standin
from push.transport.frames import ProtocolError

_USUAL = {"content-type": "application/json; charset=UTF-8"}
Answer = Callable[[str, str, str, bytes], Reply]
# The same, with all headers: a push service is told of a message by them.
AnswerBrowsers = Callable[[str, str, Mapping[str, str], bytes], Reply]


async def serve(
    standin: Standin,
    host: str,
    port: int,
    *,
    context: ssl.SSLContext | None = None,
    latency_s: float = 0.0,
) -> asyncio.Server:
    """Start answering; with port 0, on a free one."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: Peer(standin.answer, latency_s, standin.browsers.answer),
        host,
        port,
        ssl=context,
        backlog=1024,
    )


def tls_context(certificate: str, key: str) -> ssl.SSLContext:
    """Make a server's TLS context that offers HTTP/2."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


class HttpProtocol(Protocol):
    """The protocol of one connection: HTTP/1.1 or HTTP/2."""

    def receive(self, data: bytes) -> None:
        """Take what the client sent."""


class Peer(asyncio.Protocol):
    """A connection, handed to the protocol that ALPN chose."""

    def __init__(
        self, answer: Answer, latency_s: float, browsers: AnswerBrowsers | None = None
    ) -> None:
        self._answer = _answering(answer, browsers)
        self._latency_s = latency_s
        self._protocol: HttpProtocol | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a stream transport is needed")
        tls = transport.get_extra_info("ssl_object")
        chosen = Http2 if tls is not None and tls.selected_alpn_protocol() == "h2" else Http1
        self._protocol = chosen(transport, self._answer, self._latency_s)

    def data_received(self, data: bytes) -> None:
        if self._protocol is not None:
            self._protocol.receive(data)


class Http1:
    """An HTTP/1.1 connection: requests one after another."""

    def __init__(
        self, transport: asyncio.Transport, answer: AnswerBrowsers, latency_s: float
    ) -> None:
        self._transport = transport
        self._answer = answer
        self._latency_s = latency_s
        self._connection = h11.Connection(h11.SERVER)
        self._request: h11.Request | None = None
        self._body = bytearray()

    def receive(self, data: bytes) -> None:
        try:
            self._connection.receive_data(data)
            self._read()
        except h11.RemoteProtocolError:
            self._transport.close()

    def _read(self) -> None:
        while True:
            event = self._connection.next_event()
            if event is h11.NEED_DATA or event is h11.PAUSED:
                return
            if isinstance(event, h11.Request):
                self._request, self._body = event, bytearray()
            elif isinstance(event, h11.Data):
                self._body += event.data
            elif isinstance(event, h11.EndOfMessage):
                asyncio.get_running_loop().call_later(self._latency_s, self._reply)
            elif isinstance(event, h11.ConnectionClosed):
                self._transport.close()
                return

    def _reply(self) -> None:
        request = self._request
        if request is None or self._transport.is_closing():
            return
        headers = {name.decode(): value.decode("latin-1") for name, value in request.headers}
        reply = self._answer(
            request.method.decode(),
            request.target.decode(),
            headers,
            bytes(self._body),
        )
        if reply.ending == "hang":
            return
        if reply.ending != "answer":  # there is no refusing a stream, and no going away
            _drop(self._transport, reply)
        elif reply.delay_s:
            asyncio.get_running_loop().call_later(reply.delay_s, self._finish, reply)
        else:
            self._finish(reply)

    def _finish(self, reply: Reply) -> None:
        if self._transport.is_closing():
            return
        self._write(reply)
        if self._connection.our_state is h11.MUST_CLOSE:
            self._transport.close()
            return
        self._connection.start_next_cycle()
        self._read()

    def _write(self, reply: Reply) -> None:
        fields = [*_headers(reply).items(), ("content-length", str(len(reply.body)))]
        parts = [
            self._connection.send(h11.Response(status_code=reply.status, headers=fields)),
            self._connection.send(h11.Data(data=reply.body)) if reply.body else b"",
            self._connection.send(h11.EndOfMessage()),
        ]
        self._transport.write(b"".join(part for part in parts if part))


class Http2:
    """An HTTP/2 connection: a hundred concurrent streams."""

    def __init__(
        self, transport: asyncio.Transport, answer: AnswerBrowsers, latency_s: float
    ) -> None:
        self._transport = transport
        self._answer = answer
        self._latency_s = latency_s
        self._connection = http2.Connection()
        self._looked_at = 0  # the last stream
        self._flush()

    def receive(self, data: bytes) -> None:
        try:
            requests = self._connection.receive(data)
        except ProtocolError:
            self._flush()
            self._transport.close()
            return
        self._flush()
        if requests and self._latency_s:
            asyncio.get_running_loop().call_later(self._latency_s, self._reply, requests)
        elif requests:
            self._reply(requests)

    def _reply(self, requests: Sequence[http2.Request]) -> None:
        if self._transport.is_closing():
            return
        for number, headers, body in requests:
            if number not in self._connection.streams:  # the client waits no longer
                continue
            method, target = headers.get(":method", ""), headers.get(":path", "")
            reply = self._answer(method, target, headers, body)
            if reply.ending == "answer" and not reply.delay_s:
                self._looked_at = max(self._looked_at, number)
                self._connection.reply(number, reply.status, _headers(reply), reply.body)
            elif not self._answer_badly(number, reply):
                return
        self._flush()

    def _answer_badly(self, number: int, reply: Reply) -> bool:
        """Carry out any reply but an immediate answer; return whether the connection goes on."""
        if reply.ending in {"close", "reset"}:
            self._flush()
            _drop(self._transport, reply)
            return False
        if reply.ending in {"refuse", "goaway"}:
            if reply.ending == "goaway":
                self._connection.go_away(self._looked_at)
            self._connection.refuse(number)
            return True
        self._looked_at = max(self._looked_at, number)
        if reply.ending == "answer":
            asyncio.get_running_loop().call_later(reply.delay_s, self._finish, number, reply)
        return True

    def _finish(self, number: int, reply: Reply) -> None:
        if not self._transport.is_closing():
            self._connection.reply(number, reply.status, _headers(reply), reply.body)
            self._flush()

    def _flush(self) -> None:
        if self._connection.out:
            self._transport.write(bytes(self._connection.out))
            self._connection.out.clear()
        if self._connection.is_over:
            self._transport.close()


def _answering(answer: Answer, browsers: AnswerBrowsers | None) -> AnswerBrowsers:
    """Dispatch requests by path: to the push service for browsers, or to FCM."""

    def answer_one(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if browsers is not None and target.startswith(PATH):
            return browsers(method, target, headers, body)
        return answer(method, target, headers.get("authorization", ""), body)

    return answer_one


def _drop(transport: asyncio.Transport, reply: Reply) -> None:
    if reply.ending == "reset":
        transport.abort()
    else:
        transport.close()


def _headers(reply: Reply) -> Mapping[str, str]:
    if not reply.headers:
        return _USUAL
    return {**_USUAL, **{name.lower(): value for name, value in reply.headers.items()}}
