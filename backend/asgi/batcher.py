"""Gathers requests while others like them are written, and writes them together (group commit).

A loop with too much to do turns seldom: a write takes two of its turns, one to begin and one to
answer, and goes before all that waits for a thread, because up to two hundred wait for it.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Generic, TypeVar

from backend.asgi.pool import Overloaded, Pool

Item = TypeVar("Item")
Answer = TypeVar("Answer")

MOST_TOGETHER = 200
# A second's worth, when a write takes as long as it should.
MOST_WAITING = 1_000


class Batcher(Generic[Item, Answer]):
    """Writes a batch at a time, on a thread of the pool; what comes meanwhile is the next batch."""

    def __init__(
        self,
        write: Callable[[Sequence[Item]], Sequence[Answer]],
        pool: Pool,
        *,
        most_waiting: int = MOST_WAITING,
        patience: timedelta,
        pace: timedelta = timedelta(),
    ) -> None:
        """Refuses an item that would wait longer than `patience`. A write begins `pace` after the
        one before; a batch that is full by then does not wait.
        """
        self._write = write
        self._pool = pool
        self._most_waiting = most_waiting
        self._waiting: deque[tuple[Item, asyncio.Future[Answer]]] = deque()
        self._patience_s, self._pace_s = patience.total_seconds(), pace.total_seconds()
        self._is_busy = False
        self._began_s: float | None = None
        self._last_took_s = 0.0
        self._next_at = 0.0

    async def run(self, item: Item) -> Answer:
        """Write the item and return its answer; what a write raises, all its items raise.

        Raises:
            Overloaded: too many wait already, or for too long.
        """
        loop = asyncio.get_running_loop()
        if len(self._waiting) >= self._most_waiting or self._expected_s(loop) > self._patience_s:
            raise Overloaded
        future: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((item, future))
        if not self._is_busy:
            self._is_busy = True
            loop.call_soon(self._begin_when_due, loop)
        return await future

    def _expected_s(self, loop: asyncio.AbstractEventLoop) -> float:
        """Return how long an item that comes now will wait, if each write takes as long as the
        last, or as this one has by now.
        """
        own_s = 0.0 if self._began_s is None else loop.time() - self._began_s
        return (1 + len(self._waiting) // MOST_TOGETHER) * max(own_s, self._last_took_s)

    def _begin_when_due(self, loop: asyncio.AbstractEventLoop) -> None:
        if len(self._waiting) >= MOST_TOGETHER or loop.time() >= self._next_at:
            self._begin(loop)
        else:
            loop.call_at(self._next_at, self._begin, loop)

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        self._began_s = loop.time()
        self._next_at = self._began_s + self._pace_s
        count = min(len(self._waiting), MOST_TOGETHER)
        together = [self._waiting.popleft() for _ in range(count)]
        too_late = loop.call_later(self._patience_s, self._refuse_waiting)
        self._pool.run_first(partial(self._write_all, loop, together, too_late))

    def _write_all(
        self,
        loop: asyncio.AbstractEventLoop,
        together: Sequence[tuple[Item, "asyncio.Future[Answer]"]],
        too_late: asyncio.TimerHandle,
    ) -> None:
        """Write a batch on a thread, and pass the answers or the fault to the loop."""
        answers: Sequence[Answer] | BaseException
        try:
            answers = self._write([item for item, _ in together])
        except BaseException as fault:  # noqa: BLE001 - raised again where each of them is awaited
            answers = fault
        futures = [future for _, future in together]
        loop.call_soon_threadsafe(self._end, loop, futures, answers, too_late)

    def _end(
        self,
        loop: asyncio.AbstractEventLoop,
        futures: Sequence["asyncio.Future[Answer]"],
        answers: Sequence[Answer] | BaseException,
        too_late: asyncio.TimerHandle,
    ) -> None:
        too_late.cancel()
        _tell(futures, answers)
        began_s, self._began_s = self._began_s, None
        if self._waiting:
            self._last_took_s = loop.time() - (began_s or 0)
            self._begin_when_due(loop)
        else:
            self._last_took_s, self._is_busy = 0, False

    def _refuse_waiting(self) -> None:
        """Refuse the items that wait for the next write, because the present one takes too long."""
        waiting = [future for _, future in self._waiting]
        self._waiting.clear()
        _tell(waiting, Overloaded())


def _tell(
    futures: Sequence["asyncio.Future[Answer]"], answers: Sequence[Answer] | BaseException
) -> None:
    for at, future in enumerate(futures):
        if future.done():  # its client is gone
            continue
        if isinstance(answers, BaseException):
            future.set_exception(answers)
        else:
            future.set_result(answers[at])
