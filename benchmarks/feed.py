"""Feeds: a page from memory, a page never made, and how little depth and size change either.

`python -m benchmarks.feed [--articles N]`; under `python -m tests.postgres` it measures PostgreSQL.
The other side is a bare Flask view that answers a constant of the same size, under the same
gunicorn settings: one worker, eight threads.
"""

import argparse
import gzip
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.archive import PAGE, POPULAR, SECRET, TAGS, Archive, fill, first_page
from benchmarks.serving import ROOT, Asked, Ratio, Server, compared, resident_mb, serving
from tests.conftest import postgres_database
from wsgi import compose

SECRET_KEY = "a-secret-key-of-the-benchmarks"
ROUNDS, SLICE_S = 7, 2
FOLLOWED = 50
VARIANTS = 300
SMALL, LARGE = 20_000, 1_000_000


@dataclass(frozen=True)
class Site:
    """An archive and its servers: `cold` has room for far fewer pages than it is asked for."""

    archive: Archive
    kept: Server
    cold: Server
    bare: Server

    def pages(self, number: int) -> list[str]:
        """Addresses at the depth of this page, counted from 1, none of them the same."""
        above = (number - 1) * PAGE + 1
        return [self.archive.below(above + each, SECRET_KEY) for each in range(VARIANTS)]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--articles", type=int, default=SMALL)
    asked.add_argument("--large", action="store_true", help=f"also {LARGE:,} articles")
    options = asked.parse_args()
    with site(options.articles) as small:
        for name, compare in AGAINST_BARE:
            print(compare(small).told(name), flush=True)
        print(f"memory of a worker: {resident_mb(small.kept):.0f} MB,", end=" ")
        print(f"of the bare one {resident_mb(small.bare):.0f} MB", flush=True)
        if not options.large:
            return
        with site(LARGE) as large:
            for name, ratio in _sizes(small, large):
                print(ratio.told(name), flush=True)


def _page(found: Site) -> Ratio:
    return _compared(found.kept.asked(first_page(POPULAR)), found.bare.asked("/feed"))


def _compressed(found: Site) -> Ratio:
    ours = found.kept.asked(first_page(POPULAR), Accept_Encoding="br")
    return _compared(ours, found.bare.asked("/feed"))


def _random_tags(found: Site) -> Ratio:
    paths = [first_page(number) for number in range(1, TAGS + 1)]
    return _compared(found.kept.asked(*paths), found.bare.asked("/feed"))


def _deep_pages(found: Site) -> Ratio:
    return _compared(found.kept.asked(*found.pages(500)), found.bare.asked("/feed"))


def _unchanged(found: Site) -> Ratio:
    path = first_page(POPULAR)
    etag = get(found.kept, path)[1]
    return _compared(found.kept.asked(path, If_None_Match=etag), found.bare.asked("/unchanged"))


def _never_made(found: Site) -> Ratio:
    return _compared(found.cold.asked(*found.pages(1)), found.bare.asked("/feed"))


def _home(found: Site) -> Ratio:
    """Compare a home of many topics with a tag's page, by requests a second."""
    home = found.cold.asked("/v1/feed", Authorization=f"Bearer {SECRET}")
    return _compared(home, found.cold.asked(*found.pages(1)))


AGAINST_BARE: tuple[tuple[str, Callable[[Site], Ratio]], ...] = (
    ("popular tag, from memory", _page),
    ("popular tag, from memory, brotli", _compressed),
    ("200 tags in turn, from memory", _random_tags),
    (f"{VARIANTS} deep pages in turn, from memory", _deep_pages),
    ("304", _unchanged),
    ("popular tag, never made before", _never_made),
    (f"home of {FOLLOWED} topics to a tag's page, never made", _home),
)


def _sizes(small: Site, large: Site) -> Iterator[tuple[str, Ratio]]:
    first = large.cold.asked(*large.pages(1))
    for number in (50, 5_000):
        deep = large.cold.asked(*large.pages(number))
        yield f"page {number:,} to page 1, never made", _compared(deep, first)
    name = f"{LARGE:,} articles to {small.archive.articles:,}, never made"
    yield name, _compared(first, small.cold.asked(*small.pages(1)))


def _compared(ours: Asked, theirs: Asked) -> Ratio:
    return compared(ours, theirs, rounds=ROUNDS, seconds=SLICE_S)


@contextmanager
def site(articles: int) -> Iterator[Site]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = {
            "DATABASE_URL": postgres_database() or f"sqlite:///{folder / 'bench.db'}",
            "SECRET_KEY": SECRET_KEY,
            "APP_CONFIG": str(ROOT / "app.toml"),
        }
        archive = _filled(articles, settings)
        with (
            serving("wsgi:asgi", folder, **settings) as kept,
            serving("wsgi:asgi", folder, PAGES_KEPT_MB="1", **settings) as cold,
        ):
            body, _ = get(kept, first_page(POPULAR))
            print(f"{articles:,} articles; a page is {len(body):,} bytes,", end=" ")
            print(f"{len(gzip.compress(body, 5)):,} with gzip", flush=True)
            (folder / "page.json").write_bytes(body)
            bare = {**settings, "BARE_PAGE": str(folder / "page.json")}
            with serving("benchmarks.bare:app", folder, **bare) as constant:
                yield Site(archive, kept, cold, constant)


def _filled(articles: int, settings: dict[str, str]) -> Archive:
    upgrade = [sys.executable, "-m", "tagwire", "db", "upgrade"]
    environ = os.environ | settings
    subprocess.run(upgrade, env=environ, check=True, capture_output=True, cwd=ROOT)
    app = compose(settings, ROOT)
    with app.app_context():
        return fill(articles, FOLLOWED)


def get(server: Server, path: str, **headers: str) -> tuple[bytes, str]:
    """The body of an answer, and its validator."""
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", headers=headers)
    with urllib.request.urlopen(request) as answer:
        return answer.read(), answer.headers["ETag"]


if __name__ == "__main__":
    main()
