"""Parsing of publishers' feeds against feedparser: `python -m benchmarks.parsing FOLDER`."""

import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import feedparser

from backend.ingest.entry_drafts import SourceDefaults, drafts_of
from backend.ingest.parsing.parse import parse_feed

ROUNDS = 3


def _theirs(body: bytes) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)


def _ours(body: bytes) -> object:
    return parse_feed(body, url="https://paper.example/feed")


def _with_drafts(body: bytes) -> object:
    feed = parse_feed(body, url="https://paper.example/feed")
    return drafts_of(feed, SourceDefaults())


def _seconds(read: Callable[[bytes], object], body: bytes) -> float:
    begun = time.process_time()
    read(body)
    return time.process_time() - begun


def main() -> None:
    """Compare documents a second of one core, each document by each parser before the next."""
    bodies = [path.read_bytes() for path in sorted(Path(sys.argv[1]).iterdir())]
    readers = {"ours": _ours, "ours with drafts": _with_drafts, "feedparser": _theirs}
    spent = dict.fromkeys(readers, 0.0)
    for body in bodies * ROUNDS:
        for name, read in readers.items():
            spent[name] += _seconds(read, body)
    for name, seconds in spent.items():
        print(f"{name}: {len(bodies) * ROUNDS / seconds:,.0f} documents/s")


if __name__ == "__main__":
    main()
