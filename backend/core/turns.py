"""Lets one at a time of several threads with the same work look for some.

A thread that finds some passes the turn on before it begins. So all of them may work at the same
time, and of a process with nothing to do one thread asks the database, on one connection.
"""

import threading


class Turn:
    """The turn of the threads of one loop: who has it looks for work."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holder: int | None = None

    def take(self) -> None:
        """Wait for the turn; a thread that has it keeps it."""
        if self._holder != threading.get_ident():
            self._lock.acquire()
            self._holder = threading.get_ident()

    def pass_on(self) -> None:
        """Let the next thread have it; nothing to do for one that has it no more."""
        if self._holder == threading.get_ident():
            self._holder = None
            self._lock.release()
