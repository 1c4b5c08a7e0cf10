"""A bounded thread pool behind a bounded, timed queue: backpressure instead of a growing wait."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from queue import SimpleQueue
from typing import Any, TypeVar

Result = TypeVar("Result")
Job = tuple["asyncio.Future[Any]", Callable[[], Any]]


class Overloaded(Exception):
    """The job was not started: the queue was full, or no thread became free in time."""


class Pool:
    """`threads` jobs run at once, `queued` more wait in order, each for `patience` at most.

    Belongs to one event loop. One future a job: `run_in_executor` makes two, and costs twice.
    """

    def __init__(self, threads: int, queued: int, patience: timedelta) -> None:
        self._free = asyncio.Semaphore(threads)
        self._queued = queued
        self._patience_s = patience.total_seconds()
        self._waiting = 0
        self._running = 0
        self._threads: list[threading.Thread] = []
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()

    async def run(self, job: Callable[[], Result], *, is_admitted: bool = False) -> Result:
        """Run the job on a thread; the next job of an admitted request is never refused.

        A client that goes away cancels the wait, never the job.

        Raises:
            Overloaded: it was not started.
        """
        await (self._free.acquire() if is_admitted else self._acquire())
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._running += 1
        if self._running > len(self._threads):
            self._start_thread(loop)
        self._jobs.put((future, job))
        return await future

    def close(self) -> None:
        """Let the threads end after what they run, and wait for them."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    async def _acquire(self) -> None:
        if not self._free.locked():
            await self._free.acquire()
            return
        if self._waiting >= self._queued:
            raise Overloaded
        self._waiting += 1
        try:
            async with asyncio.timeout(self._patience_s):
                await self._free.acquire()
        except TimeoutError as error:
            raise Overloaded from error
        finally:
            self._waiting -= 1

    def _start_thread(self, loop: asyncio.AbstractEventLoop) -> None:
        name = f"wsgi-{len(self._threads)}"
        # A daemon: a job that never ends must not keep a process that has to stop.
        thread = threading.Thread(target=self._work, args=(loop,), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        while (taken := self._jobs.get()) is not None:
            future, job = taken
            result, fault = None, None
            try:
                result = job()
            except BaseException as error:  # noqa: BLE001 - raised again where it is awaited
                fault = error
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(self._end, future, result, fault)
            del taken, future, job, result, fault

    def _end(self, future: "asyncio.Future[Any]", result: Any, fault: BaseException | None) -> None:
        """In the loop: the thread is free, whether or not somebody still waits."""
        self._running -= 1
        self._free.release()
        if future.done():
            return
        if fault is None:
            future.set_result(result)
        else:
            future.set_exception(fault)
