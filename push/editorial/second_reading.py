"""Second reading: compares an alert with what was read of it before, and sends it back."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from backend.core.db import db, transaction
from backend.core.problems import Conflict, Forbidden
from push.editorial import authorship
from push.editorial.auditing import record_alert, said
from push.editorial.difference import Change, changes_between
from push.editorial.lookup import audience_shown, notification_named
from push.store import queries
from push.store.models import Notification
from push.store.states import advance

_TEXT = ("title", "body", "variants")
_FACTS = (*_TEXT, "url", "image_url", "urgency", "level", "deliver_at", "insists", "presentation")


def content_of(session: Session, notification: Notification) -> dict[str, Any]:
    """Return what an approval is for, as it is kept to be compared with."""
    return {
        **{name: getattr(notification, name) for name in _FACTS},
        "audience": audience_shown(session, notification),
        "send_at": notification.send_at.isoformat(),
        "expires_at": notification.expires_at.isoformat(),
    }


def differences(public_id: str) -> list[Change]:
    """Return what changed since a second person read it, or was asked first.

    For a correction that nobody has read yet, what it changes of the text that stands.

    Raises:
        NotFound: no such notification.
    """
    session = db.session()
    notification = notification_named(session, public_id)
    if notification.last_read is not None:
        return changes_between(notification.last_read, content_of(session, notification))
    standing = _standing_before(session, notification)
    return changes_between(_text(standing), _text(notification)) if standing else []


def _standing_before(session: Session, notification: Notification) -> Notification | None:
    """Return what readers have on their phones before a correction; None when it is none."""
    original_id = notification.corrects_id
    if original_id is None:
        return None
    last = queries.newest_correction(session, original_id, before=notification.id)
    return last or session.get_one(Notification, original_id)


def send_back(public_id: str, *, author: str, note: str, now: datetime) -> Notification:
    """Ask the writers for a change before anybody approves it; an edit asks for approval again.

    Raises:
        NotFound: no such notification.
        Conflict: it awaits no approval, or cannot be edited.
        Forbidden: this person wrote a part of it.
    """
    with transaction() as session:
        notification = notification_named(session, public_id, to_change=True)
        if notification.state != "awaiting_approval":
            raise Conflict(f"This notification is {notification.state}; it awaits no approval.")
        if notification.repeats_id is not None:
            raise Conflict("A repeat says what was said; recall it, and correct the first one.")
        if not authorship.may_approve(notification, author):
            raise Forbidden("Who wrote a part of a notification edits it, or recalls it.")
        before = said(notification)
        advance(notification, "sent_back")
        notification.last_read = content_of(session, notification)
        notification.sent_back = {"by": author, "at": now.isoformat(), "note": note}
        record_alert(session, "sent_back", notification, before=before, now=now)
        return notification


def _text(notification: Notification) -> dict[str, Any]:
    return {name: getattr(notification, name) for name in _TEXT}
