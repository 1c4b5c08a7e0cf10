"""Begins `tagwire` commands in forks of a process that has imported what they need.

Imports are two of the three seconds of processor that a command takes, and more than half of what
`tagwire up` takes; the list of known names is half a second of each process that publishes. A fork
has a process, a folder and an environment of its own, and ends as any program does.
`test_start.py`, `test_installed.py` and others begin the program itself.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryFile
from typing import IO, Any

from sqlalchemy.orm import configure_mappers

import tagwire
from backend.tagging import known_names

ROOT = Path(__file__).parent.parent
LARGEST_BYTES = 65_536
PATIENCE_S = 120
PROGRAM = "python -m tagwire"


class Begun:
    """A process that began in another one, with what tests use of `subprocess.Popen`."""

    def __init__(self, told: socket.socket) -> None:
        self._told = told
        self.pid = int(told.recv(LARGEST_BYTES))
        self.returncode: int | None = None

    def poll(self) -> int | None:
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, as `subprocess` gives it.

        Raises:
            subprocess.TimeoutExpired: it still runs.
        """
        if self.returncode is None:
            self._told.settimeout(timeout)
            try:
                self.returncode = int(self._told.recv(LARGEST_BYTES))
            except (BlockingIOError, TimeoutError) as error:
                raise subprocess.TimeoutExpired(PROGRAM, timeout or 0) from error
            self._told.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def begin(
    words: list[str], folder: Path, environ: Mapping[str, str], out: IO[Any], err: IO[Any]
) -> Begun:
    """`tagwire` with these words, with its output in these files."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    asked = json.dumps({"words": words, "folder": str(folder), "environ": {**environ}}).encode()
    with theirs:
        files = [theirs.fileno(), out.fileno(), err.fileno()]
        socket.send_fds(_preloaded(), [asked], files)
    return Begun(ours)


def run(words: list[str], folder: Path, environ: Mapping[str, str]) -> CompletedProcess[str]:
    """Waits for it, with all that it says."""
    with TemporaryFile("w+") as out, TemporaryFile("w+") as err:
        code = begin(words, folder, environ, out, err).wait(PATIENCE_S)
        out.seek(0)
        err.seek(0)
        return CompletedProcess(words, code, out.read(), err.read())


@cache
def _preloaded() -> socket.socket:
    """One for each process of the tests, begun when it is first needed; it ends with that."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    number = theirs.fileno()
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, str(number)],
        cwd=ROOT,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},  # what waits for a line gets it
        stdin=subprocess.DEVNULL,
        pass_fds=[number],
    )
    theirs.close()

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def _next_command(control: socket.socket) -> list[str] | None:
    """Forks at each request; returns in the fork, ready to run it, and here when none will come."""
    while True:
        asked, files, _, _ = socket.recv_fds(control, LARGEST_BYTES, 3)
        while _is_buried():
            pass
        if not asked:
            return None
        if os.fork() == 0:
            control.close()
            if _is_child(files[0]):
                return _prepared(json.loads(asked), *files[1:])
        for each in files:
            os.close(each)


def _is_buried() -> bool:
    """Whether a child that has ended was found, so that there may be more."""
    try:
        return os.waitpid(-1, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return False


def _is_child(told: int) -> bool:
    """Whether this is the process of the command; the one that waits for it never returns."""
    pid = os.fork()
    if pid == 0:
        os.close(told)
        return True
    with socket.socket(fileno=told) as teller:
        teller.send(str(pid).encode())
        _, status = os.waitpid(pid, 0)
        teller.send(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _prepared(asked: dict[str, Any], out: int, err: int) -> list[str]:
    words: list[str] = asked["words"]
    for given, place in ((out, 1), (err, 2)):
        os.dup2(given, place)
        os.close(given)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environ"])
    # A program that replaces itself begins the real one.
    sys.argv[1:], sys.orig_argv[1:] = words, ["-m", "tagwire", *words]
    return words


def main() -> None:
    with tagwire.no_collections():
        for name in ("wsgi", *(entry.module for entry in tagwire.ENTRIES.values())):
            import_module(name)
        configure_mappers()
        known_names.load()
    words = _next_command(socket.socket(fileno=int(sys.argv[1])))
    if words is not None:
        tagwire.main(words, prog_name=PROGRAM)


if __name__ == "__main__":
    main()
