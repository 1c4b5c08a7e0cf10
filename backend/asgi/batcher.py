"""Gathers requests while others like them are written, and writes them together (group commit)."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Generic, TypeVar

from backend.asgi.pool import Overloaded, Pool

Item = TypeVar("Item")
Answer = TypeVar("Answer")

MOST_TOGETHER = 200
# A second's worth, when a write takes as long as it should.
MOST_WAITING = 1_000


class Batcher(Generic[Item, Answer]):
    """One write at a time, on a thread of the pool; what comes meanwhile is the next one."""

    def __init__(
        self,
        write: Callable[[Sequence[Item]], Sequence[Answer]],
        pool: Pool,
        *,
        most_waiting: int = MOST_WAITING,
        patience: timedelta,
        pace: timedelta = timedelta(),
    ) -> None:
        """Who would wait for longer than `patience` is told so. A write begins `pace` after the one
        before; one that is full by then does not wait.
        """
        self._write = write
        self._pool = pool
        self._most_waiting = most_waiting
        self._waiting: deque[tuple[Item, asyncio.Future[Answer]]] = deque()
        self._patience_s, self._pace_s = patience.total_seconds(), pace.total_seconds()
        self._last_took_s = 0.0
        self._next_at = 0.0
        self._writing: asyncio.Task[None] | None = None

    async def run(self, item: Item) -> Answer:
        """What became of the item; whatever a write raises, all of it raise.

        Raises:
            Overloaded: too many wait already, or for too long.
        """
        if len(self._waiting) >= self._most_waiting or self._expected_s > self._patience_s:
            raise Overloaded
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        return await future

    @property
    def _expected_s(self) -> float:
        """How long one that comes now is going to wait, if each write takes as long as the last."""
        return (1 + len(self._waiting) // MOST_TOGETHER) * self._last_took_s

    async def _write_all(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            if len(self._waiting) < MOST_TOGETHER:
                await asyncio.sleep(self._next_at - loop.time())
            self._next_at = loop.time() + self._pace_s
            together = list(islice(self._waiting, MOST_TOGETHER))
            for _ in together:
                self._waiting.popleft()
            began_s = loop.time()
            await self._answer(together)
            self._last_took_s = loop.time() - began_s
        self._last_took_s = 0  # nobody waits any more

    async def _answer(self, together: Sequence[tuple[Item, "asyncio.Future[Answer]"]]) -> None:
        items = [item for item, _ in together]
        try:
            answers = await self._pool.run(partial(self._write, items), is_admitted=True)
        except Exception as fault:  # noqa: BLE001 - raised again where each of them is awaited
            for _, future in together:
                if not future.done():
                    future.set_exception(fault)
            return
        for (_, future), answer in zip(together, answers, strict=True):
            if not future.done():  # its client may be gone
                future.set_result(answer)
