"""What our own code takes for each kind of request of the surge, in one process without a server.

`python -m benchmarks.handling [KIND ...]`, on SQLite: the newsroom and the requests of
`benchmarks.surge` are given to the ASGI app itself, so that no socket and no parser of HTTP is in
what is measured. Told is the processor time of a request, of all threads: the median of rounds, and
the least. Events come thirty together. To compare two checkouts, run it in both in turns.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import uvloop
from sqlalchemy import update

from backend.asgi.front import Front, front_of
from backend.core.chunks import chunks
from backend.core.db import release, transaction
from benchmarks.audience import newsroom
from benchmarks.surge import ARTICLES, FOLLOWERS, SHARES, app_config, asked_for, published, settle
from push.audience import fan_out
from push.store.models import Batch

ROUNDS, ASKED = 9, 300
TOGETHER = {"events": 30}


@dataclass(frozen=True)
class Ready:
    """A request as a server hands it over."""

    scope: Mapping[str, Any]
    body: bytes


def main() -> None:
    kinds = sys.argv[1:] or list(SHARES)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # the access log
    with asking() as (front, requests):
        uvloop.run(_measure(front, {kind: requests[kind] for kind in kinds}))


@contextmanager
def asking() -> Iterator[tuple[Front, Mapping[str, Sequence[Ready]]]]:
    """The app on the day of the big story, and what it is asked for."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "app.toml"
        config.write_text(app_config())
        with newsroom(f"sqlite:///{folder}/handling.db", FOLLOWERS, APP_CONFIG=str(config)) as desk:
            articles = [published(desk, number) for number in range(ARTICLES)]
            settle(range(1, FOLLOWERS + 1))
            alert = desk.alert()
            while fan_out.fan_out_next(now=datetime.now(UTC)) is not None:
                pass
            with transaction() as session:
                session.execute(update(Batch).values(sent=Batch.members))
            release()
            found = asked_for(articles, alert)
            yield front_of(desk.app), {kind: [*map(_ready, found[kind])] for kind in found}


async def _measure(front: Front, requests: Mapping[str, Sequence[Ready]]) -> None:
    for kind, asked in requests.items():
        took = await _taken(front, asked, TOGETHER.get(kind, 1))
        middle = statistics.median(took)
        print(f"{kind:<12} {middle:.0f} µs, at least {min(took):.0f}", flush=True)


async def _taken(front: Front, requests: Sequence[Ready], together: int) -> list[float]:
    """Return microseconds a request of each round, after one that fills what is kept in memory."""
    coming, took = cycle(requests), []
    for _ in range(ROUNDS + 1):
        round_ = list(islice(coming, ASKED))
        before = time.process_time()
        for some in chunks(round_, together):
            if len(some) > 1:
                await asyncio.gather(*(_ask(front, each) for each in some))
            else:
                await _ask(front, some[0])
                await asyncio.sleep(0)  # or the loop would be late
        took.append((time.process_time() - before) / ASKED * 1e6)
    return took[1:]


async def _ask(front: Front, asked: Ready) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": asked.body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message.get("status", 200) >= 400:
            raise RuntimeError(f"{message['status']} for {asked.scope['raw_path']}")

    await front(asked.scope, receive, send)


def _ready(raw: str) -> Ready:
    head, _, body = raw.partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    method, target, _ = first.split(" ")
    path, _, query = target.partition("?")
    named = (line.partition(": ") for line in lines)
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, _, value in named],
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 50_000),
    }
    return Ready(scope, body.encode())


if __name__ == "__main__":
    main()
