"""The audience of an alert: who is sent it, and who is excluded for which reason."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from push.audience import queries as audience_queries
from push.audience import story_queries
from push.audience.policy import FAULT, SEND, Decision, decide, is_for, within_limit
from push.store import faults, queries
from push.store.id_list import unpack
from push.store.models import Batch, Notification
from push.store.states import READY
from schemas.audience import PLATFORMS

SLICE_SIZE = 5_000

Recipients = Sequence[Row[Any]]


@dataclass(slots=True)
class Audience:
    """Counts of who would be sent it now by platform, and of who would not by reason."""

    by_platform: Counter[str] = field(default_factory=Counter)
    excluded: Counter[str] = field(default_factory=Counter)

    @property
    def size(self) -> int:
        return self.by_platform.total()


@dataclass(frozen=True, slots=True)
class Story:
    """Other alerts of a story, for deduplication: who had one, or is about to, has no second.

    But where one is `superseded`, what is held of it until a morning keeps nobody from breaking
    news: that is sent instead of it.
    """

    alerts: Sequence[Notification] = ()
    superseded: Sequence[Notification] = ()

    @property
    def superseded_ids(self) -> list[int]:
        return [notification.id for notification in self.superseded]


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
    """Count the audience of a notification to these topics exactly, each installation once.

    Those are left out who had an alert of its story. When nobody was, most followers are counted by
    the database, and only those whose preferences decide are decided on one by one.
    """
    found = Audience()
    if story.alerts:
        slices = _followers(session, feed_ids, after, source_id)
    else:
        slices = _with_preferences(session, found, feed_ids, after, source_id, urgency)
    for recipients in slices:
        decisions = decisions_for_story(session, recipients, urgency, story, now)
        for recipient in recipients:
            reason = decisions[recipient.id].reason
            if reason is None:
                found.by_platform[recipient.platform] += 1
            else:
                found.excluded[reason] += 1
    return found


def remaining_audience(
    session: Session, notification: Notification, window: timedelta, now: datetime
) -> Audience:
    """Count the part of the audience that fan-out has not reached yet."""
    if notification.dry_run:
        recipients = audience_queries.dry_run_recipients(session)
        decisions = decisions_on(recipients, "dry_run", now)
        sent_to = (r.platform for r in recipients if decisions[r.id] is SEND)
        return Audience(Counter(sent_to))
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
    """The other alerts of its story, none when its editor insists."""
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
    """The alerts of an article's story since then, and those that are still to be sent."""
    if article_id is None:
        return NO_STORY
    found = story_queries.of_same_story(session, article_id, since)
    others = [other for other in found if other is not besides]
    minor = [other for other in others if other.urgency != "breaking"]
    return Story(
        alerts=[other for other in others if other.send_at >= since],
        superseded=minor if urgency == "breaking" else [],
    )


def decisions_for_story(
    session: Session,
    recipients: Recipients,
    message_kind: str,
    story: Story,
    now: datetime,
) -> dict[int, Decision]:
    """Decide on each recipient, daily limits and other alerts of the story included."""
    limited = [recipient.id for recipient in recipients if recipient.daily_limit is not None]
    had: Mapping[int, Mapping[str, int]] = {}
    if limited:
        had = audience_queries.alerts_by_day(session, limited, besides=story.superseded_ids)
    alerted = _alerted(session, recipients, story)

    def decide_one(recipient: Row[Any]) -> Decision:
        decision = decide(recipient, message_kind, now)
        if recipient.daily_limit is not None:
            decision = within_limit(decision, recipient, had.get(recipient.id, {}), now)
        if recipient.id in alerted and is_for(decision):
            return Decision("same_story")
        return decision

    return _each(recipients, decide_one)


def decisions_on(recipients: Recipients, message_kind: str, now: datetime) -> dict[int, Decision]:
    """Decide on each recipient, daily limits and stories left aside."""
    return _each(recipients, lambda recipient: decide(recipient, message_kind, now))


def _each(
    recipients: Recipients, decide_one: Callable[[Row[Any]], Decision]
) -> dict[int, Decision]:
    """Decide on each; one whose row makes the policy raise is skipped (reason `fault`)."""
    decisions: dict[int, Decision] = {}
    is_reported = False
    for recipient in recipients:
        try:
            decisions[recipient.id] = decide_one(recipient)
        except Exception as error:  # noqa: BLE001 - one row of many
            decisions[recipient.id] = FAULT
            if not is_reported:
                faults.report("decide", error, recipient.id)
            is_reported = True
    return decisions


def _alerted(session: Session, recipients: Recipients, story: Story) -> set[int]:
    """Who had an alert of the same story already, or is about to (deduplication)."""
    if not story.alerts or not recipients:
        return set()
    ids = [notification.id for notification in story.alerts]
    batches = queries.batches_between(session, ids, recipients[0].id, recipients[-1].id)
    sent = {number for batch in batches for number in unpack(batch.sent)}
    waiting = (batch for batch in batches if _is_pending(batch, story))
    return sent | {number for batch in waiting for number in unpack(batch.members)}


def _is_pending(batch: Batch, story: Story) -> bool:
    is_superseded = batch.is_held and batch.notification_id in story.superseded_ids
    return batch.state == READY and not is_superseded


def _with_preferences(
    session: Session,
    found: Audience,
    feed_ids: Sequence[int],
    after: int,
    source_id: int | None,
    urgency: str,
) -> Iterator[Recipients]:
    """Followers whose preferences decide; all the others are counted in `found`."""
    counts = audience_queries.tally(session, feed_ids, after, source_id=source_id, urgency=urgency)
    is_any_left = counts.pop("has_preferences", 0)
    found.by_platform += Counter({name: counts.pop(name, 0) for name in PLATFORMS})
    found.excluded += Counter(counts)
    if is_any_left:
        yield from audience_queries.followers_with_preferences(
            session, feed_ids, after, source_id=source_id, urgency=urgency, at_once=SLICE_SIZE
        )


def _followers(
    session: Session, feed_ids: Sequence[int], after: int, source_id: int | None
) -> Iterator[Recipients]:
    while recipients := audience_queries.followers_after(
        session, feed_ids, after, SLICE_SIZE, source_id=source_id
    ):
        yield recipients
        after = recipients[-1].id
