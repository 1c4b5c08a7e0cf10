"""Many phones at once: a mix of requests, as fast as they are answered or so many a second.

`python -m benchmarks.crowd` reads what to ask for on standard input and tells the times on standard
output; `begin` and `told_by` do both. In an open loop requests come when they are due, so that a
server that stalls is not asked less for it (no coordinated omission), and whoever finds no idle
connection opens one of his own. A request's time counts from when the crowd got to it: how late
that was is the crowd's own fault, and told beside the rest.
"""

import asyncio
import json
import random
import statistics
import subprocess
import sys
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import count, cycle, islice
from typing import Any, cast

import uvloop

from benchmarks.serving import ROOT

# In a closed loop: so many that who waits for a write keeps few others from asking.
CONNECTIONS = 200
MOST_CONNECTIONS = 4_000
NETWORKS = 200
TICK_S = 0.001
# How long the last answers are waited for.
PATIENCE_S = 15


@dataclass(frozen=True)
class Kind:
    """A kind of request: `share` of every hundred are the next of these, one after the other."""

    share: int
    requests: Sequence[str]


@dataclass(frozen=True)
class Plan:
    """A crowd's requests and their rate; `per_s` of 0 is a closed loop. `marker` is a text that
    nobody should see any more.
    """

    port: int
    kinds: Mapping[str, Kind]
    seconds: float
    per_s: float = 0
    start: int = 0
    marker: str = ""


@dataclass
class Times:
    """Times of one kind in milliseconds: p50, p99 and maximum of what was answered, of refusals."""

    answered: Sequence[float]
    refused: Sequence[float]
    statuses: Mapping[str, int]
    size_bytes: int = 0

    def told(self, name: str) -> str:
        good = " / ".join(f"{each:.1f}" for each in self.answered) or "none"
        bad = " / ".join(f"{each:.1f}" for each in self.refused)
        return f"  {name:<12} {good} ms; {dict(self.statuses)}" + (
            f"; refused in {bad} ms" if bad else ""
        )


@dataclass
class Told:
    """Results of a crowd. `sightings` are the times (since 1970) of the requests whose answers had
    the marker; `late` is how late the crowd itself was, `busy` the share of a core that it took.
    """

    rate: float
    kinds: Mapping[str, Times]
    sightings: Sequence[float]
    late: Sequence[float]
    busy: float
    connections: int

    @property
    def good_rate(self) -> float:
        """The rate without refusals."""
        asked = Counter[str]()
        for each in self.kinds.values():
            asked.update(each.statuses)
        good = sum(many for status, many in asked.items() if status < "400")
        return self.rate * good / max(1, asked.total())


def get(path: str, **headers: str) -> str:
    return request("GET", path, "", headers)


def request(method: str, path: str, body: str, headers: Mapping[str, str]) -> str:
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: news.bench", *lines, "", body])


def begin(plan: Plan, *, core: int) -> "subprocess.Popen[str]":
    """Start the crowd as a process on this core; return it once it has begun to ask."""
    command = ["taskset", "-c", str(core), sys.executable, "-m", "benchmarks.crowd"]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(asdict(plan)))
    process.stdin.close()
    process.stdin = None
    process.stdout.readline()
    return process


def told_by(process: "subprocess.Popen[str]") -> Told:
    found = json.loads(process.communicate()[0])
    kinds = {name: Times(**times) for name, times in found.pop("kinds").items()}
    return Told(**found, kinds=kinds)


