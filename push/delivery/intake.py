"""Intake of the worker: polls the database, fans out, claims batches and composes messages."""

import random
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from push.audience import fan_out
from push.delivery import claims, lifecycle, recording
from push.delivery.claimed import ClaimedBatch
from push.delivery.guard import Guard
from push.delivery.in_flight import InFlightBatch, reason_of
from push.delivery.lifecycle import EventPublisher
from push.delivery.messages import AnyTemplate, build_messages
from push.delivery.rate_limiter import RateLimit
from push.store.faults import Subject


@dataclass(slots=True, kw_only=True)
class Intake:
    """The round robin over notifications and batches; those with a fault are in back-off.

    `render` turns an alert into the request body of a transport.
    """

    clock: Callable[[], datetime]
    guard: Guard
    publish_event: EventPublisher
    rate_limit: RateLimit | None
    render: Callable[..., AnyTemplate]
    story_window: timedelta
    last_fanned_out: int = 0  # notifications: the round robin goes on after these
    last_claimed: int = 0

    def prepare(self) -> bool:
        """Begin and end notifications, and fan one out; tell whether an audience was fanned out."""
        now, waiting = self.clock(), self.guard.waiting("lifecycle")
        due = self.guard.run("lifecycle", lambda: lifecycle.due(now=now, besides=waiting)) or ()
        for notification_id in due:
            self._move_on(notification_id, now)
        return self.guard.outage is None and self._fan_out()

    def next_batch(
        self, besides: Collection[int], *, busy: Collection[str] = (), full: Collection[str] = ()
    ) -> InFlightBatch | None:
        """Claim the next batch and compose its messages; return None when nothing is due.

        Providers that are `busy` have something in flight, the `full` ones as much as they may.
        """
        has_fault = True
        while has_fault and self.guard.outage is None:
            now, subject = self.clock(), Subject()
            claim = self._claim(besides, (busy, full), subject, now)
            batch = self._compose(claim, subject, now) if claim is not None else None
            if batch is not None:
                return batch
            has_fault = bool(subject.fault and subject.id)
            if has_fault:
                self._count_fault(subject, claim, now)
        return None

    def _move_on(self, notification_id: int, now: datetime) -> None:
        """Apply a state transition that is due; without its event after too many faults."""
        has_given_up = self.guard.has_given_up("lifecycle", notification_id)
        publish = None if has_given_up else self.publish_event
        self.guard.run(
            "lifecycle",
            lambda: lifecycle.move_on(notification_id, publish_event=publish, now=now),
            Subject(notification_id),
        )

    def _fan_out(self) -> bool:
        now, subject = self.clock(), Subject()
        done = self.guard.run(
            "fan_out",
            lambda: fan_out.fan_out_next(
                after=self.last_fanned_out,
                besides=self.guard.waiting("fan_out"),
                now=now,
                story_window=self.story_window,
                subject=subject,
            ),
            subject,
        )
        self.last_fanned_out = done or 0
        if subject.fault and self.guard.has_given_up("fan_out", subject.id):
            self._fail(subject, now)
        return done is not None

    def _fail(self, subject: Subject, now: datetime) -> None:
        reason, publish = reason_of("fan out", subject.fault), self.publish_event
        self.guard.run(
            "lifecycle",
            lambda: lifecycle.fail(subject.id, reason=reason, publish_event=publish, now=now),
            Subject(subject.id),
        )

    def _claim(
        self,
        besides: Collection[int],
        taken: tuple[Collection[str], Collection[str]],
        subject: Subject,
        now: datetime,
    ) -> ClaimedBatch | None:
        busy, full = taken
        claim = self.guard.run(
            "claim",
            lambda: claims.claim_next(
                self.rate_limit,
                after=self.last_claimed,
                besides=[*besides, *self.guard.waiting("claim")],
                now=now,
                subject=subject,
                busy=busy,
                full=full,
            ),
            subject,
        )
        self.last_claimed = claim.notification.id if claim else 0
        return claim

    def _compose(
        self, claim: ClaimedBatch, subject: Subject, now: datetime
    ) -> InFlightBatch | None:
        return self.guard.run("compose", lambda: self._composed(claim, now), subject)

    def _composed(self, claim: ClaimedBatch, now: datetime) -> InFlightBatch:
        # The last of a batch that leaves slowly must not outlive its notification either.
        leaves_by = max(now, claim.reservation.last(len(claim.recipients)))
        built = build_messages(claim, self.render, now=leaves_by)
        if claim.attempt > 1:  # an address that is refused every time goes first only now and then
            random.shuffle(built.messages)
        batch = InFlightBatch(claim, deque(built.messages), now, now, now)
        if built.failed:
            batch.fail(built.failed, reason_of("compose", built.fault))
        return batch

    def _count_fault(self, subject: Subject, claim: ClaimedBatch | None, now: datetime) -> None:
        reason, attempt = reason_of("prepare", subject.fault), claim.attempt if claim else None
        self.guard.run(
            "record",
            lambda: recording.count_fault(subject.id, attempt=attempt, reason=reason, now=now),
            Subject(subject.id),
        )
