"""Servers of other programs and of Tagwire as processes of this machine, each with its log."""

import os
import pwd
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

# Whatever ends the script, nothing of the cluster is left behind.
ENDS_WITH_US = ("setpriv", "--pdeathsig", "TERM", "--")


class Failed(Exception):
    """A step that did not come to what it is for; the text says what to look at."""


class Process:
    """One server; `start` may be called again after `kill` or `stop`."""

    def __init__(
        self,
        name: str,
        command: Iterable[object],
        log: Path,
        environ: Mapping[str, str] | None = None,
        user: Mapping[str, Any] | None = None,
    ) -> None:
        self.name, self.log = name, log
        self._command = [*ENDS_WITH_US, *map(str, command)]
        self._environ, self._user = {**os.environ, **(environ or {})}, dict(user or {})
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.log.parent, env=self._environ, start_new_session=True, **self._user,
            )  # fmt: skip

    def kill(self) -> None:
        """As when the power of its machine goes: at once, with all its children."""
        if self._running is None:
            return
        for pid in tree_of(self._running.pid):
            with_process(pid, signal.SIGKILL)
        self._running.wait()
        self._running = None

    def stop(self, number: int = signal.SIGTERM) -> None:
        if self._running is None:
            return
        with_process(self._running.pid, number)
        try:
            self._running.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()
        self._running = None

    def wait_for(self, is_up: Callable[[], bool], seconds: float = 60) -> None:
        """Until it is up.

        Raises:
            Failed: it ended, or took too long.
        """
        until = time.monotonic() + seconds
        while not is_up():
            ended = self._running is None or self._running.poll() is not None
            if ended or time.monotonic() > until:
                raise Failed(f"{self.name} does not come up; see {self.log}")
            time.sleep(0.1)


def tree_of(pid: int) -> list[int]:
    """A process and all that it started, parents first: none can start another meanwhile."""
    with_process(pid, signal.SIGSTOP)
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    below = [each for child in listed.stdout.split() for each in tree_of(int(child))]
    return [pid, *below]


def with_process(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def answers(address: str, port: int) -> bool:
    """Whether somebody listens there."""
    try:
        with socket.create_connection((address, port), 1):
            return True
    except OSError:
        return False


def says_ready(address: str, port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{address}:{port}/readyz", timeout=2):
            return True
    except (OSError, urllib.error.HTTPError):
        return False


def free_port(*addresses: str) -> int:
    """A port that is free on all of these addresses."""
    for _ in range(50):
        with socket.create_server((addresses[0], 0)) as first:
            port: int = first.getsockname()[1]
            if all(_is_free(address, port) for address in addresses[1:]):
                return port
    raise Failed(f"no port is free on {', '.join(addresses)}")


def _is_free(address: str, port: int) -> bool:
    try:
        socket.create_server((address, port)).close()
    except OSError:
        return False
    return True


def unprivileged(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then its package's user runs it, and owns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid}
