"""Cuts the audience of a notification into batches, one slice of its followers at a time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from backend.db import db, insert_ignore, release, transaction
from push import queries, story_queries, turn_queries
from push.idset import pack, unpack
from push.models import Batch, DailyAlert, Notification
from push.policy import SEND, STORY_WINDOW, Verdict, decide, local_day, within_limit

BATCH_SIZE = 500
SLICE_SIZE = 10 * BATCH_SIZE

Readers = Sequence[Row[Any]]


@dataclass(slots=True)
class Audience:
    """Who would hear of it now, and who would not, by reason."""

    by_platform: Counter[str] = field(default_factory=Counter)
    excluded: Counter[str] = field(default_factory=Counter)

    @property
    def size(self) -> int:
        return self.by_platform.total()


def slice_next(
    *, now: datetime, after: int = 0, story_window: timedelta = STORY_WINDOW
) -> int | None:
    """Cut the next slice; the id of the notification whose turn it was, None when there is none.

    Notifications take turns, so that a large one holds up no other; `after` is the one that had
    the last. One that is cut to the end is `sending`, also when nobody is to hear of it.
    """
    if not turn_queries.is_anything_to_slice(db.session(), now):
        release()
        return None
    with transaction() as session:
        notification = turn_queries.next_to_slice(session, now, after)
        if notification is None:
            return None
        others = _others_of_story(session, notification, story_window)
        if any(_goes_first(other, notification) for other in others):
            return notification.id
        readers = _next_readers(session, notification)
        verdicts = _verdicts(session, notification, readers, others, now)
        _count(notification, verdicts)
        _add_batches(session, notification, readers, verdicts, now)
        if readers:
            notification.sliced_to = readers[-1].id
        if len(readers) < SLICE_SIZE or notification.dry_run:
            notification.state = "sending"
        return notification.id


def audience_of(
    session: Session,
    feed_ids: Sequence[int],
    *,
    source_id: int | None,
    urgency: str,
    now: datetime,
    after: int = 0,
    article_id: int | None = None,
    story_window: timedelta = STORY_WINDOW,
) -> Audience:
    """Exactly whom a notification to these topics would be sent to, each installation once.

    With an article those are left out who were alerted to its story already.
    """
    others = of_story(session, article_id, now - story_window)
    found = Audience()
    while True:
        readers = queries.followers_after(session, feed_ids, after, SLICE_SIZE, source_id=source_id)
        had = _alerts_so_far(session, readers)
        alerted = _alerted(session, others, readers)
        for reader in readers:
            verdict = decide(reader, urgency, now)
            verdict = within_limit(verdict, reader, had.get(reader.id, {}), now)
            verdict = _unless_alerted(verdict, reader.id in alerted)
            if verdict.reason is None:
                found.by_platform[reader.platform] += 1
            else:
                found.excluded[verdict.reason] += 1
        if len(readers) < SLICE_SIZE:
            return found
        after = readers[-1].id


def rest_of(session: Session, notification: Notification, now: datetime) -> Audience:
    """Those of its audience whose batches were not cut yet."""
    if notification.dry_run:
        readers = queries.readers_of_dry_runs(session)
        return Audience(Counter(r.platform for r in readers if decide(r, "dry_run", now) is SEND))
    return audience_of(
        session,
        queries.topics_of(session, notification.id),
        source_id=notification.source_id,
        urgency=notification.urgency,
        now=now,
        after=notification.sliced_to,
        article_id=None if notification.insists else notification.article_id,
    )


def batch_of(
    notification_id: int, platform: str, ids: Sequence[int], due_at: datetime, **fields: Any
) -> Batch:
    """A batch ready to be claimed; `ids` in order."""
    return Batch(
        notification_id=notification_id,
        platform=platform,
        state=queries.READY,
        due_at=due_at,
        first_id=ids[0],
        last_id=ids[-1],
        members=pack(ids),
        **fields,
    )


def _next_readers(session: Session, notification: Notification) -> Readers:
    if notification.dry_run:
        return queries.readers_of_dry_runs(session)
    topics = queries.topics_of(session, notification.id)
    return queries.followers_after(
        session,
        topics,
        notification.sliced_to,
        SLICE_SIZE,
        source_id=notification.source_id,
    )


def _verdicts(
    session: Session,
    notification: Notification,
    readers: Readers,
    others: Sequence[Notification],
    now: datetime,
) -> dict[int, Verdict]:
    """The policy's word on each reader; alerts are counted against daily limits here, once."""
    if notification.dry_run:
        return {reader.id: decide(reader, notification.occasion, now) for reader in readers}
    limited = [reader.id for reader in readers if reader.daily_limit is not None]
    if limited:
        queries.lock_installations(session, limited)
    had = _alerts_so_far(session, readers)
    alerted = _alerted(session, others, readers)
    verdicts: dict[int, Verdict] = {}
    occasion = notification.occasion
    for reader in readers:
        verdict = decide(reader, occasion, now)
        if reader.daily_limit is not None:
            verdict = within_limit(verdict, reader, had.get(reader.id, {}), now)
        verdict = verdicts[reader.id] = _unless_alerted(verdict, reader.id in alerted)
        if reader.daily_limit is not None and _is_for(verdict):
            _count_for_day(session, notification, reader, verdict.until or now)
    return verdicts


def _count_for_day(
    session: Session, notification: Notification, reader: Row[Any], at: datetime
) -> None:
    if at < notification.expires_at:
        day = local_day(at, reader.time_zone)
        row = {"installation_id": reader.id, "day": day, "notification_id": notification.id}
        insert_ignore(session, DailyAlert, **row)


def _unless_alerted(verdict: Verdict, was_alerted: bool) -> Verdict:
    return Verdict("same_story") if was_alerted and _is_for(verdict) else verdict


def _is_for(verdict: Verdict) -> bool:
    return verdict.reason in {None, "quiet"}


def _alerts_so_far(session: Session, readers: Readers) -> Mapping[int, Mapping[str, int]]:
    limited = [reader.id for reader in readers if reader.daily_limit is not None]
    return queries.alerts_by_day(session, limited) if limited else {}


def of_story(session: Session, article_id: int | None, since: datetime) -> Sequence[Notification]:
    """The alerts that have told the story of this article since, or are about to."""
    if article_id is None:
        return []
    return story_queries.of_same_story(session, article_id, since)


def _others_of_story(
    session: Session, notification: Notification, window: timedelta
) -> Sequence[Notification]:
    """Every alert of a story but this one: two workers that cut two of them take turns."""
    if notification.insists or notification.dry_run or notification.article_id is None:
        return []
    story_queries.hold_story(session, notification.article_id)
    found = of_story(session, notification.article_id, notification.send_at - window)
    return [other for other in found if other is not notification]


def _goes_first(other: Notification, notification: Notification) -> bool:
    return other.state == "planning" and (other.send_at, other.id) < (
        notification.send_at,
        notification.id,
    )


def _alerted(session: Session, others: Sequence[Notification], readers: Readers) -> set[int]:
    """Who had an alert of the same story already, or is about to."""
    if not others or not readers:
        return set()
    ids = [notification.id for notification in others]
    batches = queries.batches_between(session, ids, readers[0].id, readers[-1].id)
    sent = {number for batch in batches for number in unpack(batch.sent)}
    waiting = [batch for batch in batches if batch.state == queries.READY]
    return sent | {number for batch in waiting for number in unpack(batch.members)}


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
        if _is_for(verdict):
            found.setdefault((reader.platform, verdict.until), []).append(reader.id)
    return found
