"""Event loops on a thread of their own: Playwright keeps a running one on the main thread."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def run(coroutine: Coroutine[object, object, T]) -> T:
    return off_main_thread(asyncio.run, coroutine)


def off_main_thread(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """For what calls `asyncio.run` itself, as libraries do."""
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(call, *args, **kwargs).result()
