"""What Tagwire takes with nothing to do: `python -m benchmarks.at_rest [--seconds 60] [ROOT...]`.

Starts `tagwire up` in an empty folder, waits until it has settled, and reads of /proc the processor
time of each process over a minute and its share of the memory (PSS, which counts what is shared
once). With ROOT other checkouts are measured one after the other, so that a version can be compared
with an older one. On PostgreSQL: `python -m tests.postgres python -m benchmarks.at_rest`. It ends
with the start of some commands, in processor time.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.flows.running import Running

OURS = Path(__file__).parent.parent
SETTLED_S = 15
COMMANDS = (
    "--help",
    "keys list",
    "sources list",
    "sources pause nobody",
    "check",
    "db upgrade",
    "i18n check",
)
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Process:
    """Processor time since it began, and memory."""

    name: str
    cpu_s: float
    pss_bytes: int
    private_bytes: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("roots", nargs="*", type=Path, default=[OURS])
    options = parser.parse_args()
    for root in options.roots:
        os.environ["PYTHONPATH"] = str(root)
        print(f"{root}, {options.seconds} s at rest")
        with tempfile.TemporaryDirectory() as folder:
            at_rest(Path(folder), program_of(root), options.seconds)
            starts(Path(folder), program_of(root))


def program_of(root: Path) -> tuple[str, ...]:
    """Return the command that starts a checkout; an old one has its commands in `wsgi`."""
    module = "tagwire" if (root / "tagwire.py").exists() else "wsgi"
    return sys.executable, "-m", module


def at_rest(folder: Path, program: tuple[str, ...], seconds: int) -> None:
    settings = {
        "DEMO": "0",
        "WEB_WORKERS": "2",
        "SECRET_KEY": "a-key-of-the-benchmark-and-long-enough",
    }
    if "TEST_DATABASE_URL" in os.environ:
        settings["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]
    running = Running(folder, program, **settings)
    try:
        if not running.wait_for("/readyz", 200, within_s=60):
            raise SystemExit(running.log.read_text()[-1500:])
        time.sleep(SETTLED_S)
        pids = [*family(running.process.pid)]
        before = {pid: process_of(pid) for pid in pids}
        time.sleep(seconds)
        after = {pid: process_of(pid) for pid in pids}
    finally:
        running.stop()
    print("| process | % of a core | PSS, MB | of its own, MB |\n| --- | --- | --- | --- |")
    shares = [(after[pid].cpu_s - before[pid].cpu_s) / seconds * 100 for pid in pids]
    for pid, share in zip(pids, shares, strict=True):
        print(row(after[pid].name, share, after[pid].pss_bytes, after[pid].private_bytes))
    print(
        row(
            "all",
            sum(shares),
            sum(each.pss_bytes for each in after.values()),
            sum(each.private_bytes for each in after.values()),
        )
    )


def row(name: str, share: float, pss_bytes: int, private_bytes: int) -> str:
    return f"| {name} | {share:.2f} | {pss_bytes / 2**20:.0f} | {private_bytes / 2**20:.0f} |"


def family(pid: int) -> Iterator[int]:
    yield pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    for child in children.split():
        yield from family(int(child))


def process_of(pid: int) -> Process:
    folder = Path(f"/proc/{pid}")
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    lines = (folder / "smaps_rollup").read_text().splitlines()[1:]
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    return Process(
        name=(folder / "comm").read_text().strip(),
        cpu_s=(int(fields[11]) + int(fields[12])) / TICKS,
        pss_bytes=kilobytes["Pss"] * 1024,
        private_bytes=(kilobytes["Private_Dirty"] + kilobytes["Private_Clean"]) * 1024,
    )


def starts(folder: Path, program: tuple[str, ...]) -> None:
    print("| command | processor time |\n| --- | --- |")
    for words in COMMANDS:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([*program, *words.split()], cwd=folder, capture_output=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(f"| tagwire {words} | {spent:.2f} s |")


if __name__ == "__main__":
    main()
