"""The push worker's loop: poll, claim, send, collect, classify, record, retry.

Any number of workers may run, on any number of machines. No database session is open while the
network is, and a worker that dies leaves a lease that expires. Several batches are in flight at
once, so that the network never waits for the database. An unforeseen fault at any step becomes an
outcome of what the step was about (`push.delivery.guard`), and the loop goes on.
"""

import logging
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from push.audience.policy import STORY_WINDOW
from push.delivery import nonces, pauses, quota, recording
from push.delivery.claimed import Result
from push.delivery.guard import Guard
from push.delivery.health import Health
from push.delivery.in_flight import InFlightBatch, News, reason_of
from push.delivery.intake import Intake
from push.delivery.lifecycle import EventPublisher
from push.delivery.messages import AnyTemplate
from push.delivery.rate_limiter import RateLimit
from push.store import faults
from push.store.faults import Subject
from push.transport.outcome import ENOUGH_REFUSED, LIMITED, MANY_REFUSED, QUOTA, Answer
from push.transport.payload import template
from push.transport.routing import outcome_of
from push.transport.sender import Answered, Outgoing, Sender

log = logging.getLogger(__name__)

MOST_IN_FLIGHT = 6  # batches to a provider
# Each message to a browser is encrypted in the loop: a long turn would keep others waiting.
ROOM_OF_SERVICE = 200
# While batches are in flight the database is polled as often as when there are none.
POLL_EVERY = timedelta(seconds=0.2)
COLLECT_WAIT_S = 0.05
# At most so many batches that raised when they were submitted are submitted one by one.
MOST_REMEMBERED = 1_000
# So long after an alert's expiry a batch that cannot be recorded is given up.
RECORD_WITHIN = timedelta(hours=1)

Clock = Callable[[], datetime]


