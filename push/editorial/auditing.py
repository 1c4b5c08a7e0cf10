"""Writes what editors do about alerts into the audit log, in the transaction of the act."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from backend.audit.recording import record
from backend.http.auth import current_actor
from push.store.models import Notification

_SAID = (
    *("title", "body", "variants", "url", "urgency", "level", "dry_run", "segment", "deliver_at"),
    *(
        "send_at",
        "expires_at",
        "state",
        "needs_approval",
        "approved_by",
        "sent_back",
        "content_hash",
    ),
)


def said(notification: Notification) -> dict[str, Any]:
    """Return what an editor decides about an alert."""
    return {name: getattr(notification, name) for name in _SAID}


def record_alert(
    session: Session,
    act: str,
    notification: Notification,
    *,
    now: datetime,
    before: Mapping[str, Any] | None = None,
) -> None:
    """Write down that an alert was made, or what was changed of it."""
    subject = f"notification:{notification.public_id}"
    record(
        session,
        current_actor(),
        f"notification.{act}",
        subject,
        before=before,
        after=said(notification),
        now=now,
    )
