"""`python -m benchmarks.polling [SOURCES] [FOLDER]`: polling beside the API, on SQLite.

`tagwire poll` fetches all sources from `benchmarks.publishers`: first everything is new, then a
third of the feeds have an entry more and most answer 304. At the start of a round wrk asks for the
feed of a tag that many articles have, in turns with the poller going on and stopped, and somebody
else wants to write ten times a second; then the poller has the machine to itself. A round is over
when every source was asked once, or after `--longest` seconds. Told are the time of a round, what
of it was the poller's processor, how many sources were asked beside the load, how long the others'
writes waited, and rate and p99 of the API with polling to those without.

A load that never pauses takes the processor from a poller at niceness 10, and for half of the turns
it is stopped: beside it the first documents of 500 sources would take most of an hour.
"""

import argparse
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
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import ColumnElement, func, select, update

from backend.core import migrate
from backend.core.db import db, release, transaction
from backend.http.context import current_context
from backend.ingest.queries import source_feeds
from backend.ingest.saving import save_settings
from backend.newsroom.draft import ArticleDraft
from backend.newsroom.service import Arrival, publish
from backend.tables.ingest import SourceFeed
from backend.tables.newsroom import Article
from benchmarks.serving import ROOT, Asked, Slice, free_port, load, serving, wait_for
from benchmarks.serving import ticks as ticks_of
from wsgi import compose

SLICE_S = 2
PAIRS = 12
TAG = "United States"
ASKED = "/v1/tags/UnitedStates/articles"
POLL_S = 300
WRITES_EVERY_S = 0.1
ENTRIES = 12


@dataclass
class Round:
    """Measurements of one round."""

    beside: list[Slice] = field(default_factory=list)
    alone: list[Slice] = field(default_factory=list)
    waits: list[float] = field(default_factory=lambda: [0.0])
    polled_s: float = 0.0
    beside_s: float = 0.0
    asked_beside: int = 0
    asked: int = 0

    def told(self, name: str, count: int, used: float) -> str:
        pairs = list(zip(self.beside, self.alone, strict=True))
        rate = statistics.median(mine.rate / other.rate for mine, other in pairs)
        p99 = statistics.median(mine.p99_ms / other.p99_ms for mine, other in pairs)
        whole = used / max(1, self.asked) * count
        return (
            f"{name}: {self.asked} of {count} sources in {self.polled_s:.0f} s, {used:.0f} s of"
            f" processor, for all {whole:.0f} s ({whole / POLL_S:.0%} of {POLL_S // 60} minutes);"
            f" {self.asked_beside} of them in {self.beside_s:.0f} s beside the load;"
            f" {articles():,} articles; others' writes waited"
            f" {statistics.median(self.waits) * 1e3:.0f} ms, at most"
            f" {max(self.waits) * 1e3:.0f} ms; API with polling to without: rate x{rate:.2f},"
            f" p99 x{p99:.2f}"
        )


def main(count: int, folder: str | None, entries: int, longest: float) -> None:
    with tempfile.TemporaryDirectory() as name, publishers(folder, entries) as port:
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
                    print(_round(name, poller, asked, root / "polling.db", longest), flush=True)
                    next_round(port)
                    due_again()
            db.engine.dispose()


def _round(name: str, poller: int, asked: Asked, database: Path, longest: float) -> str:
    """Measure the API beside the poller and alone, in turns, then the poller alone."""
    found, began, cpu = Round(), current_context().now(), ticks_of(poller)
    count = due()
    while len(found.beside) < PAIRS and asked_since(began) < count:
        _pair(found, poller, asked, database)
    found.asked_beside, found.polled_s = asked_since(began), found.beside_s
    os.kill(poller, signal.SIGCONT)
    alone = time.perf_counter()
    while asked_since(began) < count and time.perf_counter() - alone < longest:
        time.sleep(0.2)
    found.asked = asked_since(began)
    found.polled_s += time.perf_counter() - alone
    return found.told(name, count, (ticks_of(poller) - cpu) / os.sysconf("SC_CLK_TCK"))


def _pair(found: Round, poller: int, asked: Asked, database: Path) -> None:
    os.kill(poller, signal.SIGCONT)
    began = time.perf_counter()
    with writing(database, found.waits):
        found.beside.append(load(asked, SLICE_S))
    os.kill(poller, signal.SIGSTOP)
    found.beside_s += time.perf_counter() - began
    found.alone.append(load(asked, SLICE_S))


@contextmanager
def writing(database: Path, waits: list[float]) -> Iterator[None]:
    """Ask for the write lock again and again beside the block; `waits` gets the seconds of each."""
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
def publishers(folder: str | None, entries: int) -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.publishers", str(port), str(entries)]
    process = subprocess.Popen([*command, *([folder] if folder else [])], cwd=ROOT)
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
            [sys.executable, "-m", "tagwire", "poll"],
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
    """Add sources that each count as a host of their own, for the pause between polls of a host."""
    now = current_context().now()
    for number in range(count):
        url = f"http://127.0.0.1:{port}/{number}"
        save_settings(f"Publisher {number}", {"feed_url": url}, now=now)
        release()
    with transaction() as session:
        for number, feed in enumerate(source_feeds(session)):
            feed.host = f"p{number}.example"
    release()


def due_again() -> None:
    """Make those due that were asked before; others would bring first documents into a round."""
    now = current_context().now()
    asked = SourceFeed.last_polled_at.is_not(None)
    with transaction() as session:
        session.execute(update(SourceFeed).values(next_poll_at=now + timedelta(days=1)))
        session.execute(update(SourceFeed).where(asked).values(next_poll_at=now))
    release()


def due() -> int:
    return _counted(SourceFeed.next_poll_at <= current_context().now())


def asked_since(began: datetime) -> int:
    """Count the sources that were asked and answered; those that fall due again count once."""
    return _counted(SourceFeed.last_polled_at >= began, SourceFeed.lease_until.is_(None))


def _counted(*conditions: ColumnElement[bool]) -> int:
    found = db.session.scalar(select(func.count()).select_from(SourceFeed).where(*conditions))
    release()
    return found or 0


def articles() -> int:
    found = db.session.scalar(select(func.count()).select_from(Article))
    release()
    return found or 0


def next_round(port: int) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", data=b"") as answer:
        answer.read()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="?", type=int, default=500)
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--entries", type=int, default=ENTRIES, help="of each document, the newest")
    parser.add_argument("--longest", type=float, default=240, help="seconds of a round")
    given = parser.parse_args()
    main(given.sources, given.folder, given.entries, given.longest)
