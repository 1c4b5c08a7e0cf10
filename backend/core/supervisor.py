"""Process supervisor: forks web, poller and push worker, restarts them with back-off, stops them.

Children are forked, so that the imports of a second are paid for once and kept in memory once.
They have their own process group, so that Ctrl-C reaches the supervisor alone, and end by
themselves when it is gone, so that nothing keeps the port after a `kill -9`.
"""

import gc
import logging
import multiprocessing
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass, field
from multiprocessing.context import ForkProcess
from pathlib import Path
from types import FrameType

from backend.core import service_manager

log = logging.getLogger(__name__)

STOP_WITHIN_S = 8.0
MAX_BACKOFF_S = 30.0
SUPERVISOR, READINESS = "TAGWIRE_SUPERVISOR", "TAGWIRE_READINESS"
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


class Replaced(Exception):
    """The run ended so that a new program takes its place; the children go on."""


@dataclass(slots=True)
class Supervisor:
    """Runs `children` until it is asked to stop, or `vital` does not come up.

    `former` are children of the program that this one replaced: they end when `vital` serves.
    `is_replaceable` tells whether the program would start anew; otherwise SIGHUP is not
    obeyed.
    """

    children: list[Child]
    vital: str
    former: Sequence[int] = ()
    is_replaceable: Callable[[], bool] = lambda: True
    stopping: bool = field(default=False, init=False)
    replacing: bool = field(default=False, init=False)
    _readiness: int = field(default=-1, init=False)
    _signalled: int = field(default=-1, init=False)
    _alive_said: float = field(default=0.0, init=False)

    def run(self) -> int:
        """Run the children; return the exit code: 0 if asked to stop, 1 if `vital` never came up.

        Raises:
            Replaced: by SIGHUP, once a new program would start.
        """
        self._obey_signals()
        self._readiness, told = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        os.environ[READINESS] = str(told)
        gc.freeze()  # what is shared by fork stays shared: no collection touches it
        for child in self.children:
            child.start()
        code = 0
        while not self.stopping and code == 0:
            self._wait()
            code = self._watch()
            self._hear()
            self._replace_if_asked()
        service_manager.tell(service_manager.STOPPING)
        self._stop()
        return code

    def pids(self) -> list[int]:
        running = (child.process for child in self.children)
        return [process.pid for process in running if process is not None and process.pid]

    def _obey_signals(self) -> None:
        self._signalled, told = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(told, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # without a handler nothing is told
        for number in STOPPING:
            signal.signal(number, self._on_stop)
        # A terminal that is closed ends what runs in it, as everywhere.
        if not sys.stdin.isatty():
            signal.signal(signal.SIGHUP, self._on_replace)

    def _on_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def _on_replace(self, _number: int, _frame: FrameType | None) -> None:
        self.replacing = True

    def _wait(self) -> None:
        """Wait for a signal, such as a child's end, for `vital` to serve, or until it is time."""
        if select.select([self._signalled, self._readiness], [], [], self._seconds_left())[0]:
            with suppress(BlockingIOError):
                os.read(self._signalled, 1024)

    def _seconds_left(self) -> float | None:
        """Return the time to a child's start or a sign of life; None if only signals matter."""
        due = [child.next_start for child in self.children if child.process is None]
        if (every := service_manager.watchdog_every()) is not None:
            due.append(self._alive_said + every.total_seconds())
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _hear(self) -> None:
        """Read whether `vital` serves and tell systemd, which then waits for signs of life."""
        with suppress(BlockingIOError):
            if os.read(self._readiness, 1024):
                service_manager.tell(service_manager.READY)
                if self.former:
                    end(self.former)
                    self.former = ()
        every, now = service_manager.watchdog_every(), time.monotonic()
        if every is not None and now - self._alive_said >= every.total_seconds():
            service_manager.tell(service_manager.ALIVE)
            self._alive_said = now

    def _replace_if_asked(self) -> None:
        if not self.replacing:
            return
        self.replacing = False
        if self.is_replaceable():
            raise Replaced
        log.error("reload refused: the program would not start with what it would read now")

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


def end(pids: Sequence[int]) -> None:
    """End children of this process that another program started in it."""
    for pid in pids:
        os.kill(pid, signal.SIGTERM)  # a child that has ended keeps its number until `waitpid`
    threading.Thread(target=_buried, args=(pids,), daemon=True).start()


def _buried(pids: Sequence[int]) -> None:
    deadline = time.monotonic() + STOP_WITHIN_S
    for pid in pids:
        while os.waitpid(pid, os.WNOHANG) == (0, 0):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.1)


def tell_ready() -> None:
    """Tell the supervisor that this process, the one it waits for, serves."""
    descriptor = os.environ.get(READINESS)
    if descriptor:
        os.write(int(descriptor), b"1")


def _run_child(name: str, job: Callable[[], object]) -> None:
    """Entry point of a child process after the fork."""
    os.setpgid(0, 0)
    os.environ[SUPERVISOR] = str(os.getppid())
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
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
    _wait_for_end(supervisor)
    os.kill(os.getpid(), signal.SIGTERM)


def _wait_for_end(parent: int) -> None:
    """Wait for the end of the parent: Linux tells of it, elsewhere it is polled twice a second."""
    try:
        ended = select.poll()
        ended.register(os.pidfd_open(parent), select.POLLIN)
    except (AttributeError, OSError):  # such as in a sandbox that does not know the call
        ended = None
    while os.getppid() == parent:
        if ended is None:
            time.sleep(0.5)
        else:
            ended.poll()
