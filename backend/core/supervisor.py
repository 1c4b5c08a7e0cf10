"""Process supervisor: forks web, poller and push worker, restarts them with back-off, stops them.

Children are forked, so that the imports of a second are paid for once and kept in memory once.
They have their own process group, so that Ctrl-C reaches the supervisor alone, and end by
themselves when it is gone, so that nothing keeps the port after a `kill -9`.
"""

import gc
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass, field
from multiprocessing.context import ForkProcess
from pathlib import Path
from types import FrameType

log = logging.getLogger(__name__)

STOP_WITHIN_S = 8.0
WATCH_EVERY_S = 0.2
MAX_BACKOFF_S = 30.0
SUPERVISOR = "TAGWIRE_SUPERVISOR"
STOPPING = (signal.SIGTERM, signal.SIGINT)
# After so long a run the back-off starts again.
RESET_BACKOFF_AFTER_S = 60.0


@dataclass(slots=True)
class Child:
    """One process that should always run."""

    name: str
    job: Callable[[], object]
    process: ForkProcess | None = None
    failures: int = 0
    started: float = 0.0
    next_start: float = 0.0

    def start(self) -> None:
        self.started = time.monotonic()
        fork = multiprocessing.get_context("fork")
        self.process = fork.Process(target=_run_child, args=(self.name, self.job), name=self.name)
        # A signal that comes before the child has its own handlers waits until it has.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
        self.process.start()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)

    def schedule_restart(self) -> None:
        ran = time.monotonic() - self.started
        self.failures = 1 if ran > RESET_BACKOFF_AFTER_S else self.failures + 1
        pause = min(MAX_BACKOFF_S, 0.5 * 2.0**self.failures)
        self.next_start = time.monotonic() + pause
        code = self.process.exitcode if self.process else None
        log.warning("child ended", extra={"child": self.name, "code": code, "pause_s": pause})
        self.process = None


@dataclass(slots=True)
class Supervisor:
    """`run` returns the exit code: 0 when asked to stop, 1 when `vital` never came up."""

    children: list[Child]
    vital: str
    stopping: bool = field(default=False, init=False)

    def run(self) -> int:
        for number in STOPPING:
            signal.signal(number, self._on_signal)
        gc.freeze()  # what is shared by fork stays shared: no collection touches it
        for child in self.children:
            child.start()
        code = 0
        while not self.stopping and code == 0:
            time.sleep(WATCH_EVERY_S)
            code = self._watch()
        self._stop()
        return code

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def _watch(self) -> int:
        for child in self.children:
            if child.process is not None and not child.process.is_alive():
                child.schedule_restart()
                if child.name == self.vital and child.failures >= 3:
                    print(f"tagwire: {child.name} does not stay up; see above.", file=sys.stderr)  # noqa: T201
                    return 1
            if child.process is None and time.monotonic() >= child.next_start:
                child.start()
        return 0

    def _stop(self) -> None:
        alive = [child.process for child in self.children if child.process is not None]
        for process in alive:
            process.terminate()
        deadline = time.monotonic() + STOP_WITHIN_S
        for process in alive:
            process.join(max(0.1, deadline - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()


def _run_child(name: str, job: Callable[[], object]) -> None:
    """Entry point of a child process after the fork."""
    os.setpgid(0, 0)
    os.environ[SUPERVISOR] = str(os.getppid())
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
    with suppress(OSError):  # Linux alone shows a name that a process gave itself
        Path("/proc/self/comm").write_text(f"tagwire-{name}")
    # Not in the context of the command that forks: with its app context no request would get one
    # of its own, and none would end its session.
    Context().run(job)


def stop_with_supervisor() -> None:
    """Send this process SIGTERM when its supervisor is gone, such as after `kill -9`."""
    supervisor = os.environ.get(SUPERVISOR)
    if supervisor:
        threading.Thread(target=_watch_parent, args=(int(supervisor),), daemon=True).start()


def _watch_parent(supervisor: int) -> None:
    while os.getppid() == supervisor:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)
