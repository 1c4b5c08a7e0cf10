"""Fan-out: the audience of a notification into batches, one slice of its followers at a time."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from backend.audience.subscription import provider_of
from backend.core.chunks import chunks
from backend.core.db import db, insert_ignore, release, retried, transaction
from push.audience import queries as audience_queries
from push.audience import story_queries
from push.audience.audience import (
    Recipients,
    Story,
    criteria_of,
    decisions_for_story,
    decisions_on,
    story_of,
)
from push.audience.candidate import Candidate
from push.audience.criteria import Criteria
from push.audience.policy import STORY_WINDOW, Decision, is_for, local_day
from push.store import day_queries, metrics, queries, scheduling
from push.store.faults import Subject
from push.store.id_list import pack, unpack
from push.store.models import Batch, DailyAlert, Notification
from push.store.states import DONE, OUTLIVED, READY, BatchState, advance

BATCH_SIZE = 500
# Followers of a transaction, while which who else writes to SQLite waits. It is more than is in
# flight at once: with less, a worker that fans out breaking news has room for other alerts.
SLICE_SIZE = 5_000


@retried
def fan_out_next(
    *,
    now: datetime,
    after: int = 0,
    besides: Collection[int] = (),
    story_window: timedelta = STORY_WINDOW,
    subject: Subject | None = None,
) -> int | None:
    """Fan out the next slice; return the id of its notification, None when none is due.

    Round robin over the notifications, so that a large one delays no other: `after` is the one
    served last, those in `besides` are left out. The `subject` becomes the one that was tried. One
    that is fanned out to the end is `sending`, also when nobody is to be sent it.
    """
    if not scheduling.is_fan_out_due(db.session(), besides):
        release()
        return None
    from push.audience import repeats  # noqa: PLC0415 - at rest it does without

    repeats.read_ahead(db.session())
    with transaction() as session:
        notification = scheduling.next_to_fan_out(session, after, besides)
        if notification is None:
            return None
        if subject is not None:
            subject.id = notification.id
        if notification.article_id is not None:
            story_queries.lock_story_of(session, notification.article_id)
        story = story_of(session, notification, story_window)
        if any(_precedes(other, notification) for other in story.alerts):
            return notification.id
        criteria = criteria_of(session, notification)
        recipients = _next_recipients(session, notification, criteria)
        decisions = _decisions(session, notification, criteria, recipients, story, now)
        skipped = _count(notification, decisions)
        _add_batches(session, notification, recipients, decisions, now)
        _withdraw_superseded(session, story, recipients, decisions)
        if recipients:
            notification.sliced_to = recipients[-1].id
        if len(recipients) < SLICE_SIZE or notification.dry_run:
            advance(notification, "sending")
            notification.is_counted = True
        fanned_out = notification.id
    metrics.count_skipped(skipped)
    return fanned_out


def new_batch(
    notification_id: int,
    platform: str,
    ids: Sequence[int],
    due_at: datetime,
    state: BatchState = READY,
    **fields: Any,
) -> Batch:
    """Make a batch that is ready to be claimed, or in another `state`; `ids` are in order."""
    return Batch(
        notification_id=notification_id,
        platform=platform,
        state=state,
        due_at=due_at,
        first_id=ids[0],
        last_id=ids[-1],
        members=pack(ids),
        **fields,
    )


def _next_recipients(
    session: Session, notification: Notification, criteria: Criteria
) -> Recipients:
    if notification.dry_run:
        return audience_queries.dry_run_recipients(session, notification.phones)
    return audience_queries.followers_after(session, criteria, notification.sliced_to, SLICE_SIZE)


def _decisions(
    session: Session,
    notification: Notification,
    criteria: Criteria,
    recipients: Recipients,
    story: Story,
    now: datetime,
) -> dict[int, Decision]:
    """Decide on each recipient; alerts are counted against daily limits here, once."""
    if notification.dry_run:
        return decisions_on(recipients, criteria, now)
    limited = [recipient for recipient in recipients if recipient.daily_limit is not None]
    if limited:
        audience_queries.lock_installations(session, [recipient.id for recipient in limited])
    decisions = decisions_for_story(session, recipients, criteria, story, now)
    for recipient in limited:
        decision = decisions[recipient.id]
        if is_for(decision):
            count_for_day(session, notification, recipient, decision.until or now)
    return decisions


def _withdraw_superseded(
    session: Session, story: Story, recipients: Recipients, decisions: Mapping[int, Decision]
) -> None:
    """Take from a held minor alert those who are sent the breaking one of its story."""
    if not story.superseded or not recipients:
        return
    alerted = {number for number, decision in decisions.items() if is_for(decision)}
    for other in sorted(story.superseded, key=lambda other: other.id):
        session.refresh(other, with_for_update=queries.LOCK)
        for batch in queries.held_between(session, other.id, recipients[0].id, recipients[-1].id):
            members = set(unpack(batch.members))
            taken = members & alerted
            batch.members = pack(members - taken)
            batch.state = batch.state if batch.members else DONE
            other.held -= len(taken)
            other.skipped = dict(Counter(other.skipped) + Counter(same_story=len(taken)))
            day_queries.drop_days(session, other.id, sorted(taken))


def count_for_day(
    session: Session, notification: Notification, recipient: Candidate, at: datetime
) -> None:
    """Count an alert that is sent at this time against the recipient's daily limit."""
    if at < notification.expires_at:
        day = local_day(at, recipient.time_zone)
        row = {"installation_id": recipient.id, "day": day, "notification_id": notification.id}
        insert_ignore(session, DailyAlert, **row)


def _precedes(other: Notification, notification: Notification) -> bool:
    """Order the fan-out of two alerts of a story, in two workers: breaking before minor."""
    return other.state == "planning" and _precedence(other) < _precedence(notification)


def _precedence(notification: Notification) -> tuple[bool, datetime, int]:
    return notification.urgency != "breaking", notification.send_at, notification.id


def _count(notification: Notification, decisions: Mapping[int, Decision]) -> Counter[str]:
    """Add to the counts of a notification; return those of who is not sent it, by reason."""
    reasons = Counter(decision.reason for decision in decisions.values() if decision.reason)
    notification.audience += len(decisions) - reasons.total()
    notification.held += reasons.pop("quiet", 0) + reasons.pop("local_time", 0)
    notification.skipped = dict(Counter(notification.skipped) + reasons)
    return reasons


def _add_batches(
    session: Session,
    notification: Notification,
    recipients: Recipients,
    decisions: Mapping[int, Decision],
    now: datetime,
) -> None:
    """Add batches to send now, and held ones for each later hour."""
    for (platform, provider, until), ids in _lanes(recipients, decisions).items():
        is_held = until is not None
        due_at = until or now
        state = OUTLIVED if is_held and due_at >= notification.expires_at else READY
        own: dict[str, Any] = {"is_held": is_held, "provider": provider}
        for part in chunks(ids, BATCH_SIZE):
            session.add(new_batch(notification.id, platform, part, due_at, state, **own))


def _lanes(
    recipients: Recipients, decisions: Mapping[int, Decision]
) -> dict[tuple[str, str, datetime | None], list[int]]:
    """Group who is sent the alert by platform, provider and time, which is None for now."""
    found: dict[tuple[str, str, datetime | None], list[int]] = {}
    for recipient in recipients:
        decision = decisions[recipient.id]
        if is_for(decision):
            provider = provider_of(recipient.address_kind, recipient.address_value)
            lane = recipient.platform, provider, decision.until
            found.setdefault(lane, []).append(recipient.id)
    return found
