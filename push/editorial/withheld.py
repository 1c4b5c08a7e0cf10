"""Finds the alerts for which readers were left out of one about the same event."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from push.audience.audience import story_of
from push.editorial.settings import push_settings
from push.store.models import Notification


def withheld(notification: Notification) -> int:
    """Count the readers who were left out because they had heard of the event already."""
    return notification.skipped.get("same_story", 0)


def withheld_by(session: Session, notification: Notification) -> Sequence[Notification]:
    """Return the alerts of the same event, if anybody was left out for them, oldest first."""
    if not withheld(notification):
        return ()
    story = story_of(session, notification, push_settings().story_window)
    found = {each.id: each for each in (*story.alerts, *story.superseded)}
    return [found[each] for each in sorted(found)]
