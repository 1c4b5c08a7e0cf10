"""How messages leave: one interface, one answer for every message."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from backend.auth import hash_secret
from backend.db import transaction
from push.models import LocalMessage
from push.outcome import Answer
from push.payload import Template


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message: the address never shows in a log or an error."""

    batch_id: int
    installation_id: int
    platform: str
    address: str = field(repr=False)
    template: Template = field(repr=False)

    def body(self) -> bytes:
        return self.template.to(self.address)


Answered = list[tuple[Outgoing, Answer]]


class Sender(Protocol):
    """A transport. It may be given more messages while others are on their way."""

    room: int  # how many messages may be on their way at once

    def submit(self, messages: Sequence[Outgoing]) -> None:
        """Start sending; each message gets exactly one answer."""

    def collect(self, wait_s: float) -> Answered:
        """The answers that came, in whatever order; waits for one so long."""

    def close(self) -> None:
        """Give back connections."""


class LocalSender:
    """Delivers to the built-in phone simulator: a table instead of a network."""

    room = 500

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._answers: Answered = []

    def submit(self, messages: Sequence[Outgoing]) -> None:
        with transaction() as session:
            for message in (m for m in messages if not m.template.validate_only):
                session.add(
                    LocalMessage(
                        address_hash=hash_secret(message.address),
                        installation_id=message.installation_id,
                        message=message.body().decode(),
                        at=self._clock(),
                    )
                )
        self._answers += [(message, Answer(200, b'{"name": "local"}')) for message in messages]

    def collect(self, wait_s: float) -> Answered:
        answers, self._answers = self._answers, []
        return answers

    def close(self) -> None:
        """Nothing is held."""
