"""Cuts the audience of one alert, in a process of its own so that its memory can be told.

`python -m benchmarks.slicing DATABASE_URL FOLLOWERS` prints what it took as JSON.
"""

import gc
import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select

from backend.core.db import db
from benchmarks.audience import newsroom
from push.audience import fan_out
from push.store.models import Batch


def main(url: str, followers: int) -> None:
    with newsroom(url, followers) as room:
        gc.freeze()  # as the worker does
        before_mb = _peak_mb()
        alert = room.alert()
        started, cpu = time.perf_counter(), time.process_time()
        while fan_out.fan_out_next(now=datetime.now(UTC)) is not None:
            pass
        took = {"wall_s": time.perf_counter() - started, "cpu_s": time.process_time() - cpu}
        kept = func.avg(func.length(Batch.members)), func.count()
        bytes_, batches = db.session.execute(select(*kept)).one()
        audience = room.read(alert)["counts"]["audience"]
        assert audience == followers, audience
        print(
            json.dumps(
                {
                    **took,
                    "peak_mb": _peak_mb(),
                    "before_mb": before_mb,
                    "batches": batches,
                    "bytes_a_batch": float(bytes_),
                }
            )
        )


def _peak_mb() -> float:
    """Return this program's peak memory; the resource usage counts what started it as well."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    os.sched_setaffinity(0, {0})
    main(sys.argv[1], int(sys.argv[2]))
