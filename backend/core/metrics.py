"""Prometheus metrics, over all processes that share PROMETHEUS_MULTIPROC_DIR."""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    values,
)
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
UNKNOWN_ROUTE = "none"
QUEUES = ("alerts", "webhooks")
BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

_requests = Counter("tagwire_requests", "Requests answered.", ["route", "method", "status"])
_seconds = Histogram(
    "tagwire_request_seconds", "Time to answer a request.", ["route"], buckets=BUCKETS_S
)
_events = Counter("tagwire_events", "Events that rooms told, such as article.published.", ["name"])
_faults = Counter(
    "tagwire_background_faults", "Errors that nobody foresaw in a background loop.", ["loop"]
)
_recognised = Counter(
    "tagwire_recognised_articles",
    "Articles given to the optional recogniser of names: read, failed or slow.",
    ["outcome"],
)
_feed_entries = Counter(
    "tagwire_feed_entries",
    "Entries of publishers' feeds, and of these the collapsed, guessed, unread and left-out ones.",
    ["what"],
)
_websub_pushes = Counter(
    "tagwire_websub_pushes",
    "Calls of WebSub hubs that told of news, by what became of them.",
    ["outcome"],
)
_pages = Counter("tagwire_pages", "What became of articles' pages.", ["outcome"])
_forgotten = Counter(
    "tagwire_retention_rows", "Rows that retention removed or emptied, by their table.", ["kind"]
)
_leases_lost = Counter(
    "tagwire_leases_lost", "Pieces of work whose holder died or took too long, by queue.", ["queue"]
)
_sampled: list[Callable[[], None]] = []
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """A value that a room measures in the database when Prometheus asks, not when it changes: it
    shows a stuck process, too. Gauges of one name mean the same under other labels.
    """

    name: str
    help: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


def writable(*, is_writable: bool) -> Gauge:
    return Gauge(
        name="tagwire_database_writable",
        help="0 while the database is away or read-only, or the disk is full.",
        value=is_writable,
    )


# The loops that `backend.core.faults` speaks of.
LOOPS = (
    *("feeds", "pages", "websub", "health", "webhooks", "purge", "hub", "embargoes", "expiry"),
    *("housekeeping", "downloads", "access_log", "recogniser", "batcher"),
)


def start_at_zero(forgotten: Iterable[str] = ()) -> None:
    """Export a zero for each loop's faults and each kind of what is forgotten before the first one,
    so that it shows as an increase.
    """
    for loop in LOOPS:
        _faults.labels(loop)
    for kind in forgotten:
        _forgotten.labels(kind)
    for queue in QUEUES:
        _leases_lost.labels(queue)
    _visible()


def count_event(name: str) -> None:
    _events.labels(name).inc()


def count_feed_entries(what: str, count: int) -> None:
    if count:
        _feed_entries.labels(what).inc(count)


def count_recognised(outcome: str) -> None:
    _recognised.labels(outcome).inc()


def count_websub_push(outcome: str) -> None:
    _websub_pushes.labels(outcome).inc()


def count_page(outcome: str) -> None:
    _pages.labels(outcome).inc()


def count_fault(loop: str) -> None:
    _faults.labels(loop).inc()


def count_forgotten(kind: str, count: int) -> None:
    if count > 0:
        _forgotten.labels(kind).inc(count)


def forgotten_rows() -> int:
    """How many rows this process removed or emptied so far."""
    samples = (sample for metric in _forgotten.collect() for sample in metric.samples)
    return int(sum(each.value for each in samples if each.name.endswith("_total")))


def count_lost_lease(queue: str) -> None:
    _leases_lost.labels(queue).inc()


def observe_visible(seconds: float) -> None:
    _visible().observe(max(seconds, 0))


def sampled(tell: Callable[[], None]) -> None:
    """Register a function that exports plain counts, called soon after requests were answered."""
    if tell not in _sampled:
        _sampled.append(tell)


def sample() -> None:
    for tell in _sampled:
        tell()


def observe(route: str, method: str, status: int, seconds: Sequence[float]) -> None:
    """Count answered requests. `route` is the rule, never the path that was asked for.

    What a client may choose is a closed set: each further label would stay in memory for good.
    """
    named = method if method in _METHODS else "other"
    _requests.labels(route, named, str(status)).inc(len(seconds))
    histogram = _seconds.labels(route)
    for each in seconds:
        histogram.observe(each)


def exposition(gauges: Iterable[Gauge] = ()) -> bytes:
    """Return all counts, and what was measured just now, in Prometheus' text format."""
    measured = CollectorRegistry()
    measured.register(_Measured(gauges))
    if not os.environ.get(FOLDER):
        return generate_latest(REGISTRY) + generate_latest(measured)
    _forget_the_dead(Path(os.environ[FOLDER]))
    MultiProcessCollector(measured)  # type: ignore[no-untyped-call]
    return generate_latest(measured)


def _forget_the_dead(folder: Path) -> None:
    """Delete the live gauges of processes that were killed: they use nothing any more."""
    for path in folder.glob("gauge_live*.db"):
        try:
            os.kill(int(path.stem.rpartition("_")[2]), 0)
        except ProcessLookupError:
            path.unlink(missing_ok=True)
        except PermissionError:  # another user's, and alive
            pass


# Constructed late: a metric without labels is exported at once, and needs the shared folder.
@cache
def _visible() -> Histogram:
    return Histogram(
        "tagwire_article_visible_seconds",
        "From an article's arrival here to the commit that made it public.",
        buckets=(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0),
    )


class _Measured(Collector):
    def __init__(self, gauges: Iterable[Gauge]) -> None:
        self._gauges = tuple(gauges)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        families: dict[str, GaugeMetricFamily] = {}
        for gauge in self._gauges:
            family = families.setdefault(
                gauge.name, GaugeMetricFamily(gauge.name, gauge.help, labels=list(gauge.labels))
            )
            family.add_metric(list(gauge.labels.values()), gauge.value)
        yield from families.values()


@contextmanager
def shared_by_children() -> Iterator[None]:
    """Have processes started within the block count into one folder, removed at its end."""
    if os.environ.get(FOLDER):
        yield
        return
    with tempfile.TemporaryDirectory(prefix="tagwire-metrics-") as folder:
        os.environ[FOLDER] = folder
        # Chosen by the library when it is imported; every count is made later, at its first use.
        values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call]
        try:
            yield
        finally:
            del os.environ[FOLDER]
