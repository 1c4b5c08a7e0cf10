"""The side of a push service that a browser is connected to, as Firefox speaks it.

Mozilla's autopush protocol (https://mozilla-push-service.readthedocs.io, "Push service HTTP and
WebSocket API"): hello, register, notification, ack, as JSON over a WebSocket.
"""

import base64
import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from tests.waiting import PATIENCE_S

UAID = "0" * 32
DELIVERED = 100


@dataclass
class PushClient:
    """One browser's connection. Subscriptions get `endpoint` and the id of their channel."""

    endpoint: str
    channels: dict[str, str] = field(default_factory=dict)
    acknowledged: queue.Queue[dict[str, Any]] = field(default_factory=queue.Queue)
    _connection: ServerConnection | None = None

    def serve(self, connection: ServerConnection) -> None:
        self._connection = connection
        with suppress(ConnectionClosed):  # a browser that ends says no goodbye
            for said in connection:
                answer = self._answer(json.loads(said or "{}"))
                if answer is not None:
                    connection.send(json.dumps(answer))

    def deliver(self, channel: str, body: bytes, version: str) -> int:
        """What was posted to an endpoint, as it came; the browser's code for what became of it."""
        assert self._connection is not None, "no browser has connected"
        data = base64.urlsafe_b64encode(body).rstrip(b"=").decode()
        head = {"messageType": "notification", "channelID": channel, "version": version}
        told = {**head, "data": data, "headers": {"encoding": "aes128gcm"}}
        self._connection.send(json.dumps(told))
        update = self.acknowledged.get(timeout=PATIENCE_S)
        assert update["version"] == version
        return int(update["code"])

    def _answer(self, said: dict[str, Any]) -> dict[str, Any] | None:
        match said.get("messageType"):
            case None:
                return {}  # a ping
            case "hello":
                told = {"uaid": UAID, "status": 200, "use_webpush": True, "broadcasts": {}}
                return {"messageType": "hello", **told}
            case "register":
                channel = said["channelID"]
                self.channels[channel] = said["key"].rstrip("=")
                told = {"channelID": channel, "pushEndpoint": self.endpoint + channel}
                return {"messageType": "register", "status": 200, **told}
            case "unregister":
                self.channels.pop(said["channelID"], None)
                return {**said, "status": 200}
            case "ack":
                for update in said["updates"]:
                    self.acknowledged.put(update)
        return None


@contextmanager
def push_client(endpoint: str) -> Iterator[tuple[PushClient, str]]:
    """A client of the service that has this endpoint, and the address for a browser's setting."""
    client = PushClient(endpoint)
    server: Server = serve(client.serve, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield client, f"ws://127.0.0.1:{server.socket.getsockname()[1]}/"
    server.shutdown()
    thread.join()
