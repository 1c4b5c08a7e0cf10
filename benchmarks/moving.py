"""How long phones of another push system take to be moved in, and how much memory that takes.

`python -m benchmarks.moving [PHONES]` writes a list of so many (100,000 without a number) with
tokens as long as Google's and three of fifty topics each, and brings it in with the command, on
each engine.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.audience import ROOT, databases

TOPICS = 50
TAIL = "A" * 140
ZONES = ("Europe/Vienna", "Asia/Seoul", "America/New_York")


def lines(count: int) -> Iterator[str]:
    yield "address,platform,topics,locale,time_zone\n"
    for number in range(count):
        topics = ";".join(f"tag:Topic{(number + step) % TOPICS}" for step in (0, 7, 19))
        platform = ("ios", "android")[number % 2]
        # Ids come in no order.
        fid = f"c{number * 2_654_435_761 % 2**32:010d}{'x' * 11}"
        yield f"{fid}:{TAIL},{platform},{topics},en-GB,{ZONES[number % 3]}\n"


def command(url: str, *words: str) -> float:
    """Run a command; its processor time in seconds."""
    needed = {"DATABASE_URL": url, "SECRET_KEY": "a-secret-key-of-the-benchmarks-only"}
    environ = os.environ | needed | {"PYTHONPATH": str(ROOT)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = [sys.executable, "-m", "tagwire", *words]
    done = subprocess.run(run, env=environ, check=False, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(count: int) -> None:
    with tempfile.TemporaryDirectory(prefix="tagwire-bench-") as folder, databases() as urls:
        path = Path(folder) / "phones.csv"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(lines(count))
        for name, url in urls.items():
            command(url, "db", "upgrade")
            began = time.monotonic()
            words = ("installations", "import", "--unknown-topics", "create", str(path))
            processor_s, took_s = command(url, *words), time.monotonic() - began
            peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            print(
                f"{name}: {count:,} phones with {3 * count:,} follows in {took_s:.1f} s"
                f" ({processor_s:.1f} s of this side's processor), {count / took_s:,.0f} a second,"
                f" {peak_mb:.0f} MB at most"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
