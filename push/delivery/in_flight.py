"""In-flight batch: what was not sent yet, what has no answer, what is not recorded."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from push.delivery.claimed import ClaimedBatch, Result
from push.store.faults import FAULT_TRIES
from push.transport.outcome import Outcome, back_off
from push.transport.sender import Outgoing

MOST_TRIES = 8
AMBIGUOUS_TRIES = 2
CREDENTIAL_TRIES = 3
FLUSH_EVERY = timedelta(seconds=0.5)
RENEW_EVERY = timedelta(seconds=10)
# Senders answer within 80 s, a second try with another token included.
ANSWER_DEADLINE = timedelta(minutes=2)


@dataclass(slots=True)
class InFlightBatch:
    """A claimed batch while its messages are sent and answered.

    The `outstanding` were handed to the sender and have no answer. The `unsure` were sent to
    without an answer and are tried once more.

    `lacking_credential` were refused because the provider lacks their platform's credential;
    `refused_in_a_row` of them since the last acceptance. When the platform is paused for it they
    wait, else it is about them alone, and they are given up after a few tries: a key that was just
    mended is not at once known everywhere.
    """

    claim: ClaimedBatch
    waiting: deque[Outgoing]
    flushed_at: datetime
    checked_at: datetime  # that the rest may still be sent
    submitted_at: datetime
    submitted: int = 0
    outstanding: dict[int, Outgoing] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)
    retried: list[Outcome] = field(default_factory=list)
    unsure: set[int] = field(default_factory=set)
    lacking_credential: list[Result] = field(default_factory=list)
    refused_in_a_row: int = 0
    has_reached: bool = False
    is_paused: bool = False
    # After a fault of submitting: one message a call, so that one of them spoils no other.
    is_one_by_one: bool = False

    @property
    def id(self) -> int:
        return self.claim.batch_id

    @property
    def is_over(self) -> bool:
        return not self.waiting and not self.outstanding

    def next_messages(self, count: int, now: datetime) -> list[Outgoing]:
        """Dequeue the next messages; from now on they are outstanding."""
        messages = [self.waiting.popleft() for _ in range(count)]
        self.outstanding.update((message.installation_id, message) for message in messages)
        self.submitted += count
        self.submitted_at = now
        return messages

    def is_outstanding(self, message: Outgoing) -> bool:
        """Whether this very message waits for its answer; one that comes too late is ignored."""
        return self.outstanding.get(message.installation_id) is message

    def take(self, result: Result) -> None:
        """Take one outcome: it is to be recorded, or the message is to be retried."""
        outcome, number = result.outcome, result.message.installation_id
        del self.outstanding[number]
        if outcome.lacks_key:
            self.lacking_credential.append(result)
            self.refused_in_a_row += 1
        elif self._is_tried_again(outcome, number):
            self.retried.append(outcome)
            if outcome.kind == "ambiguous":
                self.unsure.add(number)
        else:
            self.results.append(result)
        if outcome.kind == "accepted":
            self.has_reached, self.refused_in_a_row = True, 0

    def take_without_answer(self, reason: str, *messages: Outgoing) -> None:
        """Settle messages as ambiguous: they may have been delivered, their answer is lost."""
        for message in messages:
            self.take(Result(message, Outcome("ambiguous", reason), 0))

    def fail(self, messages: list[Outgoing], reason: str) -> None:
        """Count a failed attempt of messages that were never sent; the last one is their end."""
        outcome = Outcome("ours", reason)
        if self.claim.tries + 1 < FAULT_TRIES:
            self.retried += [outcome] * len(messages)
        else:
            self.results += [Result(message, outcome, 0) for message in messages]

    def give_up_lacking_credential(self) -> None:
        if self.claim.tries + 1 < CREDENTIAL_TRIES:
            self.retried += [result.outcome for result in self.lacking_credential]
        else:
            self.results += self.lacking_credential
        self.lacking_credential.clear()  # a batch that could not be recorded ends once more
        self.refused_in_a_row = 0

    def is_due(self, now: datetime) -> bool:
        """Whether to record what is known, to renew the lease, or to ask if the rest may go on."""
        if self.results or self.unsure:
            return now - self.flushed_at >= FLUSH_EVERY
        is_unchecked = bool(self.waiting) and now - self.checked_at >= FLUSH_EVERY
        return is_unchecked or now - self.flushed_at >= RENEW_EVERY

    def is_unanswered(self, now: datetime) -> bool:
        """Whether outstanding messages are past the answer deadline."""
        return bool(self.outstanding) and now - self.submitted_at >= ANSWER_DEADLINE

    def back_off(self, jitter: float, pause: timedelta) -> timedelta:
        """Back-off before the batch is retried; messages that were never sent need none.

        Who lacks a credential goes behind the others, so that each probe is at other addresses.
        """
        if self.is_paused:
            return pause
        waits = {outcome.wait for outcome in self.retried}
        tries = self.claim.tries + 1
        return max((back_off(tries, wait, jitter) for wait in waits), default=timedelta(0))

    def _is_tried_again(self, outcome: Outcome, installation_id: int) -> bool:
        if outcome.reason == "quota":
            return True
        tries = self.claim.tries + 1
        if outcome.kind == "later":
            return tries < MOST_TRIES
        # Most lost answers belong to messages that arrived: one repeat, which the phone replaces.
        is_first = installation_id not in self.claim.already_sent
        return outcome.kind == "ambiguous" and is_first and tries < AMBIGUOUS_TRIES


def reason_of(step: str, fault_id: str) -> str:
    """The failure text for editors; the log has the rest under the fault id."""
    return f"an unforeseen fault of the sender (to {step}: {fault_id})"
