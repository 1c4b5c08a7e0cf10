"""A bounded thread pool behind a bounded, timed queue: backpressure instead of a growing wait."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

Result = TypeVar("Result")


class Overloaded(Exception):
    """The job was not started: the queue was full, or no thread became free in time."""


class Pool:
    """`threads` jobs run at once, `queued` more wait in order, each for `patience` at most."""

    def __init__(self, threads: int, queued: int, patience: timedelta) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="wsgi")
        self._free = asyncio.Semaphore(threads)
        self._queued = queued
        self._waiting = 0
        self._patience_s = patience.total_seconds()

    async def run(self, job: Callable[[], Result], *, is_admitted: bool = False) -> Result:
        """Run the job on a thread; the next job of an admitted request is never refused.

        Raises:
            Overloaded: it was not started.
        """
        await (self._free.acquire() if is_admitted else self._acquire())
        running = asyncio.get_running_loop().run_in_executor(self._executor, job)
        running.add_done_callback(self._end)
        # A client that goes away cancels the wait, never a job on its thread.
        return await asyncio.shield(running)

    def close(self) -> None:
        """Wait for the jobs that run."""
        self._executor.shutdown()

    def _end(self, done: "asyncio.Future[Result]") -> None:
        self._free.release()
        if not done.cancelled():
            done.exception()  # marks it as read: of an abandoned job nobody else would

    async def _acquire(self) -> None:
        if not self._free.locked():
            await self._free.acquire()
            return
        if self._waiting >= self._queued:
            raise Overloaded
        self._waiting += 1
        try:
            await asyncio.wait_for(self._free.acquire(), self._patience_s)
        except TimeoutError as error:
            raise Overloaded from error
        finally:
            self._waiting -= 1
