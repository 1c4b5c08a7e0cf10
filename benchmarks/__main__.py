"""`make bench`: every benchmark, one after another."""

import runpy

NAMES = ("feed", "links", "push", "stories")

for name in NAMES:
    runpy.run_module(f"benchmarks.{name}", run_name="__main__")
