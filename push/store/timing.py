"""Latency histogram: how long messages took until the provider accepted them. Pure.

A bucket is 10 % wide, so that a percentile is right to within 10 %; first, last and the share
within two minutes are exact. The shape is plain JSON: it lives in one column.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

WITHIN = timedelta(seconds=120)
_SHORTEST_S = 0.001
_WIDTH = 1.1


def added(timing: Mapping[str, Any], latencies_s: Iterable[float]) -> dict[str, Any]:
    """Add latencies to a histogram."""
    buckets = dict(timing.get("buckets", {}))
    first, last = timing.get("first"), timing.get("last")
    within, count = timing.get("within", 0), timing.get("count", 0)
    for latency in latencies_s:
        name = str(_bucket(latency))
        buckets[name] = buckets.get(name, 0) + 1
        first = latency if first is None else min(first, latency)
        last = latency if last is None else max(last, latency)
        within += latency <= WITHIN.total_seconds()
        count += 1
    return {"buckets": buckets, "first": first, "last": last, "within": within, "count": count}


def merged(timings: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Merge the histograms of several platforms."""
    buckets: dict[str, int] = {}
    given = [timing for timing in timings if timing.get("count")]
    for timing in given:
        for name, count in timing["buckets"].items():
            buckets[name] = buckets.get(name, 0) + count
    return {
        "buckets": buckets,
        "first": min((timing["first"] for timing in given), default=None),
        "last": max((timing["last"] for timing in given), default=None),
        "within": sum(timing["within"] for timing in given),
        "count": sum(timing["count"] for timing in given),
    }


def summary(timing: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the percentiles in seconds for the API, and the share within two minutes."""
    count = timing.get("count", 0)
    return {
        "first_accept_s": _rounded(timing.get("first")),
        "p50_s": _rounded(_percentile(timing, 0.5)),
        "p90_s": _rounded(_percentile(timing, 0.9)),
        "last_s": _rounded(timing.get("last")),
        "within_120s": round(timing["within"] / count, 4) if count else None,
    }


def _percentile(timing: Mapping[str, Any], share: float) -> float | None:
    wanted = math.ceil(share * timing.get("count", 0))
    passed = 0
    for number, count in sorted((int(n), c) for n, c in timing.get("buckets", {}).items()):
        passed += count
        if passed >= wanted:
            return float(min(_SHORTEST_S * _WIDTH**number, timing["last"]))
    return None


def _bucket(latency_s: float) -> int:
    if latency_s <= _SHORTEST_S:
        return 0
    return math.ceil(math.log(latency_s / _SHORTEST_S) / math.log(_WIDTH))


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
