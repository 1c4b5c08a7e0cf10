"""Progress of commands: a bar with rate and time left, on standard error, on a terminal alone.

What a command answers goes to standard output, which stays clean for programs.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from backend.core.growing_file import Step


@contextmanager
def progress(label: str, length: int = 1, *, many: int = 0) -> Iterator[Step]:
    """Show a bar for more than `many` steps; fewer are done before anybody looks."""
    started, done = time.monotonic(), 0
    hidden = length <= many or not sys.stderr.isatty()

    def rate(_item: object) -> str:
        return f"{done / max(time.monotonic() - started, 0.1):,.0f}/s"

    bar = click.progressbar(
        length=length, label=label, file=sys.stderr, hidden=hidden, item_show_func=rate
    )

    def step(brought: int, total: int) -> None:
        nonlocal done
        done += brought
        bar.length = total
        bar.update(brought)

    with bar:
        yield step


def above(line: str) -> None:
    """Print a line of the answer in place of a bar, which is drawn again at its next step."""
    if sys.stderr.isatty():
        click.echo("\r\033[K", nl=False, err=True)
    click.echo(line)
