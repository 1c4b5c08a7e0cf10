"""A worker process at FCM's default quota: how soon, how fast, how quickly stopped."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select

from backend.core.db import db
from benchmarks.audience import ROOT, Newsroom
from benchmarks.provider import CORES, Provider
from push.store.models import Batch

# A pace of 10,000/s: the limiter stays 2 % below the quota that it is given.
PER_MINUTE = 614_000
ALERTS = 8
QUIET_S = 0.5


def hold(room: Newsroom, provider: Provider, followers: int) -> None:
    """Alerts that are recalled at once, then one that goes to everybody."""
    with worker(room, provider) as pid:
        _first_and_recall(room, provider)  # the worker starts
        tries = [_first_and_recall(room, provider) for _ in range(ALERTS)]
        for name, values in zip(
            (
                "first message accepted after publishing, s",
                "recall answered, s",
                "last message after that answer, s",
                "messages that left after it",
            ),
            zip(*tries, strict=True),
            strict=True,
        ):
            _say(name, values)
        _send_to_all(room, {"worker": pid, "provider": provider.pid}, followers)


def _send_to_all(room: Newsroom, processes: dict[str, int], followers: int) -> None:
    before = {name: _cpu_s(pid) for name, pid in processes.items()}
    busy = _busy_s()
    alert = room.alert()
    sent_while_slicing = 0
    while (found := room.read(alert))["state"] != "sent":
        if found["state"] == "planning":
            sent_while_slicing = found["counts"]["accepted"]
        time.sleep(0.2)
    counts, timing = found["counts"], found["timing"]
    assert counts["accepted"] == followers, counts
    used = {name: _cpu_s(pid) - before[name] for name, pid in processes.items()}
    used["others"] = _busy_s() - busy - sum(used.values())
    lasted = timing["last_s"] - timing["first_accept_s"]
    print(f"held {followers / lasted:.0f}/s for {lasted:.1f} s; {timing}")
    print(f"accepted before the audience was cut to its end: {sent_while_slicing}")
    for name, seconds in used.items():
        print(f"cores used by {name:<9} {seconds / timing['last_s']:5.2f}")
    print(f"kept of who was sent: {_kept_bytes() / followers:.2f} bytes for each")


def _first_and_recall(room: Newsroom, provider: Provider) -> tuple[float, float, float, int]:
    """Seconds to the first acceptance, to the recall's answer, from there to the last message,
    and how many left meanwhile."""
    alert = room.alert()
    while not room.read(alert)["counts"]["accepted"]:
        time.sleep(0.01)
    asked = time.perf_counter()
    room.call("POST", f"notifications/{alert}/recall")
    answered = last = time.perf_counter()
    before = taken = provider.taken()
    while time.perf_counter() - last < QUIET_S:
        now_taken = provider.taken()
        if now_taken != taken:
            taken, last = now_taken, time.perf_counter()
        time.sleep(0.01)
    first_s = room.read(alert)["timing"]["first_accept_s"]
    return first_s, answered - asked, last - answered, taken - before


@contextmanager
def worker(room: Newsroom, provider: Provider) -> Iterator[int]:
    """`tagwire work` on the first core; its process id."""
    settings = {"FCM_MESSAGES_PER_MINUTE": str(PER_MINUTE), "FCM_RAMP_S": "0"}
    environ = os.environ | room.environ | provider.environ | settings
    command = [sys.executable, "-m", "tagwire", "work"]
    with subprocess.Popen(command, cwd=ROOT, env=environ) as process:
        os.sched_setaffinity(process.pid, {CORES[0]})
        try:
            yield process.pid
        finally:
            process.terminate()


def _kept_bytes() -> float:
    """Return the bytes that are kept of who was sent the latest alert."""
    newest = select(func.max(Batch.notification_id)).scalar_subquery()
    size = func.sum(func.length(Batch.sent))
    return float(db.session.scalar(select(size).where(Batch.notification_id == newest)) or 0)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _busy_s() -> float:
    """Return the busy time of all cores since the machine started."""
    user, nice, system, _idle, _wait, *rest = map(
        int, Path("/proc/stat").read_text().split("\n")[0].split()[1:]
    )
    return (user + nice + system + sum(rest[:3])) / os.sysconf("SC_CLK_TCK")


def _say(name: str, values: Sequence[float]) -> None:
    print(f"{name:<44} median {statistics.median(values):.2f}, most {max(values):.2f}")
