"""Tells systemd the state of this process (sd_notify(3)); does nothing where nobody asks."""

import os
import socket
from contextlib import suppress
from datetime import timedelta

ADDRESS, WATCHDOG = "NOTIFY_SOCKET", "WATCHDOG_USEC"
READY, STOPPING, ALIVE = "READY=1", "STOPPING=1", "WATCHDOG=1"


def tell(state: str) -> None:
    address = os.environ.get(ADDRESS)
    if not address:
        return
    # A name that begins with @ is of Linux' abstract namespace.
    path = "\0" + address[1:] if address.startswith("@") else address
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.connect(path)
        channel.sendall(state.encode())


def watchdog_every() -> timedelta | None:
    """Return the interval of signs of life, half of systemd's timeout; None without a watchdog."""
    given = os.environ.get(WATCHDOG, "")
    return timedelta(microseconds=int(given)) / 2 if given.isdecimal() else None
