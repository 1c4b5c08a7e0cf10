"""Prometheus metrics of the front: waits for a thread, how busy threads are, refusals."""

from functools import cache
from typing import Literal, get_args

from prometheus_client import Counter, Gauge, Histogram

Reason = Literal["slow_body", "many_parts", "many_bodies", "overloaded"]
_BUCKETS_S = (0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0)

_refused = Counter(
    "tagwire_web_refused", "Requests that the front gave up before Flask, by why.", ["reason"]
)


def start_at_zero() -> None:
    for reason in get_args(Reason):
        _refused.labels(reason)
    for made in (_waited, _busy, _threads):
        made()


def count_refusal(reason: Reason) -> None:
    _refused.labels(reason).inc()


def observe_wait(seconds: float) -> None:
    _waited().observe(seconds)


def count_busy(seconds: float) -> None:
    _busy().inc(seconds)


def show_threads(count: int) -> None:
    _threads().set(count)


# Constructed late: a metric without labels is exported at once, and needs the shared folder.
@cache
def _waited() -> Histogram:
    return Histogram(
        "tagwire_web_queue_wait_seconds",
        "How long a request waited for a thread; what is in memory needs none.",
        buckets=_BUCKETS_S,
    )


@cache
def _busy() -> Counter:
    return Counter("tagwire_web_thread_seconds", "Time that threads were busy with requests.")


@cache
def _threads() -> Gauge:
    return Gauge(
        "tagwire_web_threads",
        "Threads that requests may take, in all web processes.",
        multiprocess_mode="livesum",
    )
