"""`python -m benchmarks.polling [SOURCES] [FOLDER]`: polling beside the API, on SQLite.

`tagwire poll` fetches all sources from `benchmarks.publishers`: first everything is new, then a
third of the feeds have an entry more and most answer 304. Meanwhile wrk asks for the feed of a
tag that many articles have, in turns with the poller going on and stopped, and somebody else wants
to write ten times a second. Told are the time of a round, what of it was the poller's processor,
how long the others' writes waited, and rate and p99 of the API with polling to those without.
"""

import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import func, select, update

from backend.core import migrate
from backend.core.db import db, release, transaction
from backend.http.context import current_context
from backend.ingest.queries import source_feeds
from backend.ingest.sources import save_source
from backend.newsroom.draft import ArticleDraft
from backend.newsroom.service import Arrival, publish
from backend.tables.ingest import SourceFeed
from backend.tables.newsroom import Article
from benchmarks.serving import ROOT, Asked, Slice, free_port, load, serving, wait_for
from benchmarks.serving import ticks as ticks_of
from wsgi import compose

SLICE_S = 2
TAG = "United States"
ASKED = "/v1/tags/UnitedStates/articles"
POLL_S = 300
WRITES_EVERY_S = 0.1


def main(count: int, folder: str | None) -> None:
    with tempfile.TemporaryDirectory() as name, publishers(folder) as port:
        root = Path(name)
        settings = {
            "DATABASE_URL": f"sqlite:///{root}/polling.db",
            "SECRET_KEY": "k" * 32,
            "PUSH_TRANSPORT": "local",
            "FETCH_ALLOW_NETWORKS": "127.0.0.0/8",
        }
        app = compose(settings, root)
        with app.app_context():
            migrate.upgrade(now=current_context().now())
            add_sources(count, port)
            first = ArticleDraft(title="First", url="https://mill.example/1", tags=(TAG,))
            context = current_context()
            publish(
                context.hooks, Arrival(source="mill", external_id="1"), first, now=context.now()
            )
            with serving("wsgi:asgi", root, **settings) as web, polling(settings, root) as poller:
                asked = web.asked(ASKED)
                urllib.request.urlopen(f"http://127.0.0.1:{web.port}{ASKED}").close()
                for name in ("first round", "second round"):
                    print(_round(name, count, poller, asked, root / "polling.db"), flush=True)
                    next_round(port)
                    due_again()
            db.engine.dispose()


def _round(name: str, count: int, poller: int, asked: Asked, database: Path) -> str:
    """Until nothing is due, in turns: the API beside the poller, and alone."""
    beside: list[Slice] = []
    alone: list[Slice] = []
    began, cpu = time.perf_counter(), ticks_of(poller)
    stopped_s, waits = 0.0, [0.0]
    while is_due():
        os.kill(poller, signal.SIGCONT)
        with writing(database, waits):
            beside.append(load(asked, SLICE_S))
        os.kill(poller, signal.SIGSTOP)
        stopped = time.perf_counter()
        alone.append(load(asked, SLICE_S))
        stopped_s += time.perf_counter() - stopped
    os.kill(poller, signal.SIGCONT)
    took = time.perf_counter() - began - stopped_s
    used = (ticks_of(poller) - cpu) / os.sysconf("SC_CLK_TCK")
    pairs = list(zip(beside, alone, strict=True))
    rate = statistics.median(mine.rate / other.rate for mine, other in pairs)
    p99 = statistics.median(mine.p99_ms / other.p99_ms for mine, other in pairs)
    return (
        f"{name}: {count} sources in {took:.0f} s beside the load, {used:.0f} s of processor"
        f" ({took / POLL_S:.0%} and {used / POLL_S:.0%} of {POLL_S // 60} minutes),"
        f" {articles():,} articles; others' writes waited {statistics.median(waits) * 1e3:.0f} ms,"
        f" at most {max(waits) * 1e3:.0f} ms; API with polling to without: rate x{rate:.2f},"
        f" p99 x{p99:.2f}"
    )


@contextmanager
def writing(database: Path, waits: list[float]) -> Iterator[None]:
    """Somebody who wants to write: how long until it is his turn."""
    done = threading.Event()

    def ask() -> None:
        with closing(sqlite3.connect(database, timeout=15, isolation_level=None)) as connection:
            while not done.wait(WRITES_EVERY_S):
                began = time.perf_counter()
                connection.execute("BEGIN IMMEDIATE")
                waits.append(time.perf_counter() - began)
                connection.execute("ROLLBACK")

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield
    finally:
        done.set()
        asking.join()


@contextmanager
def publishers(folder: str | None) -> Iterator[int]:
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "benchmarks.publishers",
        str(port),
        *([folder] if folder else []),
    ]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def polling(settings: dict[str, str], root: Path) -> Iterator[int]:
    """`tagwire poll`, stopped until it is told to go on."""
    with (root / "poller.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "wsgi", "poll"],
            env=os.environ | settings,
            cwd=ROOT,
            stderr=log,
            stdout=log,
        )
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(20)


def add_sources(count: int, port: int) -> None:
    """Each on a host of its own, as far as the politeness towards hosts goes."""
    now = current_context().now()
    for number in range(count):
        url = f"http://127.0.0.1:{port}/{number}"
        save_source(f"Publisher {number}", {"feed_url": url}, now=now)
        release()
    with transaction() as session:
        for number, feed in enumerate(source_feeds(session)):
            feed.host = f"p{number}.example"
    release()


def due_again() -> None:
    with transaction() as session:
        session.execute(update(SourceFeed).values(next_poll_at=current_context().now()))
    release()


def is_due() -> bool:
    now = current_context().now()
    waiting = (SourceFeed.next_poll_at <= now) | SourceFeed.lease_until.is_not(None)
    found = db.session.scalar(select(func.count()).select_from(SourceFeed).where(waiting))
    release()
    return bool(found)


def articles() -> int:
    found = db.session.scalar(select(func.count()).select_from(Article))
    release()
    return found or 0


def next_round(port: int) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", data=b"") as answer:
        answer.read()


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 500, sys.argv[2] if sys.argv[2:] else None)
