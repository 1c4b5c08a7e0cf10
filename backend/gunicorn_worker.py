"""Gunicorn's worker with three differences.

What is no HTTP is refused with a problem document: gunicorn's own page is HTML, quotes the
request, and writes the sender's address into the log.

What the app has in memory is answered where it arrives. To hand such a request to a thread costs
more than the answer, and threads that wake each other for every request fight for the interpreter
until the worker answers a third as often (docs/performance.md).

A connection that ends waits for its client beside all others. Gunicorn waits for it in the main
thread: one client that never closes would keep everybody waiting for two seconds at a time.
"""

import json
import logging
import os
import re
import selectors
import socket
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any

from gunicorn.http import RequestParser, errors, wsgi  # type: ignore[import-untyped]
from gunicorn.util import write_nonblock  # type: ignore[import-untyped]
from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]

from backend.core.problems import HTTP_SLUGS
from backend.http.fast_path import AT_ONCE, NotAtOnceError, answers_at_once

log = logging.getLogger(__name__)

STATUSES: dict[type[Exception], HTTPStatus] = {
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    # These blame the answer, not the request.
    errors.InvalidResponseHeader: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.InvalidResponseHeaderName: HTTPStatus.INTERNAL_SERVER_ERROR,
}
# What is longer a thread may read.
MOST_HEARD_BYTES = 8_192
LONGEST_END_S = 2.0
_BEGINNING = re.compile(rb"[A-Z]{0,7}( |\Z)")
_READING = (b"GET ", b"HEAD ")
_END_OF_HEAD = b"\r\n\r\n"
# With one of these more than the head may have to be read or written.
_MORE_THAN_A_HEAD = {"CONTENT-LENGTH", "TRANSFER-ENCODING", "EXPECT", "UPGRADE"}


class Worker(ThreadWorker):  # type: ignore[misc]
    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        status = status_of(exc)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("a request failed outside the app", exc_info=exc)
        else:
            log.info("not a request", extra={"kind": type(exc).__name__, "status": int(status)})
        with suppress(OSError):  # who sent it may be gone
            write_nonblock(client, answer_to(status))

    def init_process(self) -> None:
        self.ending_conns: deque[TConn] = deque()
        super().init_process()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self.is_quick = not self.cfg.is_ssl and answers_at_once(self.wsgi)

    def enqueue_req(self, conn: TConn) -> None:
        """Whatever connection is new or has something to read comes here, in the main thread."""
        if not self.is_quick:
            super().enqueue_req(conn)
            return
        _open(conn)
        if not conn.parser.hears_a_head():
            self._wait(conn)
            return
        reply = self._reply_at_once(conn)
        if reply is None:
            super().enqueue_req(conn)
        else:
            self._finish(conn, reply, _send_some(conn.sock, reply.parts))

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """Of a kept connection. While it is answered at once, the poller goes on watching it: to
        take it away and give it back is a tenth of the whole work.
        """
        hears = self.is_quick and conn.parser.hears_a_head()
        reply = self._reply_at_once(conn) if hears else None
        if reply is None:
            super().on_client_socket_readable(conn, client)
            return
        rest = _send_some(conn.sock, reply.parts)
        self.keepalived_conns.remove(conn)
        if reply.keeps_connection and not rest:
            conn.set_timeout()
            self.keepalived_conns.append(conn)
        else:
            self.poller.unregister(client)
            self._finish(conn, reply, rest)

    def finish_request(self, conn: TConn, done: "Future[Any]") -> None:
        if _is_end(done):
            self._end(conn)
        else:
            super().finish_request(conn, done)

    def murder_pending(self) -> None:
        super().murder_pending()
        while self.ending_conns and self.ending_conns[0].timeout < time.monotonic():
            self._close(self.ending_conns[0])

    def _end(self, conn: TConn) -> None:
        """Say that nothing more comes, and wait for the client to say so: to close before it has
        read everything can take from it what is on the way (RFC 9112, section 9.6).
        """
        self.ending_conns.append(conn)
        conn.timeout = time.monotonic() + LONGEST_END_S
        try:
            conn.sock.setblocking(False)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._drain, conn))
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(conn)

    def _drain(self, conn: TConn, client: socket.socket) -> None:
        try:
            is_over = not client.recv(MOST_HEARD_BYTES)
        except BlockingIOError:
            return
        except OSError:
            is_over = True
        if is_over:
            self._close(conn)

    def _close(self, conn: TConn) -> None:
        self.ending_conns.remove(conn)
        with suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

    def _wait(self, conn: TConn) -> None:
        """For the rest of a head, with no thread that waits, too."""
        conn.sock.setblocking(False)
        if not conn.parser.is_waited_for:
            conn.parser.is_waited_for = True
            conn.set_timeout()
        self.pending_conns.append(conn)
        heard = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, heard)

    def _reply_at_once(self, conn: TConn) -> "Reply | None":
        """None leaves the request to a thread."""
        try:
            request = conn.parser.look_ahead()
            return self._reply(conn, request) if request else None
        except NotAtOnceError:
            return None
        except Exception as fault:
            log.debug("left to a thread", exc_info=fault)
            return None

    def _reply(self, conn: TConn, request: Any) -> "Reply":
        reply = Reply()
        response, environ = wsgi.create(request, reply, conn.client, conn.server, self.cfg)
        environ |= {"wsgi.multithread": True, AT_ONCE: True}
        parts = self.wsgi(environ, response.start_response)
        self.nr += 1
        if self.nr >= self.max_requests:
            self.alive = False
        if not self.alive or len(self.keepalived_conns) >= self.max_keepalived:
            response.force_close()
        for part in parts:
            response.write(part)
        response.close()
        reply.keeps_connection = not response.should_close()
        conn.parser.ahead = None
        return reply

    def _finish(self, conn: TConn, reply: "Reply", rest: bytes) -> None:
        """A thread waits until the connection takes what it did not take at once."""
        if rest:
            sending = self.tpool.submit(_send_all, conn.sock, rest, reply)
            sending.add_done_callback(
                lambda sent: self.method_queue.defer(self.finish_request, conn, sent)
            )
        else:
            self.finish_request(conn, KEPT if reply.keeps_connection else ENDED)