@dataclass(slots=True)
class Worker:
    """A push worker: the in-flight batches between the database and a sender.

    `render` turns an alert into the request body of a transport.
    """

    sender: Sender
    clock: Clock
    publish_event: EventPublisher
    rate_limit: RateLimit | None = None
    render: Callable[..., AnyTemplate] = template
    story_window: timedelta = STORY_WINDOW
    in_flight: dict[int, InFlightBatch] = field(default_factory=dict)
    guard: Guard = field(init=False)
    healths: dict[str, Health] = field(default_factory=dict)  # by provider
    intake: Intake = field(init=False)
    nonces_at: datetime | None = None
    poll_at: datetime | None = None  # when there may be more to do; None is now
    one_by_one: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.guard = Guard(self.clock)
        self.intake = Intake(
            clock=self.clock,
            guard=self.guard,
            publish_event=self.publish_event,
            rate_limit=self.rate_limit,
            render=self.render,
            story_window=self.story_window,
        )

    def step(self) -> bool:
        """Run one turn of the loop; tell whether there was anything to do.

        The network is served between any two transactions: a slow disk does not stop it.

        Raises:
            SQLAlchemyError: the database was away; nothing in memory is lost by that.
        """
        is_busy = self.guard.run("loop", self._turn)
        if self.guard.has_given_up("loop"):  # go on without what is in flight: its leases expire
            self.in_flight.clear()
            self.guard.forget("loop")
        self.guard.raise_outage()
        return bool(is_busy)

    @property
    def is_waiting(self) -> bool:
        """Whether work goes on without a commit: something is in flight, or in back-off."""
        return bool(self.in_flight) or self.guard.has_failures

    def finish(self) -> None:
        """Settle what is in flight; give back to the queue what was not sent.

        What the database does not take now stays under its lease, which expires.
        """
        for batch in self.in_flight.values():
            batch.waiting.clear()
        while self._is_busy() and self.guard.outage is None:
            self._exchange(COLLECT_WAIT_S)
            self._record_due()

    def _turn(self) -> bool:
        is_time = not self.in_flight or self._is_time_to_poll(self.clock())
        has_fanned_out = self._poll() if is_time else False
        was_busy = self._is_busy()
        self._exchange(COLLECT_WAIT_S if was_busy and not has_fanned_out else 0)
        self._record_due()
        return was_busy or has_fanned_out

    def _is_time_to_poll(self, now: datetime) -> bool:
        """Tell whether to poll; also when the next time is further ahead than it can be."""
        return self.poll_at is None or not now < self.poll_at <= now + POLL_EVERY

    def _is_busy(self) -> bool:
        """Whether anything is in flight that does not only wait after a fault."""
        if self.guard.is_waiting("collect"):
            return False
        return any(self._can_go_on(batch) for batch in self.in_flight.values())

    def _can_go_on(self, batch: InFlightBatch) -> bool:
        if batch.is_over:
            return not self.guard.is_waiting("record", batch.id)
        return bool(batch.outstanding) or not self.guard.is_waiting("submit", batch.id)

    def _poll(self) -> bool:
        """Poll the database and start batches; tell whether an audience was fanned out."""
        has_fanned_out = self.intake.prepare()
        self.guard.run("nonce", self._send_nonces)
        self._exchange()
        while (batch := self._next_batch()) is not None:
            batch.is_one_by_one = batch.id in self.one_by_one
            self.in_flight[batch.id] = batch
            self._exchange()
        self.poll_at = None if has_fanned_out else self.clock() + POLL_EVERY
        return has_fanned_out

    def _send_nonces(self) -> None:
        """Send nonces now and then, while the provider is well; do not wait for answers."""
        now = self.clock()
        if self.nonces_at is not None and now < self.nonces_at <= now + nonces.EVERY:
            return
        self.nonces_at = now + nonces.EVERY
        if self._health("").breaker.state(now) == "closed" and nonces.are_due(now=now):
            self.sender.submit(nonces.issue(now=now))

    def _next_batch(self) -> InFlightBatch | None:
        """Claim the next batch. A probe has its provider for itself: nothing else is in flight."""
        under_way = Counter(batch.provider for batch in self.in_flight.values())
        full = [provider for provider, count in under_way.items() if count >= MOST_IN_FLIGHT]
        batch = self.intake.next_batch(self.in_flight, busy=[*under_way], full=full)
        if batch is not None:
            self._health(batch.provider).adopt(batch.claim.breaker)
        return batch

    def _health(self, provider: str) -> Health:
        return self.healths.setdefault(provider, Health(self.clock, provider))

    def _exchange(self, wait_s: float = 0) -> None:
        if self.guard.is_waiting("collect"):
            return
        self._submit_due(self.clock())
        self._collect(wait_s)

    def _submit_due(self, now: datetime) -> None:
        """Submit as many messages as the quota and the transport have room for (backpressure).

        Each provider has the room for itself: one that is slow holds no other one up.
        """
        room = Counter[str]()
        for batch in self.in_flight.values():
            most = min(self.sender.room, ROOM_OF_SERVICE) if batch.provider else self.sender.room
            room.setdefault(batch.provider, most)
            room[batch.provider] -= len(batch.outstanding)
        for batch in self.in_flight.values():
            has_gone_back = now < batch.claim.at  # of the clock: what it reserved is not to be had
            if has_gone_back or now >= batch.claim.notification.expires_at:
                batch.waiting.clear()
            due = batch.claim.reservation.due(now) - batch.submitted
            count = min(len(batch.waiting), room[batch.provider], due)
            if count > 0:
                room[batch.provider] -= count
                self._submit(batch, count, now)

    def _submit(self, batch: InFlightBatch, count: int, now: datetime) -> None:
        """Submit messages in one call; one by one after a fault, until too many raise in a row.

        Only their answers can tell whether the messages of a call that raised were sent.
        """
        subject = Subject(batch.id)
        while count > 0 and not self.guard.is_waiting("submit", batch.id):
            size = 1 if batch.is_one_by_one else count
            count -= size
            messages = batch.next_messages(size, now)
            batch.turn = self._health(batch.provider).next_turn()
            self.guard.run("submit", partial(self.sender.submit, messages), subject)
        if subject.fault:
            self._submit_one_by_one(batch, subject)

    def _submit_one_by_one(self, batch: InFlightBatch, subject: Subject) -> None:
        batch.is_one_by_one = True
        if len(self.one_by_one) >= MOST_REMEMBERED:
            self.one_by_one.clear()
        self.one_by_one.add(batch.id)
        if self.guard.has_given_up("submit", batch.id):
            batch.fail([*batch.waiting], reason_of("submit", subject.fault))
            batch.waiting.clear()
            self.guard.forget("submit", batch.id)

    def _collect(self, wait_s: float) -> None:
        subject = Subject()
        answers = self.guard.run("collect", lambda: self.sender.collect(wait_s), subject)
        if subject.fault and self.guard.has_given_up("collect"):
            for batch in self.in_flight.values():
                lost = [*batch.outstanding.values()]
                batch.take_without_answer(reason_of("collect", subject.fault), *lost)
        if answers:
            self._take_all(answers, self.clock())

    def _take_all(self, answers: Answered, now: datetime) -> None:
        """Settle every answer that came, before anything that may fail for all of them."""
        news = News()
        for message, answer in answers:
            batch = self.in_flight.get(message.batch_id)
            if batch is None or not batch.is_outstanding(message):
                continue  # its deadline was over
            try:
                self._take(batch, message, answer, now, news)
            except Exception as error:  # noqa: BLE001 - one answer must not cost the others
                fault_id = faults.report("classify", error, batch.id)
                if batch.is_outstanding(message):
                    batch.take_without_answer(reason_of("classify", fault_id), message)
        self._judge(news)
        for provider, wait in news.waits.items():
            self._wait_for_quota(provider, now + wait, now)
        for batch in news.refused.values():
            self._pause_if_credential_lacks(batch, now)

    def _take(
        self, batch: InFlightBatch, message: Outgoing, answer: Answer, now: datetime, news: News
    ) -> None:
        outcome, number = outcome_of(message, answer, now), message.installation_id
        latency = now - batch.claim.notification.send_at
        batch.take(Result(message, outcome, latency.total_seconds()))
        if outcome.stops:
            self._keep_back(batch.claim.notification.id)
        provider = batch.provider
        if outcome.is_answer:
            news.heard.add(provider)
        elif not (outcome.is_ours or self._health(provider).was_well_since(batch.turn)):
            fresh = {number} if batch.is_fresh(number) else set[int]()
            news.silent.setdefault(provider, set()).update(fresh)
        is_limit = outcome.reason == LIMITED and batch.limited_in_a_row >= MANY_REFUSED
        if outcome.reason == QUOTA or is_limit:
            news.wait(provider, outcome.wait)
        if outcome.lacks_key and batch.refused_in_a_row in {ENOUGH_REFUSED, MANY_REFUSED}:
            news.refused[batch.id] = batch

    def _judge(self, news: News) -> None:
        """Update each provider's breaker; stop sending to those that answer nobody."""
        for provider in news.heard:
            if self._health(provider).hear():
                self._share_breaker(provider)
        for provider, silent in news.silent.items():
            is_alone = provider not in news.heard and bool(silent)
            if is_alone and self._health(provider).miss(silent):
                self._share_breaker(provider)
                self._keep_all_back(provider)

    def _share_breaker(self, provider: str) -> None:
        breaker = self._health(provider).breaker
        self.guard.run("quota", lambda: quota.share(provider, breaker, self.clock()))

    def _record_due(self) -> None:
        """Record batches that are over at once, and what is known of the others twice a second."""
        for batch in list(self.in_flight.values()):
            now = self.clock()
            if batch.is_unanswered(now):
                error = TimeoutError("the sender owes answers")
                reason = reason_of("collect", faults.report("collect", error, batch.id))
                batch.take_without_answer(reason, *batch.outstanding.values())
            if batch.is_over or batch.is_due(now):
                self._record(batch, now)
                self._exchange()

    def _record(self, batch: InFlightBatch, now: datetime) -> None:
        """Record a batch; record each of its results alone after a fault (isolation)."""
        subject = Subject(batch.id)
        record = self._finish_batch if batch.is_over else self._flush
        self.guard.run("record", lambda: record(batch, now), subject)
        if subject.fault:
            settle = partial(recording.record_one_by_one, batch.claim, batch.results, now=now)
            self.guard.run("settle", settle, Subject(batch.id))
        is_late = now >= batch.claim.notification.expires_at + RECORD_WITHIN
        is_failing = self.guard.is_waiting("record", batch.id)
        if self.guard.has_given_up("record", batch.id) or (is_late and is_failing):
            self._abandon(batch)

    def _finish_batch(self, batch: InFlightBatch, now: datetime) -> None:
        if batch.refused_in_a_row:
            self._pause_if_credential_lacks(batch, now)
            if self.guard.outage is not None:  # then it waits, and counts as no try
                raise self.guard.outage
        health = self._health(batch.provider)
        batch.decide(health.moment(batch.turn), random.random())
        # Members without a credential go behind the others, so that each probe has other addresses.
        pause = pauses.PAUSE_LASTS if batch.is_paused else timedelta(0)
        recording.record(
            batch.claim,
            batch.results,
            now=now,
            unsure=batch.unsure,
            next_tries=batch.next_tries,
            due_at=now + pause,
            is_try=batch.is_try,
        )
        del self.in_flight[batch.id]  # not before: after an outage it is recorded again
        if batch.claim.is_probe and health.miss_probe():
            self._share_breaker(batch.provider)
        self.poll_at = None
        named = {"batch": batch.id, "alert": batch.claim.notification.public_id}
        log.info("batch recorded", extra=named)

    def _flush(self, batch: InFlightBatch, now: datetime) -> None:
        may_go_on = recording.record(
            batch.claim, batch.results, now=now, unsure=batch.unsure, is_last=False
        )
        batch.results.clear()
        batch.flushed_at = now
        notification_id = batch.claim.notification.id
        for other in self._batches_of(notification_id):
            other.checked_at = now
        if not may_go_on:
            self._keep_back(notification_id)

    def _abandon(self, batch: InFlightBatch) -> None:
        """Drop a batch that cannot be recorded: its lease expires, as if this worker had died."""
        del self.in_flight[batch.id]
        self.guard.forget("record", batch.id)
        named = {"batch": batch.id, "alert": batch.claim.notification.public_id}
        log.error("a batch could not be recorded", extra=named)

    def _keep_back(self, notification_id: int, lane: str | None = None) -> None:
        """Submit no more of this notification, or of one lane of it; outstanding messages are
        recorded first.
        """
        for batch in self._batches_of(notification_id, lane):
            batch.waiting.clear()

    def _keep_all_back(self, provider: str) -> None:
        for batch in self.in_flight.values():
            if batch.provider == provider:
                batch.waiting.clear()

    def _batches_of(self, notification_id: int, lane: str | None = None) -> list[InFlightBatch]:
        return [
            batch
            for batch in self.in_flight.values()
            if batch.claim.notification.id == notification_id and lane in {None, batch.claim.lane}
        ]

    def _pause_if_credential_lacks(self, batch: InFlightBatch, now: datetime) -> None:
        """Open the breaker for a lane whose credential the provider lacks, for every worker."""
        notification_id, lane = batch.claim.notification.id, batch.claim.lane
        # Batches that are retried hold whom the others left behind: they prove nothing.
        others = self._batches_of(notification_id, lane)
        refused = sum(other.refused_in_a_row for other in others if not other.claim.tries)
        begin = partial(pauses.begin, notification_id, lane, is_our_key=batch.lacks_our_key)
        begin = partial(begin, refused=refused, reached=batch.has_reached, now=now)
        is_paused = self.guard.run("pause", begin, Subject(batch.id))
        batch.is_paused = bool(is_paused)
        if batch.is_paused:
            self._keep_back(notification_id, lane)

    def _wait_for_quota(self, provider: str, until: datetime, now: datetime) -> None:
        """Stop submitting to a provider, in every worker; requeue what was not sent."""
        self._keep_all_back(provider)
        self.guard.run("quota", lambda: quota.block_until(provider, until, now))
