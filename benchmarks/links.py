"""Links: redirects and association files against a bare Flask view, and the pure decisions.

`python -m benchmarks.links`. Both servers run under the same gunicorn settings and are asked in
turns within one run, so that a busy machine slows both; what counts is the ratio.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deeplinks.routes import parse_table
from deeplinks.useragent import destination_of

ROOT = Path(__file__).parent.parent
GUNICORN = [sys.executable, "-m", "gunicorn", "-c", "python:backend.gunicorn_conf"]
ROUNDS, SLICE_S, CONNECTIONS = 15, 0.7, 4
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/142.0.0.0 Mobile Safari/537.36"
)
DOWNLOAD = "/download?to=/tag/NorthKorea-Russia&campaign=spring"
ASSOCIATION = "/.well-known/apple-app-site-association"
CASES = (
    ("iPhone redirect", DOWNLOAD, IPHONE, b"302"),
    ("Android redirect with a claim token", DOWNLOAD, ANDROID, b"302"),
    ("association file", ASSOCIATION, "AASA-Bot/1.0.0", b"200"),
)
APP = """
[app]
name = "Bench"
scheme = "bench"
[app.ios]
app_ids = ["ABCDE12345.bench.news"]
store_id = "123456789"
campaign = { pt = "118325" }
[app.android]
package = "bench.news"
"""


@dataclass(frozen=True)
class Ratio:
    """Requests a second of both, and the median of the ratios of neighbouring slices."""

    name: str
    bare: float
    ours: float
    ratio: float


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = [*_ratios(Path(folder))]
    for each in found:
        print(f"{each.name:<38} {each.ours:>7.0f}/s  bare {each.bare:>7.0f}/s  x{each.ratio:.2f}")
    for name, microseconds in _decisions():
        print(f"{name:<38} {microseconds:>7.2f} µs")


def _ratios(folder: Path) -> Iterator[Ratio]:
    with _server(folder, "benchmarks.bare:app") as bare, _server(folder, "wsgi:app") as ours:
        for name, path, agent, status in CASES:
            for port in (bare, ours):
                _rate(port, path, agent, status)
            pairs = [
                (_rate(bare, path, agent, status), _rate(ours, path, agent, status))
                for _ in range(ROUNDS)
            ]
            yield Ratio(
                name,
                statistics.median(pair[0] for pair in pairs),
                statistics.median(pair[1] for pair in pairs),
                statistics.median(pair[1] / pair[0] for pair in pairs),
            )


@contextmanager
def _server(folder: Path, app: str) -> Iterator[int]:
    """One worker of eight threads, as `tagwire serve` starts them."""
    port = _free_port()
    config = folder / "app.toml"
    routes = (ROOT / "app.toml").read_text(encoding="utf-8")
    config.write_text(APP + routes[routes.index("[[routes]]") :], encoding="utf-8")
    environ = os.environ | {
        "PORT": str(port),
        "DATABASE_URL": f"sqlite:///{folder / 'bench.db'}",
        "APP_CONFIG": str(config),
        "WEB_WORKERS": "1",
        "RATELIMIT_ENABLED": "0",  # one address asks for everything here
    }
    upgrade = [sys.executable, "-m", "wsgi", "db", "upgrade"]
    subprocess.run(upgrade, env=environ, check=True, capture_output=True, cwd=ROOT)
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen([*GUNICORN, app], env=environ, cwd=ROOT, stderr=log)
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _rate(port: int, path: str, agent: str, status: bytes) -> float:
    """Requests a second over a few connections that are kept open."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: {agent}\r\n\r\n".encode()
    ends = time.perf_counter() + SLICE_S
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        counts = pool.map(lambda _: _ask(port, request, status, ends), range(CONNECTIONS))
        return sum(counts) / SLICE_S


def _ask(port: int, request: bytes, status: bytes, ends: float) -> int:
    count = 0
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while time.perf_counter() < ends:
            connection.sendall(request)
            answer = _read(connection)
            assert answer[9:12] == status, answer[:200]
            count += 1
    return count


def _read(connection: socket.socket) -> bytes:
    data = connection.recv(65_536)
    while b"\r\n\r\n" not in data:
        data += connection.recv(65_536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0] or 0)
    while len(body) < length:
        more = connection.recv(65_536)
        body, data = body + more, data + more
    return data


def _decisions() -> Iterator[tuple[str, float]]:
    cases = json.loads((ROOT / "tests/deeplinks/data/download_ua_cases.json").read_text())
    agents = [case["ua"] for case in cases]
    # Without the memory of the last few thousand agents: each one as if it were new.
    decide = destination_of.__wrapped__
    yield "user agent, new", _time(lambda: [decide(agent) for agent in agents], len(agents))
    yield (
        "user agent, seen before",
        _time(lambda: [destination_of(agent) for agent in agents], len(agents)),
    )
    routes = [{"screen": f"s{n}", "path": f"/s{n % 20}/a{n}/{{id}}/{{slug?}}"} for n in range(200)]
    table = parse_table({"routes": routes, "links": {"never_open": ["/v1/*", "/console/*"]}})
    paths = [f"/s{n % 20}/a{n}/%EB%B6%81%ED%95%9C/words" for n in range(0, 200, 7)]
    yield "resolver, 200 routes", _time(lambda: [table.match(path) for path in paths], len(paths))
    missing = [f"/s{n}/nothing/x/y" for n in range(20)]
    yield (
        "resolver, 200 routes, no match",
        _time(lambda: [table.match(path) for path in missing], len(missing)),
    )


def _time(work: Callable[[], object], size: int) -> float:
    """Microseconds for each of `size` pieces of work, the median of many runs."""
    work()
    times = []
    for _ in range(200):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times) / size * 1e6


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
