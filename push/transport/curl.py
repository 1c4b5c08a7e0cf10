"""HTTP client on libcurl: without HTTP/2, without TLS, behind a proxy, or as the fallback."""

import io
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import pycurl

from push.transport.http2 import MAX_ANSWER_BYTES
from push.transport.outcome import Answer
from push.transport.pool import CONNECT_TIMEOUT_S, RESPONSE_TIMEOUT_S
from push.transport.pooled import Request

CONNECTIONS = 32  # HTTP/1.1 answers one at a time on each
# Nothing of the request had left: to send it again cannot repeat anything.
_BEFORE_SENDING = {
    pycurl.E_COULDNT_RESOLVE_HOST,
    pycurl.E_COULDNT_RESOLVE_PROXY,
    pycurl.E_COULDNT_CONNECT,
    pycurl.E_SSL_CONNECT_ERROR,
    pycurl.E_PEER_FAILED_VERIFICATION,
}


class Curl:
    """A client with one multi handle; easy handles and connections are reused."""

    name: ClassVar[str] = "curl"
    speaks_http2 = True  # or not: libcurl speaks whatever the server does
    faults_in_a_row = 0

    def __init__(
        self, url: str, ca_file: str | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._url, self._ca_file, self._clock = url, ca_file, clock
        self._in_flight: dict[Any, float] = {}  # until when each waits, in their order
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_MULTIPLEX)
        self._multi.setopt(pycurl.M_MAX_HOST_CONNECTIONS, CONNECTIONS)
        self._idle: list[Any] = []

    def start(self, key: Any, bearer: str, body: bytes, group: Any = None) -> None:
        handle = self._idle.pop() if self._idle else self._handle()
        handle.key = key
        self._keep_apart(handle, is_apart=group is not None)
        # Read once: libcurl sends a body that it can rewind again, up to five times, when a kept
        # connection closes without an answer. The provider may have taken the first one.
        handle.setopt(pycurl.READFUNCTION, io.BytesIO(body).read)
        handle.setopt(pycurl.POSTFIELDSIZE_LARGE, len(body))
        self._address(handle, bearer)
        self._in_flight[handle] = self._clock() + RESPONSE_TIMEOUT_S
        self._multi.add_handle(handle)

    def collect(self, wait_s: float) -> list[tuple[Any, Answer]]:
        self._multi.perform()
        if wait_s:
            self._multi.select(wait_s)
            self._multi.perform()
        ended = list(self._finished())
        ended += self._late({handle for handle, _ in ended})
        lost = Counter(_connection_of(handle) for handle, code in ended if _is_lost(handle, code))
        return [self._end(handle, code, lost) for handle, code in ended]

    def hand_over(self) -> tuple[list[tuple[Any, Answer]], list[Request]]:
        """Close; all in flight are lost, as libcurl does not say which requests have not left."""
        self.close()
        return [], []

    def close(self) -> None:
        for handle in self._idle:
            handle.close()
        self._multi.close()

    def _handle(self) -> Any:
        return _handle(self._url, self._ca_file)

    def _address(self, handle: Any, bearer: str) -> None:
        """Say where to and by whom the handle's request is sent."""
        if handle.bearer != bearer:
            headers = [f"Authorization: Bearer {bearer}", "Content-Type: application/json"]
            handle.setopt(pycurl.HTTPHEADER, headers)
            handle.bearer = bearer

    def _keep_apart(self, handle: Any, *, is_apart: bool) -> None:
        """Give a request a connection of its own: HTTP/1.1 shares none."""
        if handle.is_apart == is_apart:
            return
        version = pycurl.CURL_HTTP_VERSION_1_1 if is_apart else pycurl.CURL_HTTP_VERSION_2TLS
        handle.setopt(pycurl.HTTP_VERSION, version)
        handle.setopt(pycurl.FRESH_CONNECT, is_apart)
        handle.setopt(pycurl.FORBID_REUSE, is_apart)
        handle.setopt(pycurl.PIPEWAIT, not is_apart)
        handle.is_apart = is_apart

    def _end(self, handle: Any, code: int, lost: Mapping[int, int]) -> tuple[Any, Answer]:
        answer = _answer(handle, code, lost)
        self._multi.remove_handle(handle)
        del self._in_flight[handle]
        handle.received.seek(0)
        handle.received.truncate()
        self._idle.append(handle)
        return handle.key, answer

    def _late(self, finished: set[Any]) -> Iterator[tuple[Any, int]]:
        now = self._clock()
        for handle, ends_at in self._in_flight.items():
            if ends_at > now:
                return
            if handle not in finished:
                yield handle, pycurl.E_OPERATION_TIMEDOUT

    def _finished(self) -> Iterator[tuple[Any, int]]:
        more = 1
        while more:
            more, done, failed = self._multi.info_read()
            yield from ((handle, 0) for handle in done)
            yield from ((handle, code) for handle, code, _text in failed)


def _handle(url: str, ca_file: str | None) -> Any:
    """Make an easy handle with all options but body and bearer token."""
    handle: Any = pycurl.Curl()
    handle.bearer, handle.key, handle.received = None, None, io.BytesIO()
    handle.is_apart = False
    handle.setopt(pycurl.URL, url)
    handle.setopt(pycurl.POST, 1)
    handle.setopt(pycurl.WRITEFUNCTION, _keeper(handle.received))
    handle.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS)
    handle.setopt(pycurl.PIPEWAIT, 1)
    handle.setopt(pycurl.NOSIGNAL, 1)
    handle.setopt(pycurl.CONNECTTIMEOUT_MS, int(CONNECT_TIMEOUT_S * 1000))
    if ca_file:
        handle.setopt(pycurl.CAINFO, ca_file)
    return handle


def _keeper(received: io.BytesIO) -> Callable[[bytes], None]:
    """Make a write callback that keeps the first bytes of a body, however long it is."""

    def keep(data: bytes) -> None:
        received.write(data[: max(0, MAX_ANSWER_BYTES - received.tell())])

    return keep


def _is_lost(handle: Any, code: int) -> bool:
    """Whether the request had left, at least in part, and no answer came."""
    return bool(code) and code not in _BEFORE_SENDING and handle.getinfo(pycurl.REQUEST_SIZE) > 0


def _connection_of(handle: Any) -> int:
    """Identify the connection by our port: there is one server."""
    return int(handle.getinfo(pycurl.LOCAL_PORT))


def _answer(handle: Any, code: int, lost: Mapping[int, int]) -> Answer:
    """Return the answer; `lost` counts the requests that were lost at once, by connection."""
    if code:
        is_lost = _is_lost(handle, code)
        return Answer(0, unsent=not is_lost, among=lost[_connection_of(handle)] if is_lost else 1)
    status = int(handle.getinfo(pycurl.RESPONSE_CODE))
    wait_s = int(handle.getinfo(pycurl.RETRY_AFTER)) if status >= 400 else 0
    return Answer(status, handle.received.getvalue(), str(wait_s) if wait_s > 0 else None)