class Parser(RequestParser):  # type: ignore[misc]
    """Hears a head without waiting for it, and can tell the request before it is taken."""

    ahead: Any = None
    is_waited_for = False

    def hears_a_head(self) -> bool:
        """Whether a whole head has come, or all that ever comes, or what never becomes one."""
        if self.ahead is not None:
            return True
        heard = self.unreader.buf
        try:
            more = self.unreader.sock.recv(MOST_HEARD_BYTES, socket.MSG_DONTWAIT)
        except BlockingIOError:
            more = None
        except OSError:
            more = b""
        heard.seek(0, os.SEEK_END)
        heard.write(more or b"")
        is_over = more == b"" or heard.tell() >= MOST_HEARD_BYTES
        text = heard.getvalue()
        return is_over or _END_OF_HEAD in text or not _BEGINNING.match(text)

    def look_ahead(self) -> Any:
        """The request, when it is all that has come and has no more than a head.

        Raises:
            ParseException: it is none. Whoever takes it finds out as well.
        """
        self.is_waited_for = False
        heard = self.unreader.buf.getvalue()
        is_one = heard.find(_END_OF_HEAD) == len(heard) - len(_END_OF_HEAD)
        if not is_one or not heard.startswith(_READING):
            return None  # as when it was looked at already
        try:
            self.ahead = super().__next__()
        except Exception:
            self.unreader.take_buffered()
            self.unreader.unread(heard)
            raise
        has_more = any(name in _MORE_THAN_A_HEAD for name, _ in self.ahead.headers)
        return None if has_more else self.ahead

    def __next__(self) -> Any:
        if self.ahead is None:
            return super().__next__()
        self.mesg, self.ahead = self.ahead, None
        return self.mesg


class Reply:
    """What gunicorn writes an answer into, as if it were the socket."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.sendall = self.parts.append
        self.keeps_connection = False


def _is_end(done: "Future[Any]") -> bool:
    return not done.cancelled() and done.exception() is None and done.result() is False


def _open(conn: TConn) -> None:
    """What `TConn.init` does when the bytes are known to be HTTP/1 without TLS."""
    if not conn.initialized:
        conn.initialized = True
        conn.parser = Parser(conn.cfg, conn.sock, conn.client)


def _send_some(client: socket.socket, parts: Sequence[bytes]) -> bytes:
    """What is left to send."""
    try:
        sent = client.sendmsg(parts, [], socket.MSG_DONTWAIT)
    except BlockingIOError:
        sent = 0
    except OSError:
        return b""  # who asked is gone, as the poller finds out
    is_all = sent == sum(map(len, parts))
    return b"" if is_all else b"".join(parts)[sent:]


def _send_all(client: socket.socket, answer: bytes, reply: Reply) -> bool:
    client.setblocking(True)
    client.sendall(answer)
    return reply.keeps_connection


def _ended(result: bool) -> "Future[bool]":
    future: Future[bool] = Future()
    future.set_result(result)
    return future


# Whether the connection stays: what gunicorn is told of an answer that left.
KEPT, ENDED = _ended(True), _ended(False)


def status_of(error: Exception) -> HTTPStatus:
    if type(error) in STATUSES:
        return STATUSES[type(error)]
    is_theirs = isinstance(error, errors.ParseException)
    return HTTPStatus.BAD_REQUEST if is_theirs else HTTPStatus.INTERNAL_SERVER_ERROR


def answer_to(status: HTTPStatus) -> bytes:
    """The whole answer; the connection ends with it."""
    slug, title = HTTP_SLUGS[status]
    detail = f"{status.phrase}: it never reached the service."
    problem = {"type": f"/problems/{slug}", "title": title, "status": status, "detail": detail}
    body = json.dumps(problem).encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        "Content-Type: application/problem+json\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + body
