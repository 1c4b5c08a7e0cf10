"""What the FCM stand-in costs for a message, beside that of another checkout.

`python -m benchmarks.standin --against FOLDER`: both answer in turns within one run, to the same
sender. What counts is processor time of the stand-in: a busy machine slows both.
"""

import argparse
import os
import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.audience import ROOT
from benchmarks.provider import Provider, standin
from benchmarks.push import wire

ROUNDS, MESSAGES = 7, 20_000
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, default=ROOT, help="another checkout")
    other = parser.parse_args().against
    with ExitStack() as stack:
        providers = {}
        for name, root in (("other", other), ("this", ROOT)):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            providers[name] = stack.enter_context(standin(folder, root=root))
        costs: dict[str, list[float]] = {name: [] for name in providers}
        for is_warm in (False, *[True] * ROUNDS):
            for name, provider in providers.items():
                cost_us = cost_of(provider)
                if is_warm:
                    costs[name].append(cost_us)
    for name, found in costs.items():
        middle = statistics.median(found)
        print(f"{name:<6} {middle:5.1f} µs a message, {1e6 / middle:7,.0f} a second of one core")
    ratios = [a / b for a, b in zip(costs["other"], costs["this"], strict=True)]
    rounds = " ".join(f"{ratio:.2f}" for ratio in sorted(ratios))
    print(f"this is {statistics.median(ratios):.2f} times as fast; rounds {rounds}")


def cost_of(provider: Provider) -> float:
    """Microseconds of the stand-in's processor time for a message."""
    sender = provider.sender()
    before = cpu_s(provider.pid)
    wire(sender, MESSAGES)
    spent = cpu_s(provider.pid) - before
    sender.close()
    return spent / MESSAGES * 1e6


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


if __name__ == "__main__":
    main()
