"""FCM's HTTP v1 API over pooled HTTP/2. Only the worker imports this module.

firebase-admin gives the credentials and the message types; its own sender loses results when one
message fails and is slow, so the wire is libcurl, with one answer for every message.
"""

import io
import json
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pycurl
import requests
from firebase_admin import credentials
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.auth.transport.requests import Request

from push.outcome import Answer
from push.sender import Answered, Outgoing

log = logging.getLogger(__name__)

# 10,000 messages a second at 80 ms are 800 on their way: eight connections of 100 streams. A
# server that only speaks HTTP/1.1 answers one at a time on each.
CONNECTIONS = 32
IN_FLIGHT = 1000
GATHER_S = 0.01  # at full rate a hundred answers come in it: one turn of the worker for all of them
TIMEOUT_MS = 20_000  # Google asks to wait at least 10 s for an answer
CONNECT_TIMEOUT_MS = 10_000
# Nothing of the request had left: to send it again cannot repeat anything.
_BEFORE_SENDING = {
    pycurl.E_COULDNT_RESOLVE_HOST,
    pycurl.E_COULDNT_RESOLVE_PROXY,
    pycurl.E_COULDNT_CONNECT,
    pycurl.E_SSL_CONNECT_ERROR,
    pycurl.E_PEER_FAILED_VERIFICATION,
}


class _Session(requests.Session):
    """Trusts the file it is given; a session's own `verify` loses against REQUESTS_CA_BUNDLE."""

    def __init__(self, ca_file: str) -> None:
        super().__init__()
        self._ca_file = ca_file

    def request(self, *args: Any, **options: Any) -> requests.Response:
        return super().request(*args, **{**options, "verify": self._ca_file})


class Tokens:
    """Access tokens of the service account, renewed ahead of their expiry."""

    def __init__(self, account: Mapping[str, str], ca_file: str | None) -> None:
        self._credential = credentials.Certificate(dict(account)).get_credential()
        host = urlsplit(account["token_uri"]).hostname or ""
        is_own = not host.endswith("googleapis.com")
        self._session = _Session(ca_file) if is_own and ca_file else requests.Session()

    def bearer(self, *, instead_of: str | None = None) -> str:
        """A token that is valid now and another one than the provider refused.

        Raises:
            GoogleAuthError: the token endpoint refused or did not answer.
        """
        if not self._credential.valid or self._credential.token == instead_of:
            self._credential.refresh(Request(self._session))
        return str(self._credential.token)


@dataclass(slots=True)
class _Exchange:
    """One request on its way; one refresh of the token at most."""

    message: Outgoing
    bearer: str
    is_second_try: bool = False


class FcmSender:
    """Keeps its connections between batches."""

    room = IN_FLIGHT

    def __init__(self, key_file: str, url: str, ca_file: str | None) -> None:
        account = json.loads(Path(key_file).read_text(encoding="utf-8"))
        self._tokens = Tokens(account, ca_file)
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_MULTIPLEX)
        self._multi.setopt(pycurl.M_MAX_HOST_CONNECTIONS, CONNECTIONS)
        address = f"{url}/v1/projects/{account['project_id']}/messages:send"
        self._idle = [_handle(address, ca_file) for _ in range(IN_FLIGHT)]
        self._answers: Answered = []

    def submit(self, messages: Sequence[Outgoing]) -> None:
        try:
            bearer = self._tokens.bearer()
        except GoogleAuthError as error:
            answer = _no_token(error)
            self._answers += [(message, answer) for message in messages]
            return
        for message in messages:
            self._start(_Exchange(message, bearer))

    def collect(self, wait_s: float) -> Answered:
        self._multi.perform()
        if not self._answers and wait_s:
            self._multi.select(wait_s)
            time.sleep(GATHER_S)
            self._multi.perform()
        for handle, code in self._finished():
            self._end(handle, code)
        answers, self._answers = self._answers, []
        return answers

    def close(self) -> None:
        for handle in self._idle:
            handle.close()
        self._multi.close()

    def _start(self, exchange: _Exchange) -> None:
        handle = self._idle.pop()
        handle.exchange = exchange
        # Read once: libcurl sends a body that it can rewind again, up to five times, when a kept
        # connection closes without an answer. The provider may have taken the first one.
        body = exchange.message.body()
        handle.setopt(pycurl.READFUNCTION, io.BytesIO(body).read)
        handle.setopt(pycurl.POSTFIELDSIZE_LARGE, len(body))
        if handle.bearer != exchange.bearer:
            headers = [f"Authorization: Bearer {exchange.bearer}", "Content-Type: application/json"]
            handle.setopt(pycurl.HTTPHEADER, headers)
            handle.bearer = exchange.bearer
        self._multi.add_handle(handle)

    def _end(self, handle: Any, code: int) -> None:
        exchange: _Exchange = handle.exchange
        answer = _answer(handle, code)
        self._multi.remove_handle(handle)
        handle.received.seek(0)
        handle.received.truncate()
        self._idle.append(handle)
        if answer.status == 401 and b"_AUTH_ERROR" not in answer.body:
            self._try_again(exchange, answer)
        else:
            self._answers.append((exchange.message, answer))

    def _try_again(self, exchange: _Exchange, answer: Answer) -> None:
        """The token may have been revoked before its time."""
        try:
            bearer = self._tokens.bearer(instead_of=exchange.bearer)
        except GoogleAuthError as error:
            self._answers.append((exchange.message, _no_token(error)))
            return
        if exchange.is_second_try:
            self._answers.append((exchange.message, answer))
        else:
            self._start(_Exchange(exchange.message, bearer, is_second_try=True))

    def _finished(self) -> Iterator[tuple[Any, int]]:
        more = 1
        while more:
            more, done, failed = self._multi.info_read()
            yield from ((handle, 0) for handle in done)
            yield from ((handle, code) for handle, code, _text in failed)


def _handle(address: str, ca_file: str | None) -> Any:
    """A request without its body and bearer."""
    handle: Any = pycurl.Curl()
    handle.bearer, handle.exchange, handle.received = None, None, io.BytesIO()
    handle.setopt(pycurl.URL, address)
    handle.setopt(pycurl.POST, 1)
    handle.setopt(pycurl.WRITEFUNCTION, handle.received.write)
    handle.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS)
    handle.setopt(pycurl.PIPEWAIT, 1)
    handle.setopt(pycurl.NOSIGNAL, 1)
    handle.setopt(pycurl.TIMEOUT_MS, TIMEOUT_MS)
    handle.setopt(pycurl.CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS)
    if ca_file:
        handle.setopt(pycurl.CAINFO, ca_file)
    return handle


def _no_token(error: GoogleAuthError) -> Answer:
    """A token endpoint that is down is no reason to stop; one that refuses the key is."""
    log.error("no access token", extra={"kind": type(error).__name__})
    waits = isinstance(error, TransportError) or getattr(error, "retryable", False)
    if isinstance(error, RefreshError) and not waits:
        return Answer(401)
    return Answer(0, unsent=True)


def _answer(handle: Any, code: int) -> Answer:
    if code:
        left = handle.getinfo(pycurl.REQUEST_SIZE) > 0
        return Answer(0, unsent=code in _BEFORE_SENDING or not left)
    status = int(handle.getinfo(pycurl.RESPONSE_CODE))
    wait_s = int(handle.getinfo(pycurl.RETRY_AFTER)) if status >= 400 else 0
    return Answer(status, handle.received.getvalue(), str(wait_s) if wait_s > 0 else None)
