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
from push.transport.sender import Answered, Outgoing
from push.transport.tokens import TokenError, Tokens

log = logging.getLogger(__name__)

UNSENDABLE = Answer(0, unsent=True, unsendable=True)


@dataclass(slots=True, eq=False)
class _Exchange:
    """One request in flight; one refresh of the token at most."""

    message: Outgoing
    bearer: str
    is_second_try: bool = False


class FcmSender:
    """Keeps its connections between batches."""

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

    @property
    def client_name(self) -> str:
        """The HTTP client in use: `own` or `curl`."""
        return self._client.name

    def submit(self, messages: Sequence[Outgoing]) -> None:
        try:
            bearer = self._tokens.bearer()
        except TokenError as error:
            answer = _no_token(error)
            self._answers += [(message, answer) for message in messages]
            return
        for message in messages:
            self._start(_Exchange(message, bearer))

    def collect(self, wait_s: float) -> Answered:
        for exchange, answer in self._client.collect(0 if self._answers else wait_s):
            if answer.status == 401 and is_token_refused(answer):
                self._try_again(exchange, answer)
            else:
                self._answers.append((exchange.message, answer))
        answers, self._answers = self._answers, []
        return answers

    def close(self) -> None:
        self._client.close()

    def _start(self, exchange: _Exchange) -> None:
        try:
            body = exchange.message.body()
        except Exception as error:  # noqa: BLE001 the other messages must not pay for this one
            log.error("no request can be made of a message", extra={"kind": type(error).__name__})
            self._answers.append((exchange.message, UNSENDABLE))
        else:
            self._client.start(exchange, exchange.bearer, body, exchange.message.group)

    def _try_again(self, exchange: _Exchange, answer: Answer) -> None:
        """The token may have been revoked before its time."""
        try:
            bearer = self._tokens.bearer(instead_of=exchange.bearer)
        except TokenError as error:
            self._answers.append((exchange.message, _no_token(error)))
            return
        if exchange.is_second_try:
            self._answers.append((exchange.message, answer))
        else:
            self._start(_Exchange(exchange.message, bearer, is_second_try=True))


def _no_token(error: TokenError) -> Answer:
    """A token endpoint that is down is no reason to stop; one that refuses the key is."""
    log.error("no access token", extra={"kind": error.kind})
    return Answer(401) if error.is_refusal else Answer(0, unsent=True)
