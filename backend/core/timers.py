"""A timer that a process which ends waits for."""

import threading
from collections.abc import Callable


def start_awaited(delay_s: float, work: Callable[[], object]) -> threading.Timer:
    """Call `work` after the delay, also when the process is told to end before.

    A thread of the server is a daemon, and whatever it starts would be one, too.
    """
    timer = threading.Timer(delay_s, work)
    timer.daemon = False
    timer.start()
    return timer
