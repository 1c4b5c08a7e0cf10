"""The stand-in behind h2, a general HTTP/2 library: a server that is not of our making."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.events
import h2.exceptions

from push.standin.server import Answer


@dataclass(slots=True)
class Stream:
    """A request that is coming in."""

    headers: Mapping[str, str]
    body: bytearray = field(default_factory=bytearray)


class GeneralHttp2:
    """Any number of requests at once; subclasses do what a server may do meanwhile."""

    def __init__(self, transport: asyncio.Transport, answer: Answer) -> None:
        self.transport = transport
        self.answer = answer
        self.streams: dict[int, Stream] = {}
        config = h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
        self.connection = h2.connection.H2Connection(config)
        self.connection.initiate_connection()
        self.flush()

    def receive(self, data: bytes) -> None:
        try:
            for event in self.connection.receive_data(data):
                self.on_event(event)
        except h2.exceptions.ProtocolError:
            self.flush()
            self.transport.close()
            return
        self.flush()

    def on_event(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.RequestReceived):
            headers = {str(name): str(value) for name, value in event.headers}
            self.streams[event.stream_id] = Stream(headers)
        elif isinstance(event, h2.events.DataReceived):
            size = event.flow_controlled_length
            self.connection.acknowledge_received_data(size, event.stream_id)
            stream = self.streams.get(event.stream_id)
            if stream is not None:
                stream.body += event.data
        elif isinstance(event, h2.events.StreamEnded):
            asyncio.get_running_loop().call_soon(self.reply, event.stream_id)
        elif isinstance(event, h2.events.StreamReset):
            self.streams.pop(event.stream_id, None)

    def reply(self, stream_id: int) -> None:
        stream = self.streams.pop(stream_id, None)
        if stream is None or self.transport.is_closing():
            return
        path, bearer = stream.headers[":path"], stream.headers.get("authorization", "")
        reply = self.answer(stream.headers[":method"], path, bearer, bytes(stream.body))
        headers = {name.lower(): value for name, value in reply.headers.items()}
        fields = [(":status", str(reply.status)), *headers.items()]
        self.connection.send_headers(stream_id, fields, end_stream=not reply.body)
        if reply.body:
            self.connection.send_data(stream_id, reply.body, end_stream=True)
        self.flush()

    def flush(self) -> None:
        self.transport.write(self.connection.data_to_send())
