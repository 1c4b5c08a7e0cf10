"""The transport interface: messages in, exactly one answer for each out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from push.transport.outcome import Answer
from push.transport.payload import Template
from push.transport.webpush_message import WebPushTemplate

# The answer for a message of which no request can be made.
UNSENDABLE = Answer(0, unsent=True, unsendable=True)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to send, whose address never shows in a log or an error.

    Messages of a `group` share a connection with each other and with no other message.
    """

    batch_id: int
    installation_id: int
    platform: str
    address: str = field(repr=False)
    template: Template | WebPushTemplate = field(repr=False)
    group: tuple[int, int] | None = None

    def body(self) -> bytes:
        return self.template.to(self.address)


Answered = list[tuple[Outgoing, Answer]]


class Sender(Protocol):
    """A transport. It may be given more messages while others are in flight."""

    room: int  # how many messages may be in flight at once

    def submit(self, messages: Sequence[Outgoing]) -> None:
        """Start sending; each message gets exactly one answer."""

    def collect(self, wait_s: float) -> Answered:
        """Return the answers that came, in any order; wait up to `wait_s` for one."""

    def close(self) -> None:
        """Close connections."""
