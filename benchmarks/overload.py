"""More than the server can answer: 2 and 3 times its capacity in an open loop.

`python -m benchmarks.overload`: the newsroom and the mix of `benchmarks.surge`. First what the
mix comes to in a closed loop; then so many times as much in an open one, with an alert to all
leaving, `/healthz` asked beside it and memory watched; and five seconds after the end what half of
the capacity is answered like, as before it. A thread is needed for searches that nobody asked
before, which come in the place of half of the articles' pages.
"""

import statistics
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.crowd import Kind, Told, begin, get, told_by
from benchmarks.provider import CORES
from benchmarks.serving import cpu_s, resident_mb
from benchmarks.siege import seconds_of_alert
from benchmarks.surge import Day, day

TIMES = (2, 3)
SLICE_S, CALM_S, AFTER_S = 6, 4, 5
SHARE, SEARCHES = 10, 50_000


def main() -> None:
    with day() as found:
        kinds = found.kinds()
        searches = [get(f"/v1/search?q=harbour+{number}") for number in range(SEARCHES)]
        kinds["search"] = Kind(SHARE, searches)
        asked(found, kinds, CALM_S)
        capacity = asked(found, kinds, CALM_S).rate
        print(f"capacity {capacity:.0f}/s; memory {resident_mb(found.web):.0f} MB", flush=True)
        alone_s = seconds_of_alert(found.desk)
        tell("at half of it, before", asked(found, kinds, CALM_S, capacity / 2))
        for times in TIMES:
            with alerting(found) as alerts, probing(found) as probes:
                before = cpu_s(found.web.pid)
                told = asked(found, kinds, SLICE_S, times * capacity)
                cores = (cpu_s(found.web.pid) - before) / SLICE_S
            tell(f"at {times} x capacity, {cores:.2f} cores", told)
            print(
                f"  /healthz {statistics.median(probes):.0f} ms, at most {max(probes):.0f};"
                f" an alert to all took {alerts[0]:.1f} s, alone {alone_s:.1f};"
                f" memory {resident_mb(found.web):.0f} MB",
                flush=True,
            )
            time.sleep(AFTER_S)
            tell(f"at half, {AFTER_S} s after it", asked(found, kinds, CALM_S, capacity / 2))
        print(f"memory {resident_mb(found.web):.0f} MB")


def asked(found: Day, kinds: dict[str, Kind], seconds: float, per_s: float = 0) -> Told:
    return told_by(begin(found.plan(kinds, seconds, per_s), core=CORES[-1]))


def tell(name: str, told: Told) -> None:
    late = " / ".join(f"{each:.1f}" for each in told.late)
    print(
        f"{name}: {told.rate:.0f}/s asked, {told.good_rate:.0f}/s answered;"
        f" {told.connections} connections; the crowd took {told.busy:.2f} of a core and was"
        f" late itself by {late or 0} ms"
    )
    for kind, times in sorted(told.kinds.items()):
        print(times.told(kind), flush=True)


@contextmanager
def alerting(found: Day) -> Iterator[list[float]]:
    """Send an alert to all beside the block, at whose end the list has how long that took."""
    took: list[float] = []

    def send() -> None:
        with found.desk.app.app_context():
            took.append(seconds_of_alert(found.desk))

    sending = threading.Thread(target=send)
    sending.start()
    try:
        yield took
    finally:
        sending.join()


@contextmanager
def probing(found: Day) -> Iterator[list[float]]:
    """Time `/healthz` ten times a second beside the block, in milliseconds."""
    took: list[float] = []
    done = threading.Event()

    def probe() -> None:
        while not done.wait(0.1):
            began = time.perf_counter()
            urllib.request.urlopen(f"http://127.0.0.1:{found.web.port}/healthz", timeout=60).close()
            took.append((time.perf_counter() - began) * 1e3)

    probing_ = threading.Thread(target=probe)
    probing_.start()
    try:
        yield took
    finally:
        done.set()
        probing_.join()


if __name__ == "__main__":
    main()
