"""The hourly sweep of who was sent what, over a million rows: how long others wait for it."""

import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from backend.core import migrate
from backend.core.db import db
from push.delivery.retention import forget_recipients
from wsgi import compose

ROWS = 600_000  # receipts, and as many daily-limit counts
WRITES_EVERY_S = 0.02
NOTIFICATION = (
    "INSERT INTO notification (id, public_id, key, title, body, variants, url, urgency, dry_run,"
    " insists, state, created_by, needs_approval, content_hash, created_at, send_at, expires_at,"
    " sliced_to, is_counted, audience, accepted, held, failed, ambiguous, retired, dead, skipped,"
    " timings) VALUES (1, 'n', 'n', '', '', '{}', '', 'normal', 0, 0, 'sent', '', 0, '', :at, :at,"
    " :at, 0, 1, 0, 0, 0, 0, 0, 0, 0, '{}', '{}')"
)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="tagwire-bench-") as folder:
        path, now = Path(folder) / "bench.db", datetime.now(UTC)
        app = compose({"DATABASE_URL": f"sqlite:///{path}", "SECRET_KEY": "k" * 32}, Path(folder))
        with app.app_context():
            migrate.upgrade(now=now)
            fill(path, now - timedelta(days=10))
            with writing(path) as waits:
                took = [*timed(forget_recipients(now=now))]
            db.engine.dispose()
    print(f"{2 * ROWS:,} rows in {len(took)} slices, {sum(took):.1f} s of work")
    print(f"a slice: {tell(took)}")
    print(f"another writer's commit, {len(waits)} of them: {tell(waits)}")


def fill(path: Path, at: datetime) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(NOTIFICATION, {"at": f"{at:%Y-%m-%d %H:%M:%S.%f}"})
        rows = range(1, ROWS + 1)
        beacons = ((1, n, "opened", f"{at:%Y-%m-%d %H:%M:%S.%f}") for n in rows)
        connection.executemany("INSERT INTO beacon VALUES (?, ?, ?, ?)", beacons)
        days = ((n, f"{at:%Y-%m-%d}", 1) for n in rows)
        connection.executemany("INSERT INTO daily_alert VALUES (?, ?, ?)", days)
        connection.execute("CREATE TABLE other (n INTEGER)")


def timed(sweep: Iterator[None]) -> Iterator[float]:
    """Run a sweep as the worker does, a slice, then a turn of the loop; yield each slice's time."""
    started = time.perf_counter()
    for _ in sweep:
        yield time.perf_counter() - started
        time.sleep(WRITES_EVERY_S)
        started = time.perf_counter()


@contextmanager
def writing(path: Path) -> Iterator[list[float]]:
    """Write beside the sweep; the list gets how long each commit took."""
    waits: list[float] = []
    stopped = threading.Event()

    def write() -> None:
        connection = sqlite3.connect(path, timeout=30, isolation_level=None)
        while not stopped.is_set():
            started = time.perf_counter()
            connection.execute("INSERT INTO other VALUES (1)")
            waits.append(time.perf_counter() - started)
            stopped.wait(WRITES_EVERY_S)
        connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield waits
    finally:
        stopped.set()
        thread.join()


def tell(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    p99 = ordered[int(0.99 * (len(ordered) - 1))]
    median = statistics.median(ordered)
    return (
        f"median {median * 1e3:.0f} ms, p99 {p99 * 1e3:.0f} ms, longest {ordered[-1] * 1e3:.0f} ms"
    )


if __name__ == "__main__":
    main()
