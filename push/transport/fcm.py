"""FCM's HTTP v1 API over pooled HTTP/2. Only the worker imports this module.

firebase-admin gives the credentials and the message types; its own sender loses results when one
message fails and is slow, so the HTTP client is another one, with one answer for every message.
"""

import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from push.transport.client import HttpChoice, open_client
from push.transport.outcome import Answer, is_token_refused
from push.transport.pool import MAX_CONNECTIONS
from push.transport.pooled import STREAMS_PER_CONNECTION
from push.transport.sender import UNSENDABLE, Answered, Outgoing
from push.transport.tokens import TokenError, Tokens

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Exchange:
    """A request in flight, whose token is refreshed once at most."""

    message: Outgoing
    bearer: str = ""
    is_second_try: bool = False


class FcmSender:
    """The transport to FCM, which keeps its connections between batches."""

    room = MAX_CONNECTIONS * STREAMS_PER_CONNECTION

    def __init__(
        self,
        key_file: str,
        url: str,
        ca_file: str | None,
        http: HttpChoice = "auto",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        account = json.loads(Path(key_file).read_text(encoding="utf-8"))
        self._tokens = Tokens(account, ca_file, clock)
        send_url = f"{url}/v1/projects/{account['project_id']}/messages:send"
        self._client = open_client(send_url, ca_file, http, clock)
        self._answers: Answered = []
        self._waiting: list[_Exchange] = []  # that wait for a token
        self._refused: str | None = None

    @property
    def client_name(self) -> str:
        """The HTTP client in use: `own` or `curl`."""
        return self._client.name

    def submit(self, messages: Sequence[Outgoing]) -> None:
        self._waiting += map(_Exchange, messages)
        self._start_waiting(0)

    def collect(self, wait_s: float) -> Answered:
        if self._waiting:
            self._start_waiting(wait_s)
            wait_s = 0
        for exchange, answer in self._client.collect(0 if self._answers else wait_s):
            if answer.status == 401 and is_token_refused(answer):
                self._try_again(exchange, answer)  # the token may have been revoked before its time
            else:
                self._answers.append((exchange.message, answer))
        answers, self._answers = self._answers, []
        return answers

    def close(self) -> None:
        self._client.close()
        self._tokens.close()

    def _start_waiting(self, wait_s: float) -> None:
        """Start what waits for a token, or answer it when there is none to be had."""
        try:
            bearer = self._tokens.bearer(instead_of=self._refused, wait_s=wait_s)
        except TokenError as error:
            answer = _no_token(error)
            self._answers += [(exchange.message, answer) for exchange in self._waiting]
            self._waiting.clear()
            return
        if bearer is None:
            return
        waiting, self._waiting, self._refused = self._waiting, [], None
        for exchange in waiting:
            exchange.bearer = bearer
            self._start(exchange)

    def _start(self, exchange: _Exchange) -> None:
        try:
            body = exchange.message.body()
        except Exception as error:  # noqa: BLE001 the other messages must not pay for this one
            log.error("no request can be made of a message", extra={"kind": type(error).__name__})
            self._answers.append((exchange.message, UNSENDABLE))
        else:
            self._client.start(exchange, exchange.bearer, body, exchange.message.group)

    def _try_again(self, exchange: _Exchange, answer: Answer) -> None:
        self._refused = exchange.bearer
        if exchange.is_second_try:
            self._answers.append((exchange.message, answer))
        else:
            self._waiting.append(_Exchange(exchange.message, is_second_try=True))


def _no_token(error: TokenError) -> Answer:
    """Answer without a token: a refused key stops the sending, an endpoint's outage does not."""
    log.error("no access token", extra={"kind": error.kind})
    return Answer(401) if error.is_refusal else Answer(0, unsent=True)
