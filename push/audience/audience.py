"""The audience of an alert: who is sent it, and who is excluded for which reason."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from push.audience import queries as audience_queries
from push.audience import story_queries
from push.audience.candidate import Candidate
from push.audience.criteria import Criteria, LocalTime, Topics
from push.audience.policy import (
    FAULT,
    SEND,
    Decision,
    decide,
    is_for,
    reason_not_to,
    within_limit,
)
from push.audience.sample import Sample
from push.audience.segment import segment_of
from push.store import faults, queries
from push.store.id_list import unpack
from push.store.models import Batch, Notification
from push.store.states import READY

SLICE_SIZE = 5_000

Recipients = Sequence[Candidate]


@dataclass(slots=True)
class Audience:
    """Counts of who would be sent an alert, by platform, and of who would not, by reason.

    A reader who is sent it at a local hour counts as sent, one whose quiet hours hold it does not.
    The numbers of an estimate are rounded, each by itself: what is not found in it may exist.
    """

    by_platform: Counter[str] = field(default_factory=Counter)
    excluded: Counter[str] = field(default_factory=Counter)
    estimated_size: int | None = None

    @property
    def is_estimate(self) -> bool:
        return self.estimated_size is not None

    @property
    def size(self) -> int:
        return self.by_platform.total() if self.estimated_size is None else self.estimated_size


@dataclass(frozen=True, slots=True)
class Story:
    """The other alerts of a story, for deduplication: who had one, or is about to, has no second.

    Where one is `superseded`, its members held until a morning are sent breaking news instead.
    """

    alerts: Sequence[Notification] = ()
    superseded: Sequence[Notification] = ()

    @property
    def superseded_ids(self) -> list[int]:
        return [notification.id for notification in self.superseded]


NO_STORY = Story()


def audience_of(
    session: Session,
    criteria: Criteria,
    *,
    now: datetime,
    after: int = 0,
    story: Story = NO_STORY,
    sample: Sample | None = None,
) -> Audience:
    """Count the audience of a notification, or of it those in a sample, each installation once.

    Those are left out who had an alert of its story. When nobody was, most followers are counted by
    the database, and only those whose preferences decide are decided on one by one.
    """
    found = Audience()
    if story.alerts:
        slices = _followers(session, criteria, after, sample)
    else:
        slices = _with_preferences(session, found, criteria, after, sample)
    for recipients in slices:
        decisions = decisions_for_story(session, recipients, criteria, story, now)
        for recipient in recipients:
            reason = decisions[recipient.id].reason
            if reason in {None, "local_time"}:
                found.by_platform[recipient.platform] += 1
            else:
                found.excluded[str(reason)] += 1
    return found


def criteria_of(session: Session, notification: Notification) -> Criteria:
    """Return a notification's criteria; corrections and dry runs go to their own audiences."""
    if notification.corrects_id is not None or notification.dry_run:
        return Criteria(kind=notification.message_kind, level=notification.level)
    topics = audience_queries.topics_of(session, notification.id)
    return criteria_with(session, notification, topics)


def criteria_with(session: Session, notification: Notification, topics: Topics) -> Criteria:
    """Return the criteria of an alert to these topics, also of one that is not stored."""
    return Criteria(
        kind=notification.urgency,
        level=notification.level,
        topics=topics,
        segment=segment_of(notification.segment),
        source_id=notification.source_id,
        languages=story_queries.languages_of(session, notification.article_id),
        local_time=local_time_of(notification.deliver_at, notification.send_at, notification.lives),
    )


def local_time_of(at: str | None, since: datetime, lives: timedelta) -> LocalTime | None:
    return None if at is None else LocalTime(time.fromisoformat(at), since, lives)


def remaining_audience(
    session: Session, notification: Notification, window: timedelta, now: datetime
) -> Audience:
    """Count the part of the audience that fan-out has not reached yet."""
    if notification.dry_run:
        recipients = audience_queries.dry_run_recipients(session, notification.phones)
        decisions = decisions_on(recipients, audience_queries.DRY_RUN, now)
        sent_to = (r.platform for r in recipients if decisions[r.id] is SEND)
        return Audience(Counter(sent_to))
    return audience_of(
        session,
        criteria_of(session, notification),
        now=now,
        after=notification.sliced_to,
        story=story_of(session, notification, window),
    )


def story_of(session: Session, notification: Notification, window: timedelta) -> Story:
    """Return the other alerts of its story; none when its editor insists."""
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
    """Return the alerts that the article repeats since then, and those still to be sent."""
    if article_id is None:
        return NO_STORY
    # Who sends nothing does without the names in texts.
    from push.audience.repeats import repeated  # noqa: PLC0415

    found = story_queries.of_same_story(session, article_id, since)
    others = repeated(session, article_id, [other for other in found if other is not besides])
    minor = [other for other in others if other.urgency != "breaking"]
    return Story(
        alerts=[other for other in others if other.send_at >= since],
        superseded=minor if urgency == "breaking" else [],
    )


def decisions_for_story(
    session: Session,
    recipients: Recipients,
    criteria: Criteria,
    story: Story,
    now: datetime,
) -> dict[int, Decision]:
    """Decide on each recipient, daily limits and other alerts of the story included."""
    limited = [recipient.id for recipient in recipients if recipient.daily_limit is not None]
    had: Mapping[int, Mapping[str, int]] = {}
    if limited:
        had = audience_queries.alerts_by_day(session, limited, besides=story.superseded_ids)
    alerted = _alerted(session, recipients, story)

    def decide_one(recipient: Candidate) -> Decision:
        decision = decide(recipient, criteria, now)
        if recipient.daily_limit is not None:
            decision = within_limit(decision, recipient, had.get(recipient.id, {}), now)
        if recipient.id in alerted and is_for(decision):
            return Decision("same_story")
        return decision

    return _each(recipients, decide_one)


def decisions_on(recipients: Recipients, criteria: Criteria, now: datetime) -> dict[int, Decision]:
    """Decide on each recipient, daily limits and stories left aside."""
    return _each(recipients, lambda recipient: decide(recipient, criteria, now))


def _each(
    recipients: Recipients, decide_one: Callable[[Candidate], Decision]
) -> dict[int, Decision]:
    """Decide on each; a recipient whose row makes the policy raise is skipped (reason `fault`)."""
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
    """Return who had an alert of the same story already, or is about to (deduplication)."""
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
    session: Session, found: Audience, criteria: Criteria, after: int, sample: Sample | None
) -> Iterator[Recipients]:
    """Yield followers whose preferences decide; count all the others in `found`."""
    is_any_left = False
    for group in audience_queries.tally(session, criteria, after, sample):
        reason = reason_not_to(group, criteria)
        if reason is not None:
            found.excluded[reason] += group.size
        elif group.has_preferences:
            is_any_left = True
        else:
            found.by_platform[group.platform] += group.size
    if not is_any_left:
        return
    for rows in audience_queries.followers_with_preferences(
        session, criteria, after, sample, at_once=SLICE_SIZE
    ):
        yield [row for row in rows if reason_not_to(row, criteria) is None]


def _followers(
    session: Session, criteria: Criteria, after: int, sample: Sample | None
) -> Iterator[Recipients]:
    if sample is not None:
        yield audience_queries.followers_in(session, criteria, sample)
        return
    while recipients := audience_queries.followers_after(session, criteria, after, SLICE_SIZE):
        yield recipients
        after = recipients[-1].id
