"""Whom an alert is for, and whom it is not for and why: before it is cut, and while it is."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from push.audience import queries as audience_queries
from push.audience import story_queries
from push.audience.policy import SEND, Verdict, decide, is_for, within_limit
from push.store import queries
from push.store.id_list import unpack
from push.store.models import Batch, Notification
from push.store.states import READY
from schemas.audience import PLATFORMS

SLICE_SIZE = 5_000

Readers = Sequence[Row[Any]]


@dataclass(slots=True)
class Audience:
    """Who would hear of it now, and who would not, by reason."""

    by_platform: Counter[str] = field(default_factory=Counter)
    excluded: Counter[str] = field(default_factory=Counter)

    @property
    def size(self) -> int:
        return self.by_platform.total()


@dataclass(frozen=True, slots=True)
class Story:
    """Other alerts of a story. Who was `told` by one, or is about to be, is not told again.

    But where one is `giving_way`, what is held of it until a morning keeps nobody from breaking
    news: that is sent instead of it.
    """

    told: Sequence[Notification] = ()
    giving_way: Sequence[Notification] = ()

    @property
    def giving_way_ids(self) -> list[int]:
        return [notification.id for notification in self.giving_way]


NO_STORY = Story()


def audience_of(
    session: Session,
    feed_ids: Sequence[int],
    *,
    source_id: int | None,
    urgency: str,
    now: datetime,
    after: int = 0,
    story: Story = NO_STORY,
) -> Audience:
    """Exactly whom a notification to these topics would be sent to, each installation once.

    Those are left out who were told of its story. When nobody was, most followers are counted by
    the database, and only those whose preferences decide are looked at one by one.
    """
    found = Audience()
    if story.told:
        slices = _followers(session, feed_ids, after, source_id)
    else:
        slices = _choosy(session, found, feed_ids, after, source_id, urgency)
    for readers in slices:
        verdicts = verdicts_on(session, readers, urgency, story, now)
        for reader in readers:
            reason = verdicts[reader.id].reason
            if reason is None:
                found.by_platform[reader.platform] += 1
            else:
                found.excluded[reason] += 1
    return found


def rest_of(
    session: Session, notification: Notification, window: timedelta, now: datetime
) -> Audience:
    """Those of its audience whose batches were not cut yet."""
    if notification.dry_run:
        readers = audience_queries.readers_of_dry_runs(session)
        return Audience(Counter(r.platform for r in readers if decide(r, "dry_run", now) is SEND))
    return audience_of(
        session,
        queries.topics_of(session, notification.id),
        source_id=notification.source_id,
        urgency=notification.urgency,
        now=now,
        after=notification.sliced_to,
        story=story_of(session, notification, window),
    )


def story_of(session: Session, notification: Notification, window: timedelta) -> Story:
    """What readers heard of its story, unless its editor insists."""
    if notification.insists or notification.dry_run:
        return NO_STORY
    since = notification.send_at - window
    return story_of_article(
        session, notification.article_id, notification.urgency, since, besides=notification
    )


def story_of_article(
    session: Session,
    article_id: int | None,
    urgency: str,
    since: datetime,
    *,
    besides: Notification | None = None,
) -> Story:
    """What readers heard of an article's story since then, and what is still to be sent of it."""
    if article_id is None:
        return NO_STORY
    found = story_queries.of_same_story(session, article_id, since)
    others = [other for other in found if other is not besides]
    minor = [other for other in others if other.urgency != "breaking"]
    return Story(
        told=[other for other in others if other.send_at >= since],
        giving_way=minor if urgency == "breaking" else [],
    )


def verdicts_on(
    session: Session,
    readers: Readers,
    occasion: str,
    story: Story,
    now: datetime,
) -> dict[int, Verdict]:
    """The policy's word on each reader, daily limits and other alerts of the story included."""
    limited = [reader.id for reader in readers if reader.daily_limit is not None]
    had: Mapping[int, Mapping[str, int]] = {}
    if limited:
        had = audience_queries.alerts_by_day(session, limited, besides=story.giving_way_ids)
    alerted = _alerted(session, readers, story)
    verdicts = {}
    for reader in readers:
        verdict = decide(reader, occasion, now)
        if reader.daily_limit is not None:
            verdict = within_limit(verdict, reader, had.get(reader.id, {}), now)
        if reader.id in alerted and is_for(verdict):
            verdict = Verdict("same_story")
        verdicts[reader.id] = verdict
    return verdicts


def _alerted(session: Session, readers: Readers, story: Story) -> set[int]:
    """Who had an alert of the same story already, or is about to."""
    if not story.told or not readers:
        return set()
    ids = [notification.id for notification in story.told]
    batches = queries.batches_between(session, ids, readers[0].id, readers[-1].id)
    sent = {number for batch in batches for number in unpack(batch.sent)}
    waiting = (batch for batch in batches if _tells_soon(batch, story))
    return sent | {number for batch in waiting for number in unpack(batch.members)}


def _tells_soon(batch: Batch, story: Story) -> bool:
    gives_way = batch.is_held and batch.notification_id in story.giving_way_ids
    return batch.state == READY and not gives_way


def _choosy(
    session: Session,
    found: Audience,
    feed_ids: Sequence[int],
    after: int,
    source_id: int | None,
    urgency: str,
) -> Iterator[Readers]:
    """Those whose preferences decide, when all the others are counted in `found`."""
    counts = audience_queries.tally(session, feed_ids, after, source_id=source_id, urgency=urgency)
    is_any_choosy = counts.pop("choosy", 0)
    found.by_platform += Counter({name: counts.pop(name, 0) for name in PLATFORMS})
    found.excluded += Counter(counts)
    if is_any_choosy:
        yield from audience_queries.choosy_followers(
            session, feed_ids, after, source_id=source_id, urgency=urgency, at_once=SLICE_SIZE
        )


def _followers(
    session: Session, feed_ids: Sequence[int], after: int, source_id: int | None
) -> Iterator[Readers]:
    while readers := audience_queries.followers_after(
        session, feed_ids, after, SLICE_SIZE, source_id=source_id
    ):
        yield readers
        after = readers[-1].id
