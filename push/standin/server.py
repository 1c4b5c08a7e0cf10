"""The stand-in on a port: HTTP/1.1, and HTTP/2 where TLS negotiates it."""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h11

from push.standin.answers import Reply
from push.standin.service import Standin

Answer = Callable[[str, str, str, bytes], Reply]


async def serve(
    standin: Standin,
    host: str,
    port: int,
    *,
    context: ssl.SSLContext | None = None,
    latency_s: float = 0.0,
) -> asyncio.Server:
    """Start answering; port 0 takes a free one."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: Peer(standin.answer, latency_s), host, port, ssl=context, backlog=1024
    )


def tls_context(certificate: str, key: str) -> ssl.SSLContext:
    """A server's context that offers HTTP/2."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


class Peer(asyncio.Protocol):
    """One connection, handed to the protocol that its TLS handshake chose."""

    def __init__(self, answer: Answer, latency_s: float) -> None:
        self._answer = answer
        self._latency_s = latency_s
        self._speaks: Http1 | Http2 | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a stream transport is needed")
        tls = transport.get_extra_info("ssl_object")
        chosen = Http2 if tls is not None and tls.selected_alpn_protocol() == "h2" else Http1
        self._speaks = chosen(transport, self._answer, self._latency_s)

    def data_received(self, data: bytes) -> None:
        if self._speaks is not None:
            self._speaks.receive(data)


class Http1:
    """Requests one after another."""

    def __init__(self, transport: asyncio.Transport, answer: Answer, latency_s: float) -> None:
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
            request.target.decode().partition("?")[0],
            headers.get("authorization", ""),
            bytes(self._body),
        )
        if reply.drops:
            _drop(self._transport, reply)
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


@dataclass(slots=True)
class Stream:
    """A request that is coming in."""

    headers: Mapping[str, str]
    body: bytearray = field(default_factory=bytearray)


class Http2:
    """Any number of requests at once, a hundred by the settings."""

    def __init__(self, transport: asyncio.Transport, answer: Answer, latency_s: float) -> None:
        self._transport = transport
        self._answer = answer
        self._latency_s = latency_s
        self._streams: dict[int, Stream] = {}
        config = h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
        self._connection = h2.connection.H2Connection(config)
        self._connection.initiate_connection()
        self._flush()

    def receive(self, data: bytes) -> None:
        try:
            for event in self._connection.receive_data(data):
                self._on_event(event)
        except h2.exceptions.ProtocolError:
            self._flush()
            self._transport.close()
            return
        self._flush()

    def _on_event(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.RequestReceived):
            headers = {str(name): str(value) for name, value in event.headers}
            self._streams[event.stream_id] = Stream(headers)
        elif isinstance(event, h2.events.DataReceived):
            size = event.flow_controlled_length
            self._connection.acknowledge_received_data(size, event.stream_id)
            stream = self._streams.get(event.stream_id)
            if stream is not None:
                stream.body += event.data
        elif isinstance(event, h2.events.StreamEnded):
            loop = asyncio.get_running_loop()
            loop.call_later(self._latency_s, self._reply, event.stream_id)
        elif isinstance(event, h2.events.StreamReset):
            self._streams.pop(event.stream_id, None)

    def _reply(self, stream_id: int) -> None:
        stream = self._streams.pop(stream_id, None)
        if stream is None or self._transport.is_closing():
            return
        reply = self._answer(
            stream.headers[":method"],
            stream.headers[":path"].partition("?")[0],
            stream.headers.get("authorization", ""),
            bytes(stream.body),
        )
        if reply.drops:
            _drop(self._transport, reply)
            return
        fields = [(":status", str(reply.status)), *_headers(reply).items()]
        self._connection.send_headers(stream_id, fields, end_stream=not reply.body)
        if reply.body:
            self._connection.send_data(stream_id, reply.body, end_stream=True)
        self._flush()

    def _flush(self) -> None:
        self._transport.write(self._connection.data_to_send())


def _drop(transport: asyncio.Transport, reply: Reply) -> None:
    if reply.resets:
        transport.abort()
    else:
        transport.close()


def _headers(reply: Reply) -> dict[str, str]:
    given = {name.lower(): value for name, value in reply.headers.items()}
    return {"content-type": "application/json; charset=UTF-8", **given}
