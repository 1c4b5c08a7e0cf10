"""`python -m benchmarks.polling [SOURCES] [FOLDER]`: how long it takes to poll all sources once.

A server on loopback answers with feeds of real shapes: written here (10 to 60 entries, leads or
whole texts), or the documents of FOLDER. The first round brings in everything. In the second a
third of the written feeds have an entry more, and what is unchanged is answered with a 304.
"""

import os
import random
import sys
import tempfile
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from typing import ClassVar

from flask import Flask

from backend.core import migrate
from backend.core.db import db, release, transaction
from backend.http.context import current_context
from backend.ingest.poller import Poller
from backend.ingest.queries import source_feeds
from backend.ingest.sources import save_source
from backend.outbound.fetch import FetchPolicy
from benchmarks.archive import WORDS
from wsgi import compose

THREADS = 4
INTERVAL = timedelta(minutes=5)
POLICY = FetchPolicy(allow_networks=(ip_network("127.0.0.0/8"),))


class Publisher(BaseHTTPRequestHandler):
    """All publishers: the path is the number of the feed, its ETag how many entries it has."""

    documents: ClassVar[list[bytes]] = []
    round: ClassVar[int] = 1
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        number = int(self.path.strip("/"))
        grown = self.round if number % 3 == 0 and not self.documents else 1
        etag = f'"{number}-{grown}"'
        is_known = self.headers.get("If-None-Match") == etag
        body = b"" if is_known else self._document(number, grown)
        self.send_response(304 if is_known else 200)
        self.send_header("ETag", etag)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _document(self, number: int, grown: int) -> bytes:
        if self.documents:
            return self.documents[number % len(self.documents)]
        return written_feed(number, grown)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def written_feed(number: int, grown: int) -> bytes:
    chance = random.Random(number)
    count = chance.randint(10, 60)
    length = chance.choice((30, 30, 400))
    items = (_item(number, each, length) for each in range(count + grown, grown, -1))
    head = f"<title>Publisher {number}</title><link>https://p{number}.example/</link>"
    return f"<rss version='2.0'><channel>{head}{''.join(items)}</channel></rss>".encode()


def _item(number: int, entry: int, length: int) -> str:
    chance = random.Random(f"{number} {entry}")
    words = chance.choices(WORDS, k=length)
    url = f"https://p{number}.example/{entry}"
    date = f"Sat, {1 + entry % 28:02} Nov 2025 {entry % 24:02}:00:00 GMT"
    return (
        f"<item><title>{' '.join(words[:8])} {entry}</title><link>{url}</link><guid>{url}</guid>"
        f"<pubDate>{date}</pubDate><description>{' '.join(words)}</description></item>"
    )


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


def poll_all(app: Flask) -> float:
    """Poll until nothing is due; the seconds it took."""
    with transaction() as session:
        for feed in source_feeds(session):
            feed.next_poll_at = current_context().now()
    release()
    started = time.perf_counter()
    workers = [threading.Thread(target=_poll, args=(app,)) for _ in range(THREADS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return time.perf_counter() - started


def _poll(app: Flask) -> None:
    with app.app_context():
        poller = Poller(current_context().hooks, POLICY, current_context().clock)
        while poller.poll_one():
            pass
        db.session.remove()


def main(count: int, folder: str | None) -> None:
    if folder:
        Publisher.documents = [path.read_bytes() for path in sorted(Path(folder).iterdir())]
    server = ThreadingHTTPServer(("127.0.0.1", 0), Publisher)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as root:
        given = {"DATABASE_URL": f"sqlite:///{root}/polling.db", "SECRET_KEY": "k" * 32}
        app = compose({**given, "PUSH_TRANSPORT": "local"}, Path(root))
        with app.app_context():
            migrate.upgrade(now=current_context().now())
            add_sources(count, server.server_address[1])
            for Publisher.round in (1, 2):
                took = poll_all(app)
                share = took / INTERVAL.total_seconds()
                print(f"round {Publisher.round}: {count} sources in {took:.1f} s, ", end="")
                print(f"{share:.0%} of {INTERVAL.seconds // 60} minutes, {os.cpu_count()} cores")
            db.engine.dispose()
    server.shutdown()


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 500, sys.argv[2] if sys.argv[2:] else None)