@dataclass
class Crowd:
    """The requests of a plan, and what became of them."""

    plan: Plan
    marker: bytes
    requests: Iterator[tuple[str, bytes]]
    answers: dict[str, list[tuple[int, float]]] = field(default_factory=lambda: defaultdict(list))
    sizes_bytes: dict[str, int] = field(default_factory=dict)
    sightings: list[float] = field(default_factory=list)
    idle: list["Phone"] = field(default_factory=list)
    waiting: deque[float] = field(default_factory=deque)
    networks: Iterator[int] = field(default_factory=count)
    late: list[float] = field(default_factory=list)
    connections: int = 0
    opened: int = 0
    under_way: int = 0
    ends_at: float = 0

    def free(self, phone: "Phone") -> None:
        """Let a free phone ask what is due, or what is next."""
        now = time.perf_counter()
        if self.waiting:
            phone.ask(*next(self.requests), self.waiting.popleft())
        elif self.plan.per_s or now >= self.ends_at:
            self.idle.append(phone)
        else:
            phone.ask(*next(self.requests), now)

    async def connect(self) -> None:
        loop, own = asyncio.get_running_loop(), f"127.1.{next(self.networks) % NETWORKS}.1"
        self.connections += 1
        self.opened += 1
        try:
            await loop.create_connection(
                lambda: Phone(self), "127.0.0.1", self.plan.port, local_addr=(own, 0)
            )
        except OSError:
            self.connections -= 1

    async def run(self) -> None:
        began = time.perf_counter()
        self.ends_at = began + self.plan.seconds
        if self.plan.per_s:
            await self._open_loop(began)
        else:
            await asyncio.gather(*(self.connect() for _ in range(CONNECTIONS)))
            await asyncio.sleep(self.plan.seconds)
        deadline = time.perf_counter() + PATIENCE_S
        while (self.under_way or self.waiting) and time.perf_counter() < deadline:
            await asyncio.sleep(0.01)
        if left := self.under_way + len(self.waiting):
            self.answers["unanswered"] += [(0, PATIENCE_S)] * left

    async def _open_loop(self, began: float) -> None:
        chance, opening = random.Random(1), set[asyncio.Task[None]]()
        due = began
        while (now := time.perf_counter()) < self.ends_at:
            while due <= now:
                self.late.append(now - due)
                if self.idle:
                    self.idle.pop().ask(*next(self.requests), now)
                else:
                    self.waiting.append(now)
                due += chance.expovariate(self.plan.per_s)
            wanted = min(len(self.waiting) - len(opening), MOST_CONNECTIONS - self.connections)
            for _ in range(wanted):
                opening.add(task := asyncio.create_task(self.connect()))
                task.add_done_callback(opening.discard)
            await asyncio.sleep(TICK_S)

    def told(self) -> dict[str, Any]:
        total = sum(map(len, self.answers.values()))
        return {
            "rate": total / self.plan.seconds,
            "sightings": self.sightings,
            "late": _spread(self.late),
            "busy": time.process_time() / self.plan.seconds,
            "connections": self.opened,
            "kinds": {
                name: _times(found) | {"size_bytes": self.sizes_bytes.get(name, 0)}
                for name, found in self.answers.items()
            },
        }


class Phone(asyncio.Protocol):
    """One connection that asks for one thing at a time."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._asked: tuple[str, float, float] | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._crowd.free(self)

    def ask(self, kind: str, raw: bytes, due: float) -> None:
        self._asked = kind, due, time.time()
        self._crowd.under_way += 1
        self._transport.write(raw)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer = self._buffer + data if self._buffer else data
        head, gap, body = buffer.partition(b"\r\n\r\n")
        if not gap:
            return
        lower = head.lower()
        length = lower.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
        if len(body) >= int(length or 0):
            self._buffer = b""
            self._end(int(head[9:12]), body, is_last=b"\r\nconnection: close" in lower)

    def connection_lost(self, exc: Exception | None) -> None:
        self._crowd.connections -= 1
        if self in self._crowd.idle:
            self._crowd.idle.remove(self)
        if self._asked is not None:
            self._end(0, b"", is_last=True)

    def _end(self, status: int, body: bytes, *, is_last: bool) -> None:
        assert self._asked is not None
        (kind, due, asked_at), self._asked = self._asked, None
        crowd = self._crowd
        crowd.under_way -= 1
        crowd.answers[kind].append((status, time.perf_counter() - due))
        crowd.sizes_bytes[kind] = len(body)
        if crowd.marker and crowd.marker in body:
            crowd.sightings.append(asked_at)
        if is_last:
            self._transport.close()
        else:
            crowd.free(self)


def deck(kinds: Mapping[str, Kind], start: int) -> Iterator[tuple[str, bytes]]:
    """The requests in a mixed order that is the same in every run."""
    names = [name for name, kind in kinds.items() for _ in range(kind.share)]
    random.Random(1).shuffle(names)
    raw = {name: [each.encode() for each in kind.requests] for name, kind in kinds.items()}
    nexts = {
        name: islice(cycle(each), start * kinds[name].share // 100 % len(each), None)
        for name, each in raw.items()
    }
    return ((name, next(nexts[name])) for _ in count() for name in names)


def _times(found: Sequence[tuple[int, float]]) -> dict[str, Any]:
    good = [took for status, took in found if 0 < status < 400]
    bad = [took for status, took in found if not 0 < status < 400]
    statuses = Counter(str(status) for status, _ in found)
    return {"answered": _spread(good), "refused": _spread(bad), "statuses": statuses}


def _spread(seconds: Sequence[float]) -> list[float]:
    """Median, 99th percentile and most, in milliseconds."""
    if len(seconds) < 2:
        return [each * 1e3 for each in seconds for _ in range(3)]
    p99 = statistics.quantiles(seconds, n=100)[98]
    return [each * 1e3 for each in (statistics.median(seconds), p99, max(seconds))]


def main() -> None:
    given = json.load(sys.stdin)
    kinds = {name: Kind(**kind) for name, kind in given.pop("kinds").items()}
    plan = Plan(**given, kinds=kinds)
    crowd = Crowd(plan, plan.marker.encode(), deck(kinds, plan.start))
    print("asking", flush=True)
    uvloop.run(crowd.run())
    print(json.dumps(crowd.told()))


if __name__ == "__main__":
    main()
