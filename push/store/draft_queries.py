"""Queries for drafts of alerts and templates."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from push.store.models import AlertDraft


def draft_by_public_id(
    session: Session, public_id: str, *, to_change: bool = False
) -> AlertDraft | None:
    """Look up a draft or template, also one put away; lock it when it is to change."""
    wanted = select(AlertDraft).where(AlertDraft.public_id == public_id)
    return session.scalars(wanted.with_for_update() if to_change else wanted).first()


def drafts_before(
    session: Session, kind: str, before: int | None, limit: int
) -> Sequence[AlertDraft]:
    """Return the next drafts below an id, without those that were put away."""
    wanted = select(AlertDraft).where(AlertDraft.kind == kind, AlertDraft.put_away_at.is_(None))
    if before is not None:
        wanted = wanted.where(AlertDraft.id < before)
    return session.scalars(wanted.order_by(AlertDraft.id.desc()).limit(limit)).all()


def draft_sent_as(session: Session, notification_id: str) -> AlertDraft | None:
    """Return the draft behind an alert, as long as it is kept."""
    sent = AlertDraft.put_away_at.is_not(None), AlertDraft.sent_as == notification_id
    return session.scalars(select(AlertDraft).where(*sent)).first()


def forget_put_away(session: Session, since: datetime) -> None:
    """Delete what was put away before then."""
    session.execute(delete(AlertDraft).where(AlertDraft.put_away_at < since))
