"""How late the event loop is: whether it has more to do than it can, or threads take its time."""

import asyncio
from collections import deque

TICK_S = 0.02
# So many looks in a row have to be late: a pause of the machine, or one long step, is no overload.
LOOKS = 3


class LoopLag:
    """Measures how late the loop is while requests come; a process at rest does not wake for it."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._looks = deque([0.0], LOOKS)
        self._due_s = 0.0
        self._is_looking = self._is_asked = False

    def notice(self) -> float:
        """Note that a request came, and return how late the loop is, in seconds."""
        self._is_asked = True
        if not self._is_looking:
            self._look_later(asyncio.get_running_loop())
        return self.seconds

    def _look_later(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_looking, self._is_asked = True, False
        self._due_s = loop.time() + TICK_S
        loop.call_at(self._due_s, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._looks.append(max(0.0, loop.time() - self._due_s))
        self.seconds = min(self._looks)
        if self._is_asked or self.seconds > TICK_S:
            self._look_later(loop)
        else:
            self._is_looking = False
