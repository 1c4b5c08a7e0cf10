"""Strangers who want to stop it, beside ordinary readers and a running alert: what both notice.

`python -m benchmarks.siege`, on SQLite with one web process. The strangers are a process of their
own: slow bodies, slow readers, heads that do not end and idle connections, 100 of each; and floods
of registrations, invented methods, unknown parameters, oversized bodies and bodies without a key,
within the rate limits of one network. Slices with and without them take turns.

They come from a network of their own, and at the lowest priority, on the core of the readers and
not on the server's: they are to cost what the server does for them, and not what they compute
themselves. What that is, is told as the server's processor time beside the rates, which a busy
machine moves.
"""

import asyncio
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from benchmarks.audience import Newsroom, newsroom
from benchmarks.provider import CORES
from benchmarks.serving import (
    ROOT,
    Asked,
    Server,
    Slice,
    cpu_s,
    load,
    pin,
    resident_mb,
    serving,
)

FOLLOWERS = 20_000
ARTICLES = 60
ROUNDS, SLICE_S, WARM_S = 5, 3, 2
CROWD = 100
NETWORK = "127.9.9.9"
LOWEST_PRIORITY = 19
# A second; `backend.http.rate_limits` lets one network register 50 and write 100.
FLOODS = {
    "registrations": (50, b"POST /v1/installations", b'{"platform": "android"}'),
    "methods": (40, b"QWERTYUIOP /v1/config", b""),
    "parameters": (50, b"GET /v1/sources?unknown=1", b""),
    "oversized": (10, b"POST /v1/deeplinks/claim", b"x" * 2_000_000),
    "without a key": (10, b"PUT /v1/newsroom/articles/a/1", b"x" * 500_000),
}
POST = b"POST /v1/installations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
TRICKLES = {
    "fixed": (POST + b"Content-Length: 1000000\r\n\r\n{", b" "),
    "chunked": (POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", b"1\r\n \r\n"),
    "no key": (POST.replace(b"installations", b"newsroom/notifications") + b"X: ", b"a"),
    "idle": (b"", b""),
}
T = TypeVar("T")
LARGE = "/v1/openapi.json"
UNREAD = f"GET {LARGE} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 3


def main() -> None:
    os.sched_setaffinity(0, {CORES[-1]})
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        with newsroom(f"sqlite:///{root}/siege.db", FOLLOWERS) as desk:
            publish(desk)
            with (
                serving("wsgi:asgi", root, **desk.environ) as web,
                working(desk, root),
                strangers(web.port) as siege,
            ):
                # Whoever asks is on the other core, so that the server's is what strangers cost it.
                pin(web.pid, CORES[0])
                measure(desk, web, siege)


def measure(desk: Newsroom, web: Server, siege: subprocess.Popen[bytes]) -> None:
    asked = web.asked("/v1/tags/Harbour/articles", "/v1/search?q=harbour", "/v1/sources", "/")
    # The first answer waits for the process to start, and the document is made once for everybody.
    for path in (*asked.paths, LARGE):
        urllib.request.urlopen(f"http://127.0.0.1:{web.port}{path}").close()
    load(asked, 1)
    before = resident_mb(web)
    idle, besieged = _in_turn(siege, lambda: cores_of(web))
    print(
        f"processor of the web process: {idle:.2f} of a core idle, {besieged:.2f} with them alone"
    )
    pairs = [_in_turn(siege, lambda: load(asked, SLICE_S)) for _ in range(ROUNDS)]
    during = resident_mb(web)
    print(_told(asked, pairs), flush=True)
    alerts = [_in_turn(siege, lambda: seconds_of_alert(desk)) for _ in range(2)]
    calm_s, siege_s = (min(each) for each in zip(*alerts, strict=True))
    print(f"alert to {FOLLOWERS:,}: {calm_s:.1f} s without, {siege_s:.1f} s with them", flush=True)
    load(asked, 1)
    after = resident_mb(web)
    print(
        f"memory of the web process: {before:.0f} MB before, {during:.0f} during, {after:.0f} after"
    )


def _in_turn(siege: subprocess.Popen[bytes], measured: Callable[[], T]) -> tuple[T, T]:
    calm = measured()
    siege.send_signal(signal.SIGCONT)
    time.sleep(WARM_S)
    beside = measured()
    siege.send_signal(signal.SIGSTOP)
    time.sleep(WARM_S)
    return calm, beside


def _told(asked: Asked, pairs: list[tuple[Slice, Slice]]) -> str:
    rate = statistics.median(beside.rate / calm.rate for calm, beside in pairs)
    cpu = statistics.median(beside.cpu_us / calm.cpu_us for calm, beside in pairs)
    p99 = statistics.median(beside.p99_ms / calm.p99_ms for calm, beside in pairs)
    calm, beside = (
        statistics.median(each.rate for each in side) for side in zip(*pairs, strict=True)
    )
    return (
        f"readers ({len(asked.paths)} addresses in turn): {calm:.0f}/s without, {beside:.0f}/s with"
        f" them; rate x{rate:.2f}, p99 x{p99:.2f}, of the server's processor a request x{cpu:.2f}"
    )


def cores_of(web: Server) -> float:
    """Measure how much of a core the server uses now."""
    before, began = cpu_s(web.pid), time.monotonic()
    time.sleep(SLICE_S)
    return (cpu_s(web.pid) - before) / (time.monotonic() - began)


def publish(desk: Newsroom) -> None:
    for number in range(ARTICLES):
        body = {"title": f"Harbour {number}", "url": f"https://a.example/{number}"}
        desk.call("PUT", f"articles/a/{number}", **body, body_text="Ships.", tags=["Harbour"])


def seconds_of_alert(desk: Newsroom) -> float:
    began, sent = time.monotonic(), desk.alert()
    while desk.read(sent)["state"] in {"planning", "sending"}:
        time.sleep(0.1)
    return time.monotonic() - began


@contextmanager
def working(desk: Newsroom, root: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (root / "worker.log").open("ab") as log:
        command = [sys.executable, "-m", "tagwire", "work"]
        environ = os.environ | desk.environ
        worker = subprocess.Popen(command, env=environ, cwd=ROOT, stdout=log, stderr=log)
        try:
            yield worker
        finally:
            worker.terminate()
            worker.wait(20)


@contextmanager
def strangers(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Start the strangers as a process, which is stopped (SIGSTOP) until it is told to go on."""
    command = [sys.executable, "-m", "benchmarks.siege", str(port)]
    siege = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert siege.stdout is not None
    siege.stdout.readline()  # they are there
    siege.send_signal(signal.SIGSTOP)
    try:
        yield siege
    finally:
        siege.kill()
        siege.wait()


async def besiege(port: int) -> None:
    os.nice(LOWEST_PRIORITY)
    async with asyncio.TaskGroup() as group:
        for head, piece in TRICKLES.values():
            for _ in range(CROWD):
                group.create_task(_again(partial(trickle, port, head, piece)))
        for _ in range(CROWD):
            group.create_task(_again(partial(read_nothing, port)))
        for per_s, line, body in FLOODS.values():
            group.create_task(flood(port, per_s, line, body))


async def _again(act: Callable[[], Awaitable[None]]) -> None:
    while True:
        with suppress(OSError, asyncio.IncompleteReadError):
            await act()
        await asyncio.sleep(0.5)


async def _connected(port: int, **more: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port, local_addr=(NETWORK, 0), **more)


async def trickle(port: int, head: bytes, piece: bytes) -> None:
    """Send a byte a second until the server closes the connection."""
    reader, writer = await _connected(port)
    writer.write(head)
    try:
        while not reader.at_eof():
            with suppress(TimeoutError):
                await asyncio.wait_for(reader.read(1000), 1)
            writer.write(piece)
            await writer.drain()
    finally:
        writer.close()


async def read_nothing(port: int) -> None:
    _, writer = await _connected(port, limit=1024)
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    writer.write(UNREAD)
    await asyncio.sleep(20)
    writer.close()


async def flood(port: int, per_s: int, line: bytes, body: bytes) -> None:
    about = b"Host: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
    request = b"%b HTTP/1.1\r\n%bContent-Length: %d\r\n\r\n%b" % (line, about, len(body), body)
    asked: set[asyncio.Task[None]] = set()
    while True:
        asked.add(task := asyncio.create_task(_ask(port, request)))
        task.add_done_callback(asked.discard)
        await asyncio.sleep(1 / per_s)


async def _ask(port: int, request: bytes) -> None:
    with suppress(OSError):
        reader, writer = await _connected(port)
        writer.write(request)
        await reader.read()
        writer.close()


if __name__ == "__main__":
    if sys.argv[1:]:
        print("here", flush=True)
        asyncio.run(besiege(int(sys.argv[1])))
    else:
        main()
