"""Servers under the same settings, asked in turns: a busy machine slows both, the ratio stays."""

import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
GUNICORN = [sys.executable, "-m", "gunicorn", "-c", "python:backend.asgi.gunicorn_conf"]
CONNECTIONS = 32
# Paths in turn, from a place of its own for each thread.
SCRIPT = """
local paths, headers = {}, {}
for line in io.lines("PATHS") do paths[#paths + 1] = line end
HEADERS
local at = 0
request = function() at = at % #paths + 1; return wrk.format("GET", paths[at], headers) end
"""


@dataclass(frozen=True)
class Asked:
    """Requests for one server: paths in turn, the same headers for all."""

    port: int
    paths: Sequence[str]
    headers: Mapping[str, str]
    pid: int


@dataclass(frozen=True)
class Slice:
    """Requests a second, the server's processor time for each, and the time of the slowest 1 %."""

    rate: float
    cpu_us: float
    p99_ms: float


@dataclass(frozen=True)
class Ratio:
    """`ours` to `theirs`: the median over neighbouring slices, by rate and by processor time."""

    ours: Slice
    theirs: Slice
    rate: float
    cpu: float

    def told(self, name: str) -> str:
        ours, theirs = self.ours, self.theirs
        return (
            f"{name:<48} {ours.rate:>6.0f}/s {ours.cpu_us:>5.0f} µs p99 {ours.p99_ms:.1f} ms"
            f"   other {theirs.rate:>6.0f}/s {theirs.cpu_us:>5.0f} µs p99 {theirs.p99_ms:.1f} ms"
            f"   x{self.rate:.2f}, by processor x{self.cpu:.2f}"
        )


@dataclass(frozen=True)
class Server:
    port: int
    pid: int

    def asked(self, *paths: str, **headers: str) -> Asked:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Asked(self.port, paths, named, self.pid)


def compared(ours: Asked, theirs: Asked, *, rounds: int, seconds: int) -> Ratio:
    """Slices in turns, after one of each that does not count."""
    load(ours, 1)
    load(theirs, 1)
    pairs = [(load(ours, seconds), load(theirs, seconds)) for _ in range(rounds)]
    return Ratio(
        ours=_median([mine for mine, _ in pairs]),
        theirs=_median([other for _, other in pairs]),
        rate=statistics.median(mine.rate / other.rate for mine, other in pairs),
        cpu=statistics.median(other.cpu_us / mine.cpu_us for mine, other in pairs),
    )


def load(asked: Asked, seconds: int) -> Slice:
    """Ask as fast as the server answers; an answer that is none of 2xx and 3xx ends the run."""
    with tempfile.TemporaryDirectory() as folder:
        script = _script(Path(folder), asked)
        before = cpu_s(asked.pid)
        command = [
            _wrk(),
            "-t1",
            f"-c{CONNECTIONS}",
            f"-d{seconds}s",
            "--latency",
            "--timeout",
            "10s",
        ]
        command += ["-s", str(script)]
        url = f"http://127.0.0.1:{asked.port}"
        done = subprocess.run([*command, url], capture_output=True, text=True, check=True)
        used = cpu_s(asked.pid) - before
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError(done.stdout)
    count = int(_found(r"(\d+) requests in", done.stdout))
    rate = float(_found(r"Requests/sec:\s+([\d.]+)", done.stdout))
    return Slice(rate, used / count * 1e6, _ms(_found(r"99%\s+([\d.]+\w+)", done.stdout)))


@contextmanager
def serving(app: str, folder: Path, **settings: str) -> Iterator[Server]:
    """`app` under one worker of gunicorn as `tagwire serve` starts it, until the block ends.

    An app that is none of ASGI gets gunicorn's own threads, as many as ours.
    """
    port = free_port()
    one = {"PORT": str(port), "RATELIMIT_ENABLED": "0", "WEB_WORKERS": "1"}
    threads = [] if app.endswith(":asgi") else ["--worker-class", "gthread", "--threads", "8"]
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [*GUNICORN, *threads, app], env=os.environ | one | settings, cwd=ROOT, stderr=log
        )
    try:
        wait_for(port)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait(20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server did not start")


def _script(folder: Path, asked: Asked) -> Path:
    paths, script = folder / "paths", folder / "ask.lua"
    paths.write_text("\n".join(asked.paths))
    headers = "\n".join(f"headers[{name!r}] = {value!r}" for name, value in asked.headers.items())
    script.write_text(SCRIPT.replace("PATHS", str(paths)).replace("HEADERS", headers))
    return script


def _wrk() -> str:
    found = shutil.which("wrk")
    if found is None:
        raise SystemExit("The load comes from wrk. On Debian: apt-get install wrk")
    return found


def cpu_s(pid: int) -> float:
    """Return the processor time of the server and its workers, since they started."""
    children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout
    processes = [pid, *map(int, children.split())]
    return sum(map(ticks, processes)) / os.sysconf("SC_CLK_TCK")


def pin(pid: int, core: int) -> None:
    """A process, its children, and all threads of them."""
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True)
    for each in (pid, *map(int, found.stdout.split())):
        subprocess.run(["taskset", "-a", "-cp", str(core), str(each)], capture_output=True)


def resident_mb(server: Server) -> float:
    """Memory of the server's workers, the largest one's."""
    children = subprocess.run(["pgrep", "-P", str(server.pid)], capture_output=True, text=True)
    pages = [Path(f"/proc/{pid}/statm").read_text().split()[1] for pid in children.stdout.split()]
    return max(map(int, pages)) * os.sysconf("SC_PAGE_SIZE") / 1e6


def ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise RuntimeError(text)
    return found.group(1)


def _median(slices: Sequence[Slice]) -> Slice:
    return Slice(
        statistics.median(each.rate for each in slices),
        statistics.median(each.cpu_us for each in slices),
        statistics.median(each.p99_ms for each in slices),
    )


def _ms(text: str) -> float:
    number, unit = _found(r"([\d.]+)", text), text.lstrip("0123456789.")
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]
