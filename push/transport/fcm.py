"""FCM's HTTP v1 API over pooled HTTP/2. Only the worker imports this module.

firebase-admin gives the credentials and the message types; its own sender loses results when one
message fails and is slow, so the wire is another one, with one answer for every message.
"""

import json
import logging
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import requests
from firebase_admin import credentials
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.auth.transport.requests import Request

from push.transport.connections import MOST_LINKS, STREAMS_A_LINK, Connections, NoHttp2
from push.transport.curl import Curl
from push.transport.outcome import Answer
from push.transport.sender import Answered, Outgoing

log = logging.getLogger(__name__)


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

    room = MOST_LINKS * STREAMS_A_LINK

    def __init__(self, key_file: str, url: str, ca_file: str | None) -> None:
        account = json.loads(Path(key_file).read_text(encoding="utf-8"))
        self._tokens = Tokens(account, ca_file)
        self._url = f"{url}/v1/projects/{account['project_id']}/messages:send"
        self._ca_file = ca_file
        self._wire = _wire(self._url, ca_file)
        self._answers: Answered = []

    def submit(self, messages: Sequence[Outgoing]) -> None:
        try:
            bearer = self._tokens.bearer()
        except GoogleAuthError as error:
            answer = _no_token(error)
            self._answers += [(message, answer) for message in messages]
            return
        for message in messages:
            self._wire.start(_Exchange(message, bearer), bearer, message.body())

    def collect(self, wait_s: float) -> Answered:
        for exchange, answer in self._finished(0 if self._answers else wait_s):
            if answer.status == 401 and b"_AUTH_ERROR" not in answer.body:
                self._try_again(exchange, answer)
            else:
                self._answers.append((exchange.message, answer))
        answers, self._answers = self._answers, []
        return answers

    def close(self) -> None:
        self._wire.close()

    def _finished(self, wait_s: float) -> Sequence[tuple[_Exchange, Answer]]:
        try:
            return self._wire.collect(wait_s)
        except NoHttp2 as error:
            self._wire.close()
            self._wire = Curl(self._url, self._ca_file)
            for request in error.waiting:
                self._wire.start(request.key, request.bearer, request.body)
            return []

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
            again = _Exchange(exchange.message, bearer, is_second_try=True)
            self._wire.start(again, bearer, exchange.message.body())


def _wire(url: str, ca_file: str | None) -> Connections | Curl:
    """HTTP/2 of our own where nothing stands between us and the provider."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" or ("https" in getproxies() and not proxy_bypass(host)):
        return Curl(url, ca_file)
    context = ssl.create_default_context(cafile=ca_file)
    context.set_alpn_protocols(["h2", "http/1.1"])
    return Connections(host, parts.port or 443, parts.path, context)


def _no_token(error: GoogleAuthError) -> Answer:
    """A token endpoint that is down is no reason to stop; one that refuses the key is."""
    log.error("no access token", extra={"kind": type(error).__name__})
    waits = isinstance(error, TransportError) or getattr(error, "retryable", False)
    if isinstance(error, RefreshError) and not waits:
        return Answer(401)
    return Answer(0, unsent=True)
