"""Tells other systems that an alert waits for its second person, in the transaction of the act."""

from datetime import datetime

from sqlalchemy.orm import Session

from backend.http.context import current_context
from backend.http.hooks import Event
from push.store.models import Notification

REQUESTED = "notification.approval_requested"


def ask_second(session: Session, notification: Notification, *, now: datetime) -> None:
    """Tell the hooks when an alert has begun to wait for approval; do nothing for others."""
    if notification.state != "awaiting_approval":
        return
    context, public_id = current_context(), notification.public_id
    data = {
        "id": public_id,
        "title": notification.title,
        "urgency": notification.urgency,
        "by": notification.created_by,
        "url": f"{context.settings.public_url}/console/alerts/{public_id}",
    }
    subject = f"notification:{public_id}"
    context.hooks.tell(session, Event(name=REQUESTED, subject=subject, data=data, now=now))
