"""Content of a notification and its hash: what a second person approves."""

import hashlib
from collections.abc import Iterable
from datetime import timedelta

import orjson
from sqlalchemy.orm import Session

from push.store import queries
from push.store.models import Notification, NotificationTopic

BREAKING_LIVES = timedelta(hours=1)
NORMAL_LIVES = timedelta(hours=12)
_SAID = ("title", "body", "variants", "url", "image_url", "urgency", "dry_run", "insists")


def hash_of(session: Session, notification: Notification) -> str:
    """Hash text, topics and options: an approval is for one hash."""
    content = {name: getattr(notification, name) for name in _SAID}
    if notification.presentation:  # older ones have none, and what was read of them still holds
        content["presentation"] = notification.presentation
    times = {"send_at": notification.send_at, "expires_at": notification.expires_at}
    topics = queries.topics_of(session, notification.id)
    dumped = orjson.dumps([content, times, topics], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(dumped).hexdigest()


def replace_topics(session: Session, notification: Notification, feed_ids: Iterable[int]) -> None:
    queries.drop_topics(session, notification.id)
    for feed_id in sorted(set(feed_ids)):
        session.add(NotificationTopic(notification_id=notification.id, feed_id=feed_id))
    session.flush()
