"""The ASGI app: what is in memory is answered in the event loop, the rest by Flask in a pool."""

import logging
import time
from collections.abc import Hashable
from datetime import timedelta
from functools import partial
from typing import Any

from flask import Flask
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from werkzeug.middleware.proxy_fix import ProxyFix

from backend.asgi import metrics
from backend.asgi.admission import OVERLOADED_S, RETRY_AFTER_S, TOO_MUCH, Admission, is_first
from backend.asgi.batcher import Batcher
from backend.asgi.body import Bodies, Disconnected, Receive, TooMany, TooManyParts, TooSlow
from backend.asgi.bridge import AppFailed, Send, respond
from backend.asgi.environ import (
    Environ,
    Scope,
    environ_of,
    has_body,
    has_long_address,
    with_length,
)
from backend.asgi.exchange import Exchange
from backend.asgi.lag import LoopLag
from backend.asgi.pool import Overloaded, Pool
from backend.asgi.renewal import Renewals
from backend.core import access_log
from backend.core.faults import log_fault
from backend.http import unrouted
from backend.http.auth import closed_endpoints, is_turned_away
from backend.http.batches import batches
from backend.http.context import AppContext
from backend.http.fast_path import (
    BUSY,
    NON_BLOCKING,
    FastPath,
    FastResponse,
    Finished,
    fast_path,
    refusal,
)
from backend.http.rate_limits import neighbourhood_of, network_of

log = logging.getLogger(__name__)

QUEUED_PER_THREAD = 32
# How long a request waits for a thread, for the write of others, or for a page that others make.
PATIENCE = timedelta(seconds=2)
REFUSALS: dict[type[Exception], tuple[metrics.Reason, int, str]] = {
    TooSlow: ("slow_body", 408, "The body did not come in time."),
    TooManyParts: ("many_parts", 413, "The body comes in too many parts."),
    TooMany: ("many_bodies", *TOO_MUCH),
    Overloaded: ("overloaded", *TOO_MUCH),
}


