"""The web worker: uvicorn's server as a gunicorn worker, with bounds that uvicorn does not have."""

import asyncio
import logging
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import Any, ClassVar

import uvloop  # noqa: F401 - before the fork: "loop" is its name
from uvicorn import Config, Server
from uvicorn_worker import UvicornWorker  # type: ignore[import-untyped]

from backend.asgi.accepting import accept_for
from backend.asgi.protocol import Protocol


class Worker(UvicornWorker):  # type: ignore[misc]
    """A process of the web server; gunicorn starts, watches and replaces it."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "http": Protocol,
        "loop": "uvloop",
        "ws": "none",
        "interface": "asgi3",
        "lifespan": "on",
        # The app finds out the caller's address: it knows how many proxies it may trust.
        "proxy_headers": False,
        "server_header": False,
        "access_log": False,
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Gunicorn kills the process at the end of its time: what waits to be written needs some.
        self.config.timeout_graceful_shutdown = 0.8 * self.cfg.graceful_timeout
        # A warning for each request that is no HTTP would let strangers fill the log.
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)

    def init_signals(self) -> None:
        """End as Python does, with what is awaited at its end: uvicorn raises the signal that
        stopped it once more, when it has stopped.
        """
        super().init_signals()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: sys.exit(0))
        # What gunicorn sends when it is interrupted itself.
        signal.signal(signal.SIGQUIT, lambda *_: signal.raise_signal(signal.SIGTERM))

    async def _serve(self) -> None:
        accept_for(asyncio.get_running_loop(), self.wsgi.lag)
        self.config.app = self.wsgi
        await QuietServer(self.config).serve(sockets=self.sockets)


class QuietServer(Server):
    """A server that looks once a second whether to end, or is told; uvicorn's looks ten times."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._is_told = asyncio.Event()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        asyncio.get_running_loop().call_soon_threadsafe(self._is_told.set)

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._is_told.wait()
