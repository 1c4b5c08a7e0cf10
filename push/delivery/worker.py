"""Sends what is due; any number of workers may run, on any number of machines.

claim -> close the session -> send -> classify -> record. No database session is open while the
network is, and a worker that dies leaves a lease that runs out. Several batches are on their way
at once, so that the network never waits for the database.
"""

import logging
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from push.audience import fan_out
from push.audience.policy import STORY_WINDOW
from push.delivery import lifecycle, pauses, queue
from push.delivery.composing import compose
from push.delivery.lifecycle import Tell
from push.delivery.queue import Claim, Pace, Result
from push.transport.outcome import ENOUGH_REFUSED, MANY_REFUSED, Outcome, back_off, classify
from push.transport.payload import Template, template
from push.transport.sender import Outgoing, Sender

log = logging.getLogger(__name__)

MOST_TRIES = 8
AMBIGUOUS_TRIES = 2
KEYLESS_TRIES = 3
MOST_FLIGHTS = 6
FLUSH_EVERY = timedelta(seconds=0.5)
RENEW_EVERY = queue.LEASE / 3
# While batches are on their way the database is asked for more as often as when there are none.
LOOK_EVERY = timedelta(seconds=0.2)
COLLECT_WAIT_S = 0.05

Clock = Callable[[], datetime]


@dataclass(slots=True)
class Flight:
    """A batch on its way: what has not left, what has no answer, what is not written down.

    The `unsure` were sent to without an answer and are tried once more. The `keyless` were refused
    because the provider lacks their platform's key; `in_a_row` of them since the last acceptance.
    When the platform is `paused` for it they wait, else it is about them alone, and they are given
    up after a few tries: a key that was just mended is not at once known everywhere.
    """

    claim: Claim
    waiting: deque[Outgoing]
    flushed_at: datetime
    heard_at: datetime  # that the rest may leave still
    left: int = 0
    answered: int = 0
    results: list[Result] = field(default_factory=list)
    retried: list[Outcome] = field(default_factory=list)
    unsure: set[int] = field(default_factory=set)
    keyless: list[Result] = field(default_factory=list)
    in_a_row: int = 0
    has_reached: bool = False
    is_paused: bool = False

    def take(self, result: Result) -> None:
        """Note one answer, as what is to be written down or as what is to be tried again."""
        outcome = result.outcome
        self.answered += 1
        if outcome.lacks_key:
            self.keyless.append(result)
            self.in_a_row += 1
        elif _is_tried_again(outcome, self.claim.tries + 1):
            self.retried.append(outcome)
            if outcome.kind == "ambiguous":
                self.unsure.add(result.message.installation_id)
        else:
            self.results.append(result)
        if outcome.kind == "accepted":
            self.has_reached, self.in_a_row = True, 0

    def give_up_keyless(self) -> None:
        if self.claim.tries + 1 < KEYLESS_TRIES:
            self.retried += [result.outcome for result in self.keyless]
        else:
            self.results += self.keyless
        self.keyless.clear()  # a flight that could not be written down ends once more
        self.in_a_row = 0

    @property
    def under_way(self) -> int:
        return self.left - self.answered

    @property
    def is_over(self) -> bool:
        return not self.waiting and not self.under_way

    def is_due(self, now: datetime) -> bool:
        """Whether to write down what is known, or to hear whether the rest may leave still."""
        if self.results or self.unsure:
            return now - self.flushed_at >= FLUSH_EVERY
        is_unheard = bool(self.waiting) and now - self.heard_at >= FLUSH_EVERY
        return is_unheard or now - self.flushed_at >= RENEW_EVERY


