"""Replaces the program of a running supervisor by a new one, which reads code and settings anew.

The process id stays, and so does the listening socket, so that no connection is refused. The old
children serve until the new ones do.
"""

import os
import signal
import socket
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn

HANDED_OVER = "TAGWIRE_HANDED_OVER"
BACKLOG = 4_096


@dataclass(frozen=True, slots=True)
class Handover:
    """The listening socket and the children that the replaced program left."""

    listener: socket.socket
    children: tuple[int, ...]


def replace(listener: socket.socket, children: Iterable[int]) -> NoReturn:
    """Execute the same command anew in this process."""
    listener.set_inheritable(True)
    pids = ",".join(map(str, children))
    os.environ[HANDED_OVER] = f"{listener.fileno()}:{pids}"
    # An ignored signal stays ignored: another one meanwhile does not end the new program.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - ourselves


def received() -> Handover | None:
    """Return what `replace` handed over, once, since children inherit it; None if nothing."""
    given = os.environ.pop(HANDED_OVER, "")
    if not given:
        return None
    descriptor, _, pids = given.partition(":")
    listener = socket.socket(fileno=int(descriptor))
    return Handover(listener, tuple(int(each) for each in pids.split(",") if each))


def listening(host: str, port: int, inherited: socket.socket | None = None) -> socket.socket:
    """Return a socket that listens on this address: the inherited one where it has the same.

    Raises:
        OSError: the address cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    if inherited is not None:
        if inherited.getsockname()[:2] == (host, port):
            return inherited
        inherited.close()
    return socket.create_server((host, port), family=family, backlog=BACKLOG)
