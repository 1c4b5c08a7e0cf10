"""Cuts the audience of a notification into batches, one slice of its followers at a time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from backend.core.db import db, insert_ignore, release, retried, transaction
from push.audience import queries as audience_queries
from push.audience import story_queries
from push.audience.audience import SLICE_SIZE, Readers, Story, story_of, verdicts_on
from push.audience.policy import STORY_WINDOW, Verdict, decide, is_for, local_day
from push.store import queries, scheduling
from push.store.id_list import pack, unpack
from push.store.models import Batch, DailyAlert, Notification
from push.store.states import DONE, READY, advance

BATCH_SIZE = 500


@retried
def slice_next(
    *, now: datetime, after: int = 0, story_window: timedelta = STORY_WINDOW
) -> int | None:
    """Cut the next slice; the id of the notification whose turn it was, None when there is none.

    Notifications take turns, so that a large one holds up no other; `after` is the one that had
    the last. One that is cut to the end is `sending`, also when nobody is to hear of it.
    """
    if not scheduling.is_anything_to_slice(db.session(), now):
        release()
        return None
    with transaction() as session:
        notification = scheduling.next_to_slice(session, now, after)
        if notification is None:
            return None
        if notification.article_id is not None:
            story_queries.lock_story_of(session, notification.article_id)
        story = story_of(session, notification, story_window)
        if any(_goes_first(other, notification) for other in story.told):
            return notification.id
        readers = _next_readers(session, notification)
        verdicts = _verdicts(session, notification, readers, story, now)
        _count(notification, verdicts)
        _add_batches(session, notification, readers, verdicts, now)
        _take_back(session, story, readers, verdicts)
        if readers:
            notification.sliced_to = readers[-1].id
        if len(readers) < SLICE_SIZE or notification.dry_run:
            advance(notification, "sending")
            notification.is_counted = True
        return notification.id


def batch_of(
    notification_id: int, platform: str, ids: Sequence[int], due_at: datetime, **fields: Any
) -> Batch:
    """A batch ready to be claimed; `ids` in order."""
    return Batch(
        notification_id=notification_id,
        platform=platform,
        state=READY,
        due_at=due_at,
        first_id=ids[0],
        last_id=ids[-1],
        members=pack(ids),
        **fields,
    )


def _next_readers(session: Session, notification: Notification) -> Readers:
    if notification.dry_run:
        return audience_queries.readers_of_dry_runs(session)
    topics = queries.topics_of(session, notification.id)
    return audience_queries.followers_after(
        session,
        topics,
        notification.sliced_to,
        SLICE_SIZE,
        source_id=notification.source_id,
    )


def _verdicts(
    session: Session, notification: Notification, readers: Readers, story: Story, now: datetime
) -> dict[int, Verdict]:
    """The policy's word on each reader; alerts are counted against daily limits here, once."""
    occasion = notification.occasion
    if notification.dry_run:
        return {reader.id: decide(reader, occasion, now) for reader in readers}
    limited = [reader for reader in readers if reader.daily_limit is not None]
    if limited:
        audience_queries.lock_installations(session, [reader.id for reader in limited])
    verdicts = verdicts_on(session, readers, occasion, story, now)
    for reader in limited:
        verdict = verdicts[reader.id]
        if is_for(verdict):
            _count_for_day(session, notification, reader, verdict.until or now)
    return verdicts


def _take_back(
    session: Session, story: Story, readers: Readers, verdicts: Mapping[int, Verdict]
) -> None:
    """What is held of a minor alert goes to nobody who hears the breaking one of its story."""
    if not story.giving_way or not readers:
        return
    hearing = {number for number, verdict in verdicts.items() if is_for(verdict)}
    for other in sorted(story.giving_way, key=lambda other: other.id):
        session.refresh(other, with_for_update=queries.LOCK)
        for batch in queries.held_between(session, other.id, readers[0].id, readers[-1].id):
            members = set(unpack(batch.members))
            taken = members & hearing
            batch.members = pack(members - taken)
            batch.state = READY if batch.members else DONE
            other.held -= len(taken)
            other.skipped = dict(Counter(other.skipped) + Counter(same_story=len(taken)))
            queries.drop_days(session, other.id, sorted(taken))


def _count_for_day(
    session: Session, notification: Notification, reader: Row[Any], at: datetime
) -> None:
    if at < notification.expires_at:
        day = local_day(at, reader.time_zone)
        row = {"installation_id": reader.id, "day": day, "notification_id": notification.id}
        insert_ignore(session, DailyAlert, **row)


def _goes_first(other: Notification, notification: Notification) -> bool:
    """Two workers that cut two alerts of a story take turns: breaking news before the minor."""
    return other.state == "planning" and _turn(other) < _turn(notification)


def _turn(notification: Notification) -> tuple[bool, datetime, int]:
    return notification.urgency != "breaking", notification.send_at, notification.id


def _count(notification: Notification, verdicts: Mapping[int, Verdict]) -> None:
    reasons = Counter(verdict.reason for verdict in verdicts.values() if verdict.reason)
    notification.audience += len(verdicts) - reasons.total()
    notification.held += reasons.pop("quiet", 0)
    notification.skipped = dict(Counter(notification.skipped) + reasons)


def _add_batches(
    session: Session,
    notification: Notification,
    readers: Readers,
    verdicts: Mapping[int, Verdict],
    now: datetime,
) -> None:
    """Batches to send now, and held ones for each end of quiet hours that comes in time."""
    for (platform, until), ids in _by_platform_and_time(readers, verdicts).items():
        is_held = until is not None
        due_at = until or now
        if is_held and due_at >= notification.expires_at:
            continue
        for start in range(0, len(ids), BATCH_SIZE):
            part = ids[start : start + BATCH_SIZE]
            session.add(batch_of(notification.id, platform, part, due_at, is_held=is_held))


def _by_platform_and_time(
    readers: Readers, verdicts: Mapping[int, Verdict]
) -> dict[tuple[str, datetime | None], list[int]]:
    """Whom the alert is for; the time is that of the end of quiet hours, None for now."""
    found: dict[tuple[str, datetime | None], list[int]] = {}
    for reader in readers:
        verdict = verdicts[reader.id]
        if is_for(verdict):
            found.setdefault((reader.platform, verdict.until), []).append(reader.id)
    return found
