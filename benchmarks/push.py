"""Alerts: the wire and the whole pipeline against firebase-admin's `send_each`, and how it holds.

`python -m benchmarks.push` (`make bench`), a few minutes; `--long` holds the quota for a minute
and cuts an audience of a million. Senders take turns within one run, and what counts is messages
for each second of processor time: a busy machine slows both.
"""

import argparse
import copy
import gc
import json
import logging
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import firebase_admin
from firebase_admin import credentials, messaging
from requests.adapters import HTTPAdapter

from backend.http.context import AppContext, system_clock
from benchmarks.audience import (
    ROOT,
    Newsroom,
    address,
    bench_alert,
    databases,
    fresh,
    newsroom,
)
from benchmarks.holding import hold
from benchmarks.provider import CORES, Provider, endpoint, standin
from push.delivery.rate_limiter import RateLimit
from push.delivery.worker import Worker
from push.transport.encoding import built, render
from push.transport.fcm import FcmSender
from push.transport.payload import message
from push.transport.sender import Outgoing

ROUNDS, MESSAGES, SLOW_MESSAGES, SDK_MESSAGES = 3, 10_000, 4_000, 1_000
UNPACED = RateLimit(60_000_000, timedelta(0))


@dataclass
class Cost:
    """Seconds of processor time for 1,000 messages, and messages a second, of each round."""

    cpu_s: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)

    def add(self, work: Callable[[], int]) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        count = work()
        self.cpu_s.append((time.process_time() - cpu) / count * 1000)
        self.rate.append(count / (time.perf_counter() - wall))

    def __str__(self) -> str:
        return f"{statistics.median(self.cpu_s):6.3f} s {statistics.median(self.rate):7.0f}/s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="hold for 60 s, cut a million")
    is_long = parser.parse_args().long
    warnings.simplefilter("ignore", DeprecationWarning)  # the SDK's own, for every message
    with tempfile.TemporaryDirectory() as name, databases() as urls:
        compare(Path(name), urls)
        followers = 10_000 * (60 if is_long else 10)
        with (
            endpoint(Path(name), latency_ms=50) as provider,
            newsroom(fresh(urls["SQLite"], "hold"), followers) as room,
        ):
            hold(room, provider, followers)
        for engine, url in urls.items():
            cut(engine, fresh(url, "cut"), 1_000_000 if is_long else 200_000)


def compare(folder: Path, urls: Mapping[str, str]) -> None:
    """Every sender on one core, what it sends to on the other."""
    os.sched_setaffinity(0, {CORES[0]})
    gc.freeze()  # as the worker does
    print("processor time for 1,000 messages, messages a second, times send_each (processor)")
    with endpoint(folder, latency_ms=0) as provider:
        against_sdk("no latency", provider, urls)
    with endpoint(folder, latency_ms=50) as provider:
        against_sdk("50 ms", provider, {"SQLite": urls["SQLite"]})
    with endpoint(folder, per_second=1_000) as provider:
        against_sdk("1,000 a second", provider, {"SQLite": urls["SQLite"]}, SLOW_MESSAGES)
    with standin(folder) as provider:
        against_sdk("stand-in", provider, {"SQLite": urls["SQLite"]})
    os.sched_setaffinity(0, CORES)


def against_sdk(
    where: str, provider: Provider, urls: Mapping[str, str], count: int = MESSAGES
) -> None:
    """The wire alone, and the whole pipeline on each database, in turns with `send_each`."""
    with ExitStack() as stack:
        sender = provider.sender()
        stack.callback(sender.close)
        works = {"send_each": stack.enter_context(send_each(provider))}
        works["wire"] = partial(wire, sender, count)
        for engine, url in urls.items():
            name = f"sent_{re.sub(r'[^a-z0-9]', '_', where)}"
            room = stack.enter_context(newsroom(fresh(url, name), count))
            works[f"pipeline, {engine}"] = partial(pipeline, room, sender, count)
        costs = {name: Cost() for name in works}
        for is_warm in (False, *[True] * ROUNDS):
            for name, work in works.items():
                (costs[name] if is_warm else Cost()).add(work)
    for name, cost in costs.items():
        ratios = [a / b for a, b in zip(costs["send_each"].cpu_s, cost.cpu_s, strict=True)]
        print(f"{where:<14} {name:<21} {cost} x{statistics.median(ratios):.1f}", flush=True)


