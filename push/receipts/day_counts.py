"""Daily counts of alerts, for the newsroom's numbers: each counts on the day it was sent."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from backend.core.tally import Tally
from backend.numbers.due import DAY, start_of
from backend.numbers.kinds import ALERTS, ARTICLES, TOPICS
from backend.tables.newsroom import Article
from push.store.models import BeaconCount, Notification, NotificationTopic


class Told(NamedTuple):
    """A count for one alert on one platform."""

    platform: str
    measure: str
    number: int


def alerts(session: Session, day: date) -> Iterator[Tally]:
    """Yield tallies of alerts that somebody was sent; a repeat adds numbers and is no new alert."""
    sent = _sent(day)
    topics, receipts = _topics(session, sent), _receipts(session, sent)
    rows = select(Notification, Article.public_id).outerjoin(
        Article, Article.id == Notification.article_id
    )
    for alert, article in session.execute(rows.where(Notification.id.in_(sent))):
        numbers = [*_accepted(alert), *receipts[alert.id]]
        for kind, subject in [(ALERTS, ""), *((TOPICS, topic) for topic in topics[alert.id])]:
            if alert.repeats_id is None:
                yield Tally(
                    kind=kind,
                    subject=subject,
                    hour=alert.send_at.hour,
                    measure="alerts",
                    count=1,
                    of_readers=False,
                )
            for told in numbers:
                yield _tally(kind, subject, alert.send_at.hour, told)
        for told in numbers:
            if article is not None and told.measure == "opened":
                yield _tally(ARTICLES, article, 0, told)


def _tally(kind: str, subject: str, hour: int, told: Told) -> Tally:
    return Tally(
        kind=kind,
        subject=subject,
        hour=hour,
        platform=told.platform,
        measure=told.measure,
        count=told.number,
    )


def _sent(day: date) -> Select[int]:
    """Select the alerts of a day, no corrections: they replace what is on the phones already."""
    return select(Notification.id).where(
        Notification.send_at >= start_of(day),
        Notification.send_at < start_of(day) + DAY,
        Notification.accepted > 0,
        Notification.dry_run.is_(False),
        Notification.corrects_id.is_(None),
    )


def _accepted(alert: Notification) -> Iterator[Told]:
    for platform, counts in alert.by_platform.items():
        yield Told(platform, "accepted", counts.get("accepted", 0))


def _receipts(session: Session, sent: Select[int]) -> Mapping[int, list[Told]]:
    row = BeaconCount
    key = row.notification_id, row.platform, row.type
    summed = select(*key, func.sum(row.count)).where(row.notification_id.in_(sent)).group_by(*key)
    found: dict[int, list[Told]] = defaultdict(list)
    for number, platform, kind, count in session.execute(summed):
        found[number].append(Told(platform, kind, int(count)))
    return found


def _topics(session: Session, sent: Select[int]) -> Mapping[int, list[str]]:
    """Return the feeds whose followers were meant, by alert."""
    row = NotificationTopic
    named = select(row.notification_id, row.feed_id).where(row.role != "none")
    found: dict[int, list[str]] = defaultdict(list)
    for number, feed_id in session.execute(named.where(row.notification_id.in_(sent))):
        found[number].append(str(feed_id))
    return found
