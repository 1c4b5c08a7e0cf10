"""Prometheus metrics of alerts: outcomes, timings, pauses, faults, breaker, canary, halt."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Literal, get_args

from prometheus_client import Counter, Gauge, Histogram

from push.store.timing import WITHIN

Step = Literal[
    "lifecycle",
    "fan_out",
    "decide",
    "claim",
    "compose",
    "submit",
    "collect",
    "classify",
    "quota",
    "pause",
    "record",
    "settle",
    "reap",
    "forget",
    "halt",
    "nonce",
    "canary",
    "loop",
]

_messages = Counter("tagwire_push_messages", "Messages by what became of them.", ["outcome"])
_pauses = Counter(
    "tagwire_push_pauses", "Times that a platform of a sending had to wait.", ["platform"]
)
_faults = Counter(
    "tagwire_push_faults", "Unforeseen faults of sending, by the step of the loop.", ["step"]
)
_skipped = Counter(
    "tagwire_push_skipped", "Readers who were to be sent an alert and were not, by why.", ["reason"]
)
_timed = Counter(
    "tagwire_push_timed_messages",
    "Accepted messages of alerts for now, by whether it took 120 seconds at most.",
    ["within_120s"],
)


def start_at_zero(kinds: Iterable[str], platforms: Iterable[str]) -> None:
    """Create all counters at zero, so that a first increase shows.

    The canary's gauges are left out: without test phones there is no canary.
    """
    for kind in kinds:
        _messages.labels(kind)
    for platform in platforms:
        _pauses.labels(platform)
    for step in get_args(Step):
        _faults.labels(step)
    for answer in ("yes", "no"):
        _timed.labels(answer)
    for made in (_breaker, _halt, _outage, _first_accept):
        made()


def count_outcomes(counts: Mapping[Any, int]) -> None:
    for kind, count in counts.items():
        _messages.labels(kind).inc(count)


def count_skipped(counts: Mapping[str, int]) -> None:
    for reason, count in counts.items():
        _skipped.labels(reason).inc(count)


def count_timed(latencies_s: Collection[float]) -> None:
    """Count accepted messages by whether they took at most `WITHIN` from their alert's start."""
    within = sum(latency_s <= WITHIN.total_seconds() for latency_s in latencies_s)
    _timed.labels("yes").inc(within)
    _timed.labels("no").inc(len(latencies_s) - within)


def observe_first_accept(seconds: float) -> None:
    _first_accept().observe(seconds)


def count_fault(step: Step) -> None:
    _faults.labels(step).inc()


def count_breaker() -> None:
    _breaker().inc()


def count_pause(platform: str) -> None:
    _pauses.labels(platform).inc()


def show_canary(*, failed: bool, at: datetime) -> None:
    """Set the canary's gauges; while a worker hangs its last success grows old."""
    _canary().set(1 if failed else 0)
    if not failed:
        _canary_success().set(at.timestamp())


def show_halt(*, is_on: bool) -> None:
    _halt().set(is_on)


def show_outage(*, is_on: bool) -> None:
    _outage().set(is_on)


# A counter without labels exists once it is made: that waits until processes share a folder.
@cache
def _breaker() -> Counter:
    return Counter("tagwire_push_breaker", "Times that dead addresses were too many to be true.")


@cache
def _first_accept() -> Histogram:
    return Histogram(
        "tagwire_push_first_accept_seconds",
        "From the start of an alert to the first message that the provider accepted.",
        buckets=(0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0),
    )


@cache
def _canary_success() -> Gauge:
    return Gauge(
        "tagwire_push_canary_success_timestamp_seconds",
        "When the last dry run to the test installations was accepted.",
        multiprocess_mode="mostrecent",
    )


@cache
def _halt() -> Gauge:
    return Gauge(
        "tagwire_push_halted",
        "1 while an editor stopped everything, as a worker saw it last.",
        multiprocess_mode="mostrecent",
    )


@cache
def _outage() -> Gauge:
    return Gauge(
        "tagwire_push_provider_silent",
        "1 while the provider answers nobody and everything waits for it.",
        multiprocess_mode="mostrecent",
    )


@cache
def _canary() -> Gauge:
    return Gauge(
        "tagwire_push_canary_failed",
        "1 when the last dry run to the test installations failed.",
        multiprocess_mode="mostrecent",
    )
