"""A provider that accepts every message: HTTP/2 and HTTP/1.1 over TLS, with a latency.

`python -m benchmarks.endpoint FOLDER LATENCY_MS PER_SECOND` prints its port. It answers so many
messages a second, one by one, or with 0 all that came at once. It reads no header and checks
nothing, so that on a machine with two cores the sender is what is measured; the shipped stand-in
is the strict one.
"""

import asyncio
import gc
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from push.standin.server import tls_context

PREFACE_BYTES, FRAME_HEAD_BYTES = 24, 9
DATA, SETTINGS, PING, WINDOW_UPDATE = 0x0, 0x4, 0x6, 0x8
END_STREAM = ACK = 0x1
WINDOW_BYTES = 1 << 20
BEARER = "ya29." + "b" * 1019  # as long as Google's
NAME = b'{"name": "projects/bench/messages/0:1700000000000000%0000000000000000"}'
TOKEN = b'{"access_token": "%s", "expires_in": 3600, "token_type": "Bearer"}' % BEARER.encode()


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    head = len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big")
    return head + payload


# :status 200 from HPACK's static table, and a content type that is not indexed.
_TYPE = b"application/json"
HEADERS = b"\x88\x0f\x10" + bytes((len(_TYPE),)) + _TYPE
# 100 streams at once are what Google's servers grant a connection.
GREETING = (
    frame(SETTINGS, 0, 0, b"\x00\x03" + (100).to_bytes(4, "big"))
    + frame(SETTINGS, 0, 0, b"\x00\x04" + WINDOW_BYTES.to_bytes(4, "big"))
    + frame(WINDOW_UPDATE, 0, 0, (WINDOW_BYTES * 64).to_bytes(4, "big"))
)


class Peer(asyncio.Protocol):
    """One connection, in the protocol that its TLS handshake chose."""

    taken = 0  # messages, on all connections
    free_at = 0.0  # from when on the next one is answered

    def __init__(self, latency_s: float, per_second: float) -> None:
        self._latency_s = latency_s
        self._interval_s = 1 / per_second if per_second else 0.0
        self._rest = b""
        self._owed_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        is_h2 = transport.get_extra_info("ssl_object").selected_alpn_protocol() == "h2"
        self._read: Callable[[bytes], int] = self._greet if is_h2 else self._requests
        if is_h2:
            transport.write(GREETING)

    def data_received(self, data: bytes) -> None:
        buffer = self._rest + data if self._rest else data
        self._rest = buffer[self._read(buffer) :]

    def _greet(self, buffer: bytes) -> int:
        if len(buffer) < PREFACE_BYTES:
            return 0
        self._read = self._frames
        return PREFACE_BYTES + self._frames(buffer[PREFACE_BYTES:])

    def _frames(self, buffer: bytes) -> int:
        """Take whole frames; return how many bytes they were."""
        ended: list[int] = []
        at, size = 0, len(buffer)
        while size - at >= FRAME_HEAD_BYTES:
            length = int.from_bytes(buffer[at : at + 3], "big")
            kind, flags = buffer[at + 3], buffer[at + 4]
            stream = int.from_bytes(buffer[at + 5 : at + 9], "big")
            end = at + FRAME_HEAD_BYTES + length
            if end > size:
                break
            if kind == DATA:
                self._owed_bytes += length
                if flags & END_STREAM:
                    ended.append(stream)
            elif kind in {SETTINGS, PING} and not flags & ACK:
                payload = buffer[end - length : end] if kind == PING else b""
                self._transport.write(frame(kind, ACK, 0, payload))
            at = end
        if ended:
            Peer.taken += len(ended)
            self._later([_answer(stream) for stream in ended])
        return at

    def _requests(self, buffer: bytes) -> int:
        """HTTP/1.1: one request at a time, its body counted by its length."""
        head, gap, body = buffer.partition(b"\r\n\r\n")
        if not gap:
            return 0
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        if len(body) < length:
            return 0
        answer = self._reply(head)
        head_of_answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        self._later([b"%sContent-Length: %d\r\n\r\n%s" % (head_of_answer, len(answer), answer)])
        return len(head) + len(gap) + length

    def _reply(self, head: bytes) -> bytes:
        if head.startswith(b"GET /taken"):
            return b"%d" % Peer.taken
        if head.startswith(b"POST /token"):
            return TOKEN
        Peer.taken += 1
        return NAME

    def _later(self, answers: Sequence[bytes]) -> None:
        if self._owed_bytes > WINDOW_BYTES:
            credit = frame(WINDOW_UPDATE, 0, 0, self._owed_bytes.to_bytes(4, "big"))
            self._transport.write(credit)
            self._owed_bytes = 0
        loop = asyncio.get_running_loop()
        if self._interval_s:
            for answer in answers:
                Peer.free_at = max(Peer.free_at, loop.time()) + self._interval_s
                loop.call_at(Peer.free_at + self._latency_s, self._transport.write, answer)
        elif self._latency_s:
            loop.call_later(self._latency_s, self._transport.write, b"".join(answers))
        else:
            self._transport.write(b"".join(answers))


def _answer(stream: int) -> bytes:
    return frame(0x1, 0x4, stream, HEADERS) + frame(DATA, END_STREAM, stream, NAME)


async def _run(folder: Path, latency_s: float, per_second: float) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    context = tls_context(str(folder / "standin-ca.pem"), str(folder / "standin-tls-key.pem"))
    server = await loop.create_server(
        lambda: Peer(latency_s, per_second), "127.0.0.1", 0, ssl=context, backlog=1024
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await stopped.wait()
    server.close()


if __name__ == "__main__":
    gc.disable()
    asyncio.run(_run(Path(sys.argv[1]), float(sys.argv[2]) / 1000, float(sys.argv[3])))