def wire(sender: FcmSender, count: int) -> int:
    """Our transport, with bodies made as the worker makes them."""
    template = render(bench_alert(), kind="fid", platform="android", now=datetime.now(UTC))
    waiting = deque(
        Outgoing(1, number, "android", address(number), template) for number in range(count)
    )
    under_way = accepted = 0
    while accepted < count:
        room = min(sender.room - under_way, len(waiting))
        sender.submit([waiting.popleft() for _ in range(room)])
        answers = sender.collect(0.05)
        under_way += room - len(answers)
        for sent, answer in answers:
            assert answer.status == 200 or answer.unsent, answer
            accepted += answer.status == 200
            if answer.unsent:  # no connection in time, on a busy machine
                waiting.append(sent)
    return count


def pipeline(room: Newsroom, sender: FcmSender, count: int) -> int:
    """Everything from the audience to the outcome in the database."""
    with room.app.app_context():
        context: AppContext = room.app.extensions["tagwire"]
        alert = room.alert()
        worker = Worker(sender, system_clock, context.hooks.tell, rate_limit=UNPACED, render=render)
        while worker.step() or room.read(alert)["state"] != "sent":
            pass
        counts = room.read(alert)["counts"]
    assert counts["accepted"] == count, counts
    return count


@contextmanager
def send_each(provider: Provider) -> Iterator[Callable[[], int]]:
    """firebase-admin's own sender, with the pool of connections that it has for Google's host."""
    account = json.loads(provider.key_file.read_text(encoding="utf-8"))
    # It opens more connections than its pool keeps, and would pay for saying so each time.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
    app = firebase_admin.initialize_app(credentials.Certificate(account), name=provider.url)
    # There is no option for another host; these attributes are the same from 7.5 to 7.7.
    service = messaging._get_messaging_service(app)
    service._fcm_url = f"{provider.url}/v1/projects/{account['project_id']}/messages:send"
    pool = HTTPAdapter(pool_connections=100, pool_maxsize=100)
    service._client.session.mount(provider.url, pool)
    os.environ["REQUESTS_CA_BUNDLE"] = str(provider.ca_file)
    alert = built(message(bench_alert(), "android", datetime.now(UTC)))

    def send() -> int:
        for start in range(0, SDK_MESSAGES, 500):
            numbers = range(start, start + 500)
            batch = [to_address(alert, address(number)) for number in numbers]
            answer = messaging.send_each(batch, app=app)
            assert answer.success_count == len(batch), answer.responses[0].exception
        return SDK_MESSAGES

    yield send
    firebase_admin.delete_app(app)


def to_address(alert: messaging.Message, address: str) -> messaging.Message:
    """The same message to another address, made at as little cost to the SDK as can be."""
    own = copy.copy(alert)
    own.fid = address
    return own


def cut(engine: str, url: str, followers: int) -> None:
    """The audience of one alert into batches."""
    command = [sys.executable, "-m", "benchmarks.slicing", url, str(followers)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    took = json.loads(done.stdout.splitlines()[-1])
    print(
        f"{followers:,} followers cut on {engine}: {took['wall_s']:.1f} s "
        f"({took['cpu_s']:.1f} s of processor time), {took['batches']} batches of "
        f"{took['bytes_a_batch']:.0f} bytes, peak {took['peak_mb']:.0f} MB "
        f"({took['before_mb']:.0f} MB before)",
        flush=True,
    )


if __name__ == "__main__":
    main()
