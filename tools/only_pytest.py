"""Passes a test run's output through and fails when it holds more than pytest's own lines.

`make test | python -m tools.only_pytest`: what the product logs belongs to the test that made it.
"""

import re
import sys
from collections.abc import Iterable, Iterator

_PROGRESS = re.compile(r"[.sxXFE]*\s*(\[\s*\d+%\])?|bringing up nodes\.\.\.|\d+ passed.*")
_HEADING = re.compile(r"={3,} .* ={3,}|-{3,} .* -{3,}")
# `make` saying what it sets up, such as a new environment.
_MAKE = re.compile(r"(Setting up|Adding) .*|make(\[\d+\])?: .*")


def foreign(lines: Iterable[str]) -> Iterator[str]:
    """The lines before the first heading that pytest did not write."""
    for line in lines:
        text = line.rstrip("\n")
        if _HEADING.fullmatch(text):
            return
        if not _PROGRESS.fullmatch(text) and not _MAKE.fullmatch(text):
            yield text


def _shown(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        sys.stdout.write(line)
        sys.stdout.flush()
        yield line


def main() -> int:
    shown = _shown(sys.stdin)
    found = list(foreign(shown))
    for _ in shown:  # the summary
        pass
    if found:
        sys.stderr.write(f"{len(found)} lines of the test run are not pytest's: {found[0][:200]}\n")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
