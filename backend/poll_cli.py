"""The command of the background process."""

import os
import signal
import threading
from types import FrameType

import click
from flask.cli import with_appcontext

from backend import background
from backend.http.cli_base import need_tables
from backend.ingest.extension import fetch_policy


@click.command()
@click.option("--threads", default=4, show_default=True, help="How many feeds at the same time.")
@click.option("--nice", default=10, show_default=True, help="Niceness: readers go first.")
@with_appcontext
def poll(threads: int, nice: int) -> None:
    """Poll the due feeds and release ended embargoes until stopped.

    Example: tagwire poll --nice 0
    """
    need_tables()
    os.nice(nice)
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    background.run(stopped, threads=threads, policy=fetch_policy())


COMMANDS: tuple[click.Command, ...] = (poll,)
