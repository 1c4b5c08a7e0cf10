"""A worker whose provider is a table of answers, driven step by step."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.http.context import AppContext
from push.delivery.worker import Worker
from push.transport.error_body import FCM_ERROR
from push.transport.outcome import Answer
from push.transport.sender import Answered, Outgoing
from tests.conftest import Clock
from tests.factories import publish

ACCEPTED = Answer(200, b'{"name": "projects/p/messages/1"}')
LOST = Answer(0)


def refusal(
    status: int, code: str = "", message: str = "", details: Sequence[Any] = (), **more: Any
) -> Answer:
    """An error as the provider writes it."""
    own = [{"@type": FCM_ERROR, "errorCode": code}] if code else []
    body = {"error": {"code": status, "message": message, "details": [*details, *own]}}
    return Answer(status, orjson.dumps(body), **more)


UNREGISTERED = refusal(404, "UNREGISTERED")
UNAVAILABLE = refusal(503, "UNAVAILABLE")


@dataclass
class Provider:
    """Answers by address, one after another; the last one stays. Keeps what it was sent."""

    room: int = 1000
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    usual: Answer = ACCEPTED
    sent: list[dict[str, Any]] = field(default_factory=list)
    on_submit: Callable[[], object] | None = None
    on_collect: Callable[[], object] | None = None
    breaks_connections: str = ""  # the address whose request does
    _ready: Answered = field(default_factory=list)

    def answer(self, address: str, *answers: Answer) -> None:
        self.answers[address] = list(answers)

    def submit(self, messages: Sequence[Outgoing]) -> None:
        for message in messages:
            self.sent.append(orjson.loads(message.body()))
            own = self.answers.get(message.address, [self.usual])
            self._ready.append((message, own.pop(0) if len(own) > 1 else own[0]))
        self._break_connections(messages)
        if self.on_submit is not None:
            self.on_submit()

    def _break_connections(self, messages: Sequence[Outgoing]) -> None:
        """Whoever shares a connection with that address has no answer either."""
        if not self.breaks_connections:
            return
        broken = {m.group for m in messages if m.address == self.breaks_connections}
        lost = [m for m, _ in self._ready if m.group in broken]
        kept = [(m, answer) for m, answer in self._ready if m.group not in broken]
        self._ready = kept + [(m, Answer(0, among=len(lost))) for m in lost]

    def collect(self, wait_s: float) -> Answered:
        ready, self._ready = self._ready, []
        if ready and self.on_collect is not None:
            self.on_collect()
        return ready

    def forget_answers(self) -> None:
        """As when the process that waits for them dies."""
        self._ready = []

    def close(self) -> None:
        """Nothing is held."""

    @property
    def addresses(self) -> Counter[str]:
        return Counter(request["message"]["token"] for request in self.sent)

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [request["message"] for request in self.sent]


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def work(app: Flask, provider: Provider, clock: Clock) -> Callable[[], None]:
    """Runs a worker until it finds nothing more to do."""
    context: AppContext = app.extensions["tagwire"]
    worker = Worker(provider, clock, context.hooks.tell)

    def run() -> None:
        with app.app_context():
            for _ in range(10_000):
                if not worker.step():
                    return
        raise AssertionError("the worker never came to an end")

    return run


@pytest.fixture
def tagged(client: FlaskClient) -> None:
    """The topics exist before anybody follows them."""
    publish(client, source="herald", tags=["Harbour"], category="World")
