"""A bounded thread pool behind a bounded, timed queue: backpressure instead of a growing wait."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from queue import SimpleQueue
from typing import Any, TypeVar

from backend.asgi import metrics
from backend.asgi.fair_queue import FairQueue
from backend.asgi.lag import LoopLag

Result = TypeVar("Result")
Turn = asyncio.Future[None]
Job = tuple[asyncio.Future[Any], Callable[[], Any], str]

# Weight of the last job in the moving average of how long jobs take.
WEIGHT_OF_LAST = 1 / 16
# From here on the loop is late: a thread gives the interpreter back after 1 ms, and to any other.
LATE_S = 0.02
# Stands in the place of a network for a job that many wait for.
OF_MANY = "many"


class Overloaded(Exception):
    """The job was not started: the queue was full, or no thread became free in time."""


class Pool:
    """`threads` jobs run at once, `queued` more wait, each for `patience` at most.

    Networks have their turns one after the other, and one leaves a quarter of the threads to
    others. Belongs to one event loop. One future a job: `run_in_executor` makes two, and costs
    twice.
    """

    def __init__(
        self, threads: int, queued: int, patience: timedelta, lag: LoopLag | None = None
    ) -> None:
        self._lag = lag or LoopLag()
        self._first = deque[Callable[[], None]]()
        self._queue: FairQueue[tuple[str, Turn]] = FairQueue(queued, threads - threads // 4)
        self._size = threads
        self._patience_s = patience.total_seconds()
        self._job_s = 0.0
        self._running = 0
        self._threads: list[threading.Thread] = []
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        metrics.show_threads(threads)

    async def run(
        self, job: Callable[[], Result], network: str = "", *, is_admitted: bool = False
    ) -> Result:
        """Run the job on a thread; the next job of an admitted request is never refused.

        A client that goes away cancels the wait, never the job.

        Raises:
            Overloaded: it was not started.
        """
        loop, asked = asyncio.get_running_loop(), time.monotonic()
        await self._turn(network, is_admitted=is_admitted)
        metrics.observe_wait(time.monotonic() - asked)
        return await self._started(loop, job, network)

    def run_first(self, job: Callable[[], None]) -> None:
        """Run a job that many requests wait for: on the next free thread, however late the loop is.

        Nobody is told how it ends; the job sees to that.
        """
        self._first.append(job)
        self._give_turns()

    def close(self) -> None:
        """Let the threads end after what they run, and wait for them."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    async def _turn(self, network: str, *, is_admitted: bool) -> None:
        """Wait in the queue until a thread is free for this request."""
        if not is_admitted and self._expected_s(network) > self._patience_s:
            raise Overloaded
        turn: Turn = asyncio.get_running_loop().create_future()
        left = self._queue.put(network, (network, turn), goes_on=is_admitted)
        if left is not None and not left[1].done():
            left[1].set_exception(Overloaded())
        self._give_turns()
        try:
            async with asyncio.timeout(None if is_admitted else self._patience_s):
                await turn
        except BaseException as fault:
            self._withdraw(network, turn)
            if isinstance(fault, TimeoutError):
                raise Overloaded from fault
            raise

    def _expected_s(self, network: str) -> float:
        """Return how long a job that comes now is going to wait."""
        return self._queue.ahead_of(network) * self._job_s / self._size

    def _give_turns(self) -> None:
        while self._first and self._running < self._size:
            self._running += 1
            self._started(asyncio.get_running_loop(), self._first.popleft(), OF_MANY)
        while self._running < self._most_running and (taken := self._queue.take()) is not None:
            network, turn = taken
            if turn.done():  # its client went away, and did not get to withdraw it yet
                self._queue.ended(network)
            else:
                self._running += 1
                turn.set_result(None)

    @property
    def _most_running(self) -> int:
        """All threads, or an eighth while they take the interpreter from the event loop.

        Where they wait for the database they take nothing, and the loop is not late.
        """
        return self._size if self._lag.seconds < LATE_S else max(1, self._size // 8)

    def _withdraw(self, network: str, turn: Turn) -> None:
        """Leave the queue; a turn that was given in the same moment is given back."""
        if turn.cancelled() or turn.exception() is not None:
            self._queue.remove(network, (network, turn))
        else:
            self._give_back(network)

    def _give_back(self, network: str) -> None:
        self._running -= 1
        self._queue.ended(network)
        self._give_turns()

    def _started(
        self, loop: asyncio.AbstractEventLoop, job: Callable[[], Result], network: str
    ) -> asyncio.Future[Result]:
        future: asyncio.Future[Result] = loop.create_future()
        if self._running > len(self._threads):
            self._start_thread(loop)
        self._jobs.put((future, job, network))
        return future

    def _start_thread(self, loop: asyncio.AbstractEventLoop) -> None:
        name = f"wsgi-{len(self._threads)}"
        # A daemon: a job that never ends must not keep a process that has to stop.
        thread = threading.Thread(target=self._work, args=(loop,), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        while (taken := self._jobs.get()) is not None:
            future, job, network = taken
            result, fault, started = None, None, time.monotonic()
            try:
                result = job()
            except BaseException as error:  # noqa: BLE001 - raised again where it is awaited
                fault = error
            took_s = time.monotonic() - started
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(self._end, future, result, fault, network, took_s)
            del taken, future, job, result, fault

    def _end(
        self,
        future: "asyncio.Future[Any]",
        result: Any,
        fault: BaseException | None,
        network: str,
        took_s: float,
    ) -> None:
        """Take note in the loop that the thread is free, whether or not somebody still waits."""
        metrics.count_busy(took_s)
        self._job_s += (took_s - self._job_s) * WEIGHT_OF_LAST
        self._give_back(network)
        if future.done():
            return
        if fault is None:
            future.set_result(result)
        else:
            future.set_exception(fault)