class Front:
    """The ASGI app of a process. `app` is the unchanged WSGI app, which any server may serve."""

    def __init__(
        self,
        app: Flask,
        *,
        threads: int,
        body_limit_bytes: int,
        trusted_proxies: int = 0,
        patience: timedelta = PATIENCE,
    ) -> None:
        self._app = app
        self._fast: FastPath = fast_path(app)
        self._bodies = Bodies(body_limit_bytes)
        self._admission = Admission(app.url_map, closed_endpoints(app))
        self.lag = LoopLag()
        self._pool = Pool(threads, QUEUED_PER_THREAD * threads, patience, self.lag)
        self._renewals = Renewals(patience)
        self._proxy_fix = _proxy_fix(trusted_proxies)
        self._batchers = [
            (batch, Batcher(batch.answer, self._pool, patience=patience, pace=batch.pace))
            for batch in batches(app)
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            environ = environ_of(scope)
            if has_body(environ):
                await self._exchange(environ, receive, send)
            else:
                await self._http(environ, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await send({"type": "websocket.close"})

    async def _exchange(self, environ: Environ, receive: Receive, send: Send) -> None:
        exchange = Exchange(receive, send)
        await self._http(environ, exchange.receive, exchange.send)
        await exchange.end()

    async def _http(self, environ: Environ, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        if has_long_address(environ):
            await self._refuse(414, "This address is too long.", environ, started, send)
            return
        is_bare = not has_body(environ)
        is_refused = not is_bare and self._admission.is_refused(environ)
        is_shed = self.lag.notice() > OVERLOADED_S and not _is_first(environ)
        is_asked = is_bare or is_refused
        finished = self._from_memory(environ, is_busy=is_shed) if is_asked else None
        try:
            stale = self._fast.stale_page(environ) if is_bare and finished is None else None
            if finished is not None:
                await _send(finished, environ, send)
            elif stale is not None:
                await self._renewed(stale, environ, receive, send, is_shed=is_shed)
            elif is_shed:
                raise Overloaded
            else:
                await self._from_app(environ, receive, send, is_refused=is_refused)
        except Disconnected:
            return
        except AppFailed as failure:
            log_fault(failure.fault, step="outside Flask")
            await self._refuse(500, "Something failed here.", environ, started, send)
        except (TooSlow, TooManyParts, TooMany, Overloaded) as fault:
            reason, status, detail = REFUSALS[type(fault)]
            metrics.count_refusal(reason)
            await self._refuse(status, detail, environ, started, send)

    def _from_memory(self, environ: Environ, *, is_busy: bool) -> Finished | None:
        """Ask the fast path on a copy, which `ProxyFix` may change; None leaves it to Flask."""
        if not self._fast.never_blocks:
            return None
        seen = environ | {NON_BLOCKING: True, BUSY: is_busy}
        if self._proxy_fix is not None:
            self._proxy_fix(seen, _ignored)
        try:
            return self._fast.respond(seen)
        except Exception as fault:
            log.debug("left to Flask", exc_info=fault)
            return None

    async def _renewed(
        self, page: Hashable, environ: Environ, receive: Receive, send: Send, *, is_shed: bool
    ) -> None:
        """Answer a stale page: one request has it made, however late the loop is; others wait."""
        if not self._renewals.is_under_way(page):
            with self._renewals.making(page) as done:

                async def told(message: dict[str, Any]) -> None:
                    done()
                    await send(message)

                await self._from_app(environ, receive, told, is_refused=False)
            return
        await self._renewals.made(page)
        finished = self._from_memory(environ, is_busy=is_shed)
        if finished is not None:
            await _send(finished, environ, send)
        elif is_shed:
            raise Overloaded
        else:
            await self._from_app(environ, receive, send, is_refused=False)

    async def _from_app(
        self, environ: Environ, receive: Receive, send: Send, *, is_refused: bool
    ) -> None:
        started, seen = time.perf_counter(), self._seen(environ)
        address = str(seen["REMOTE_ADDR"])
        answer = partial(self._respond, receive, send, neighbourhood_of(address))
        if not has_body(environ) or is_refused or await self._is_left_unread(seen):
            await answer(environ, b"")
            return
        async with self._bodies.held(receive, network_of(address)) as body:
            finished = await self._from_batch(seen, body, started)
            if finished is not None:
                await _send(finished, environ, send)
            else:
                await answer(with_length(environ, len(body)), body)

    async def _is_left_unread(self, seen: Environ) -> bool:
        """Whether Flask refuses it whatever its body says: too long, or its key opens nothing."""
        if self._bodies.is_too_long(seen):
            return True
        if not self._admission.is_worth_asking(seen):
            return False
        network = neighbourhood_of(str(seen["REMOTE_ADDR"]))
        return await self._pool.run(partial(is_turned_away, self._app, seen), network)

    async def _from_batch(self, seen: Environ, body: bytes, started: float) -> Finished | None:
        """Have it written in a batch with others like it; None leaves it to Flask."""
        for batch, batcher in self._batchers:
            taken = batch.take(seen, body)
            if taken is None:
                continue
            if isinstance(taken, FastResponse):
                return self._fast.finish(taken, seen, started)
            try:
                response = await batcher.run(taken)
            except OperationalError as fault:  # Flask would wait as long for the database again
                raise Overloaded from fault
            except SQLAlchemyError as fault:
                log.debug("left to Flask", exc_info=fault)
                return None
            return None if response is None else self._fast.finish(response, seen, started)
        return None

    async def _respond(
        self, receive: Receive, send: Send, network: str, environ: Environ, body: bytes
    ) -> None:
        await respond(self._app.wsgi_app, environ, body, self._pool, receive, send, network)

    def _seen(self, environ: Environ) -> Environ:
        """Return the environment as Flask sees it, with the caller's address and scheme."""
        if self._proxy_fix is None:
            return environ
        seen = dict(environ)
        self._proxy_fix(seen, _ignored)
        return seen

    async def _refuse(
        self, status: int, detail: str, environ: Environ, started: float, send: Send
    ) -> None:
        headers = (("Retry-After", str(RETRY_AFTER_S)),) if status == 503 else ()
        refused = self._fast.finish(refusal(status, detail, headers), environ, started)
        await _send(refused, environ, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            else:
                self._pool.close()
                access_log.flush()
                await send({"type": "lifespan.shutdown.complete"})
                return


def front_of(app: Flask) -> Front:
    """Return the front of a composed app, as its settings say."""
    context: AppContext = app.extensions["tagwire"]
    unrouted.register_last(app)
    settings = context.settings
    return Front(
        app,
        threads=settings.web_threads,
        body_limit_bytes=settings.body_limit_bytes,
        trusted_proxies=settings.trusted_proxies,
    )


def _is_first(environ: Environ) -> bool:
    return is_first(environ["PATH_INFO"], has_key="HTTP_AUTHORIZATION" in environ)


async def _send(finished: Finished, environ: Environ, send: Send) -> None:
    status, headers = finished.status, finished.raw_headers
    body = b"" if environ["REQUEST_METHOD"] == "HEAD" else finished.response.body
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _proxy_fix(count: int) -> ProxyFix | None:
    """Return what finds the caller's address and scheme, as `create_app` does for Flask."""
    return ProxyFix(_ignored, x_for=count, x_proto=count) if count else None


def _ignored(*_: Any, **__: Any) -> Any:
    return ()
