"""Content of a notification and its hash: what a second person approves."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta

import orjson
from sqlalchemy.orm import Session

from push.store import queries
from push.store.models import Notification, NotificationTopic

BREAKING_LIVES = timedelta(hours=1)
NORMAL_LIVES = timedelta(hours=12)
_SAID = (
    "title",
    "body",
    "variants",
    "url",
    "image_url",
    "urgency",
    "level",
    "segment",
    "deliver_at",
    "dry_run",
    "insists",
)


def hash_of(session: Session, notification: Notification) -> str:
    """Hash text, audience and options: an approval is for one hash."""
    content = {name: getattr(notification, name) for name in _SAID}
    if notification.presentation:  # older ones have none, and what was read of them still holds
        content["presentation"] = notification.presentation
    times = {"send_at": notification.send_at, "expires_at": notification.expires_at}
    topics = sorted(queries.roles_of(session, notification.id).items())
    dumped = orjson.dumps([content, times, topics], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(dumped).hexdigest()


def replace_topics(session: Session, notification: Notification, roles: Mapping[int, str]) -> None:
    """Replace the topics by these, with their roles: `any`, `all` or `none`."""
    queries.drop_topics(session, notification.id)
    for feed_id, role in sorted(roles.items()):
        row = {"notification_id": notification.id, "feed_id": feed_id, "role": role}
        session.add(NotificationTopic(**row))
    session.flush()
