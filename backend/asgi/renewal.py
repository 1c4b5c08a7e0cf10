"""Has a stale page made anew once; other requests for it wait in the event loop.

To wait on a thread would keep it from pages that nobody makes yet.
"""

import asyncio
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from datetime import timedelta


class Renewals:
    """The pages that are being made, of one event loop."""

    def __init__(self, patience: timedelta) -> None:
        """A request that waited for `patience` is answered as if nobody made the page."""
        self._patience_s = patience.total_seconds()
        self._under_way: dict[Hashable, asyncio.Future[None]] = {}

    def is_under_way(self, page: Hashable) -> bool:
        return page in self._under_way

    async def made(self, page: Hashable) -> None:
        """Wait until whoever makes the page is done with it, or gave up."""
        await asyncio.wait((self._under_way[page],), timeout=self._patience_s)

    @contextmanager
    def making(self, page: Hashable) -> Iterator[Callable[[], None]]:
        """Have others wait for this page until the block ends, or calls the function that it is
        given: they do not wait for a client that reads slowly.
        """
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._under_way[page] = future

        def done() -> None:
            if not future.done():
                del self._under_way[page]
                future.set_result(None)

        try:
            yield done
        finally:
            done()
