"""Prometheus metrics of the page cache.

The cache answers in microseconds: it counts in plain integers, which are exported afterwards.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from prometheus_client import Counter, Gauge, Histogram

Result = Literal["hit", "miss"]

_asked = Counter(
    "tagwire_page_cache_requests",
    "Public answers: from memory (hit), or rendered because none was fresh (miss).",
    ["result"],
)


@dataclass(slots=True)
class PageCounts:
    """Counts of this process that were not exported yet, and how many bytes it keeps."""

    hits: int = 0
    misses: int = 0
    evicted: int = 0
    held_bytes: int = 0

    def tell(self) -> None:
        """Export the counts; an increment may be lost, because no answer waits for a lock."""
        hits, misses, evicted = self.hits, self.misses, self.evicted
        self.hits -= hits
        self.misses -= misses
        self.evicted -= evicted
        _asked.labels("hit").inc(hits)
        _asked.labels("miss").inc(misses)
        _evictions().inc(evicted)
        _bytes().set(self.held_bytes)


COUNTS = PageCounts()


def start_at_zero() -> None:
    COUNTS.tell()
    _seen_after()


def observe_seen_after(seconds: float) -> None:
    _seen_after().observe(max(seconds, 0))


# Constructed late: a metric without labels is exported at once, and needs the shared folder.
@cache
def _evictions() -> Counter:
    return Counter(
        "tagwire_page_cache_evictions", "Pages that gave way to others; more room would keep them."
    )


@cache
def _bytes() -> Gauge:
    return Gauge(
        "tagwire_page_cache_bytes",
        "What the pages take that web processes keep.",
        multiprocess_mode="livesum",
    )


@cache
def _seen_after() -> Histogram:
    return Histogram(
        "tagwire_change_seen_seconds",
        "From a change to the moment that a web process answered no page from before it.",
        buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0),
    )