@dataclass(slots=True)
class Worker:
    """`render` turns an alert into the request body of a transport."""

    sender: Sender
    clock: Clock
    tell: Tell
    pace: Pace | None = None
    render: Callable[..., Template] = template
    story_window: timedelta = STORY_WINDOW
    flights: dict[int, Flight] = field(default_factory=dict)
    blocked_until: datetime | None = None
    sliced: int = 0  # the notifications whose turn was last
    claimed: int = 0
    look_at: datetime | None = None  # when there may be more to do; None is now

    def step(self) -> bool:
        """Do what there is to do now; whether there was anything.

        The network is served between any two transactions: a slow disk does not stop it.
        """
        now = self.clock()
        looks = not self.flights or self.look_at is None or now >= self.look_at
        has_sliced = self._look() if looks else False
        was_busy = bool(self.flights)
        self._exchange(COLLECT_WAIT_S if was_busy and not has_sliced else 0)
        self._land()
        return was_busy or has_sliced

    def finish(self) -> None:
        """Bring home what is under way; what has not left goes back to the queue."""
        for flight in self.flights.values():
            flight.waiting.clear()
        while self.flights:
            self._exchange(COLLECT_WAIT_S)
            self._land()

    def _look(self) -> bool:
        """See what the database has to do; whether an audience was cut."""
        lifecycle.wake(tell=self.tell, now=self.clock())
        sliced = fan_out.slice_next(
            after=self.sliced, now=self.clock(), story_window=self.story_window
        )
        self.sliced = sliced or 0
        self._exchange()
        while len(self.flights) < MOST_FLIGHTS and self._take_off():
            self._exchange()
        self.look_at = None if sliced else self.clock() + LOOK_EVERY
        return sliced is not None

    def _take_off(self) -> bool:
        now = self.clock()
        claim = queue.claim(self.pace, after=self.claimed, besides=self.flights, now=now)
        self.claimed = claim.notification.id if claim else 0
        if claim is None:
            return False
        # The last of a batch that leaves slowly must not outlive its notification either.
        leaves_by = max(now, claim.places.last(len(claim.readers)))
        messages = compose(claim, self.render, now=leaves_by)
        if claim.attempt > 1:  # an address that is refused every time goes first only now and then
            random.shuffle(messages)
        self.flights[claim.batch_id] = Flight(claim, deque(messages), now, now)
        return True

    def _exchange(self, wait_s: float = 0) -> None:
        self._feed(self.clock())
        self._collect(wait_s)

    def _feed(self, now: datetime) -> None:
        """Hand over as many messages as the quota and the transport have places for."""
        room = self.sender.room - sum(flight.under_way for flight in self.flights.values())
        for flight in self.flights.values():
            if now >= flight.claim.notification.expires_at:
                flight.waiting.clear()
            may_leave = flight.claim.places.due(now) - flight.left
            count = min(len(flight.waiting), room, may_leave)
            if count > 0:
                flight.left += count
                room -= count
                self.sender.submit([flight.waiting.popleft() for _ in range(count)])

    def _collect(self, wait_s: float) -> None:
        answers = self.sender.collect(wait_s)
        now = self.clock()
        waits: list[timedelta] = []
        keyless: dict[int, Flight] = {}
        for message, answer in answers:
            flight = self.flights[message.batch_id]
            outcome = classify(answer, now)
            latency = now - flight.claim.notification.send_at
            flight.take(Result(message, outcome, latency.total_seconds()))
            if outcome.stops:
                self._keep_back(flight.claim.notification.id)
            if outcome.reason == "quota":
                waits.append(outcome.wait or timedelta(0))
            if outcome.lacks_key and flight.in_a_row in {ENOUGH_REFUSED, MANY_REFUSED}:
                keyless[message.batch_id] = flight
        # Not before: a database that is away must not cost the other answers.
        if waits:
            self._wait_for_quota(now + max(waits))
        for flight in keyless.values():
            self._pause_if_keyless(flight, now)

    def _land(self) -> None:
        """Write down finished flights at once, and what is known of the others twice a second."""
        for flight in list(self.flights.values()):
            now = self.clock()
            if flight.is_over:
                self._end(flight, now)
                self._exchange()
            elif flight.is_due(now):
                self._flush(flight, now)
                self._exchange()

    def _end(self, flight: Flight, now: datetime) -> None:
        if flight.in_a_row:
            self._pause_if_keyless(flight, now)
        if not flight.is_paused:
            flight.give_up_keyless()
        queue.record(
            flight.claim,
            flight.results,
            now=now,
            unsure=flight.unsure,
            due_at=now + _wait(flight),
            is_try=any(outcome.reason != "quota" for outcome in flight.retried),
        )
        del self.flights[flight.claim.batch_id]  # not before: a database that is away comes back
        self.look_at = None
        log.info("batch recorded", extra={"batch": flight.claim.batch_id})

    def _flush(self, flight: Flight, now: datetime) -> None:
        may_go_on = queue.record(
            flight.claim, flight.results, now=now, unsure=flight.unsure, is_last=False
        )
        flight.results.clear()
        flight.flushed_at = now
        notification_id = flight.claim.notification.id
        for other in self._flights_of(notification_id):
            other.heard_at = now
        if not may_go_on:
            self._keep_back(notification_id)

    def _keep_back(self, notification_id: int, platform: str | None = None) -> None:
        """No more of this notification leaves, or of one platform of it; the outcome of what is
        under way is written down first."""
        for flight in self._flights_of(notification_id, platform):
            flight.waiting.clear()

    def _flights_of(self, notification_id: int, platform: str | None = None) -> list[Flight]:
        return [
            flight
            for flight in self.flights.values()
            if flight.claim.notification.id == notification_id
            and platform in {None, flight.claim.platform}
        ]

    def _pause_if_keyless(self, flight: Flight, now: datetime) -> None:
        """Without its key the platform waits, here and elsewhere."""
        notification_id, platform = flight.claim.notification.id, flight.claim.platform
        fresh = [f for f in self._flights_of(notification_id, platform) if not f.claim.tries]
        # Whom others of the platform left behind say nothing of it, however many they are.
        refused = sum(other.in_a_row for other in fresh)
        flight.is_paused = pauses.begin(
            notification_id, platform, refused=refused, reached=flight.has_reached, now=now
        )
        if flight.is_paused:
            self._keep_back(notification_id, platform)

    def _wait_for_quota(self, until: datetime) -> None:
        """Nothing more leaves, here or elsewhere; what has not left goes back to the queue."""
        for flight in self.flights.values():
            flight.waiting.clear()
        if self.blocked_until is None or until > self.blocked_until:
            queue.block_until(until)
            self.blocked_until = until


def _wait(flight: Flight) -> timedelta:
    """How long the leftovers wait; those that never left need not.

    Who lacks a key goes behind the others, so that each look for it is at other addresses.
    """
    if flight.is_paused:
        return pauses.LASTS
    waits = {outcome.wait for outcome in flight.retried}
    tries, jitter = flight.claim.tries + 1, random.random()
    return max((back_off(tries, wait, jitter) for wait in waits), default=timedelta(0))


def _is_tried_again(outcome: Outcome, tries: int) -> bool:
    if outcome.reason == "quota":
        return True
    if outcome.kind == "later":
        return tries < MOST_TRIES
    # Most lost answers belong to messages that arrived: one repeat, which the phone replaces.
    return outcome.kind == "ambiguous" and tries < AMBIGUOUS_TRIES
