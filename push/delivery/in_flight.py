"""In-flight batch: what was not sent yet, what has no answer, what is not recorded."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from push.delivery.claimed import ClaimedBatch, Result
from push.delivery.retries import Moment, NextTry, next_try
from push.store.faults import FAULT_TRIES
from push.store.tries import FRESH
from push.transport.outcome import LIMITED, TOKEN_REFUSED, Outcome, back_off
from push.transport.sender import Outgoing

CREDENTIAL_TRIES = 3
FLUSH_EVERY = timedelta(seconds=0.5)
RENEW_EVERY = timedelta(seconds=10)
# Senders answer within 80 s, a second try with another token included.
ANSWER_DEADLINE = timedelta(minutes=2)


@dataclass(slots=True)
class InFlightBatch:
    """A claimed batch while its messages are sent and answered.

    The `outstanding` were handed to the sender and have no answer. The `undecided` have no certain
    outcome: when all of the batch are answered, `decide` says who has a `next_tries` and who is
    given up.

    `lacking_credential` were refused because the provider lacks their platform's credential, or
    refuses ours; `refused_in_a_row` of them since the last acceptance. When the platform is paused
    for it they wait, else it is about them alone, and they are given up after a few tries: a key
    that was just mended is not at once known everywhere.
    """

    claim: ClaimedBatch
    waiting: deque[Outgoing]
    flushed_at: datetime
    checked_at: datetime  # that the rest may still be sent
    submitted_at: datetime
    submitted: int = 0
    turn: int = 0  # of the worker's submissions, in which the last message left
    outstanding: dict[int, Outgoing] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)
    undecided: dict[int, Result] = field(default_factory=dict)
    next_tries: dict[int, NextTry] = field(default_factory=dict)
    unsure: set[int] = field(default_factory=set)
    lacking_credential: list[Result] = field(default_factory=list)
    refused_in_a_row: int = 0
    limited_in_a_row: int = 0
    has_reached: bool = False
    is_paused: bool = False
    is_try: bool = False
    # After a fault of submitting: one message a call, so that one of them spoils no other.
    is_one_by_one: bool = False

    @property
    def id(self) -> int:
        return self.claim.batch_id

    @property
    def provider(self) -> str:
        return self.claim.provider

    @property
    def is_over(self) -> bool:
        return not self.waiting and not self.outstanding

    @property
    def lacks_our_key(self) -> bool:
        return any(result.outcome.is_our_key for result in self.lacking_credential)

    def next_messages(self, count: int, now: datetime) -> list[Outgoing]:
        """Dequeue the next messages, which are outstanding from now on."""
        messages = [self.waiting.popleft() for _ in range(count)]
        self.outstanding.update((message.installation_id, message) for message in messages)
        self.submitted += count
        self.submitted_at = now
        return messages

    def is_outstanding(self, message: Outgoing) -> bool:
        """Whether this very message waits for its answer; an answer that comes late is ignored."""
        return self.outstanding.get(message.installation_id) is message

    def is_fresh(self, number: int) -> bool:
        """Whether nothing speaks against this address yet."""
        tries = self.claim.tried.get(number, FRESH)
        return not tries.lost and not tries.later

    def take(self, result: Result) -> None:
        """Take one outcome: it is to be recorded, or to be decided on."""
        outcome, number = result.outcome, result.message.installation_id
        del self.outstanding[number]
        if outcome.lacks_key:
            self.lacking_credential.append(result)
            self.refused_in_a_row += 1
        elif outcome.kind in {"ambiguous", "later"}:
            self.undecided[number] = result
            if outcome.kind == "ambiguous":
                self.unsure.add(number)
        else:
            self.results.append(result)
        self.limited_in_a_row += outcome.reason == LIMITED
        if outcome.kind == "accepted":
            self.has_reached, self.refused_in_a_row, self.limited_in_a_row = True, 0, 0

    def take_without_answer(self, reason: str, *messages: Outgoing) -> None:
        """Settle messages as ambiguous: they may have been delivered, we lost their answer."""
        for message in messages:
            self.take(Result(message, Outcome("ambiguous", reason, is_ours=True), 0))

    def fail(self, messages: list[Outgoing], reason: str) -> None:
        """Count a failed attempt of messages that were never sent; end them at the last one."""
        outcome = Outcome("ours", reason)
        is_last = self.claim.tries + 1 >= FAULT_TRIES
        for message in messages:
            if is_last:
                self.results.append(Result(message, outcome, 0))
            else:
                self._try_again(message, outcome, 0.0)

    def decide(self, moment: Moment, jitter: float) -> None:
        """Decide on everybody without a certain outcome; give up those that had their tries."""
        for number, result in self.undecided.items():
            tries = self.claim.tried.get(number, FRESH)
            following = next_try(tries, result.outcome, moment, jitter)
            if following is None:
                self.results.append(result)
            else:
                self.next_tries[number] = following
        self.undecided.clear()  # a batch that could not be recorded ends once more
        if not self.is_paused:
            self._decide_on_credentials(jitter)

    def is_due(self, now: datetime) -> bool:
        """Whether to record what is known, to renew the lease, or to ask if the rest may go on."""
        if self.results or self.unsure:
            return now - self.flushed_at >= FLUSH_EVERY
        is_unchecked = bool(self.waiting) and now - self.checked_at >= FLUSH_EVERY
        return is_unchecked or now - self.flushed_at >= RENEW_EVERY

    def is_unanswered(self, now: datetime) -> bool:
        """Whether outstanding messages are past the answer deadline."""
        return bool(self.outstanding) and now - self.submitted_at >= ANSWER_DEADLINE

    def _decide_on_credentials(self, jitter: float) -> None:
        """Retry those refused for a key; end them at the last try, except when it was our token."""
        is_last = self.claim.tries + 1 >= CREDENTIAL_TRIES
        for result in self.lacking_credential:
            if is_last and result.outcome.reason != TOKEN_REFUSED:
                self.results.append(result)
            else:
                self._try_again(result.message, result.outcome, jitter)
        self.lacking_credential.clear()
        self.refused_in_a_row = 0

    def _try_again(self, message: Outgoing, outcome: Outcome, jitter: float) -> None:
        number = message.installation_id
        tries = self.claim.tried.get(number, FRESH)
        tries = tries._replace(later=tries.later + 1)
        trouble = "credentials" if outcome.is_our_key else "platform_key"
        wait = back_off(tries.later, None, jitter)
        self.next_tries[number] = NextTry(tries, wait, trouble if outcome.lacks_key else "fault")
        self.is_try = True


@dataclass(slots=True)
class News:
    """Side effects of reading answers: waits, platforms that lack a credential, silence.

    Waits and silence are a provider's own.
    """

    waits: dict[str, timedelta] = field(default_factory=dict)
    refused: dict[int, InFlightBatch] = field(default_factory=dict)
    heard: set[str] = field(default_factory=set)  # somebody was answered
    # Installations, while nobody was.
    silent: dict[str, set[int]] = field(default_factory=dict)

    def wait(self, provider: str, wait: timedelta | None) -> None:
        asked = wait or timedelta(0)
        self.waits[provider] = max(asked, self.waits.get(provider, asked))


def reason_of(step: str, fault_id: str) -> str:
    """Return the failure text for editors; the log has the rest under the fault id."""
    return f"an unforeseen fault of the sender (to {step}: {fault_id})"
