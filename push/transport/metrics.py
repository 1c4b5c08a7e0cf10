"""Metrics of the connection to the provider, for Prometheus."""

from functools import cache

from prometheus_client import Counter, Gauge

_client = Gauge(
    "tagwire_push_http_client",
    "1 for the HTTP client in use: own (HTTP/2) or curl (libcurl).",
    ["client"],
    multiprocess_mode="mostrecent",
)


def start_at_zero() -> None:
    _fallbacks()
    _faults()


def show_client(name: str) -> None:
    """Set the gauge of the client in use, by the worker that chose last."""
    for client in ("own", "curl"):
        _client.labels(client).set(client == name)


def count_fallback() -> None:
    _fallbacks().inc()


def count_fault() -> None:
    _faults().inc()


# A counter without labels exists once it is made: that waits until processes share a folder.
@cache
def _fallbacks() -> Counter:
    return Counter(
        "tagwire_push_http_fallbacks",
        "Times that libcurl took over because the own HTTP/2 failed with protocol errors.",
    )


@cache
def _faults() -> Counter:
    return Counter(
        "tagwire_push_http_faults", "Unforeseen faults of the HTTP client, each of them recovered."
    )
