"""Queries of suspects: addresses that were called dead among too many others."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from backend.tables.audience import Installation
from push.store.models import Suspect


def last_seen(session: Session, ids: Sequence[int]) -> dict[int, datetime]:
    """Return when each installation last spoke of itself."""
    found = select(Installation.id, Installation.seen_at).where(Installation.id.in_(ids))
    return {row.id: row.seen_at for row in session.execute(found.order_by(Installation.id))}


def suspects_among(session: Session, ids: Sequence[int]) -> Sequence[Suspect]:
    return session.scalars(
        select(Suspect)
        .where(Suspect.installation_id.in_(ids))
        .order_by(Suspect.installation_id)
        .with_for_update()
    ).all()


def is_any_suspected(session: Session) -> bool:
    return session.scalar(select(Suspect.installation_id).limit(1)) is not None


def suspects(session: Session, days: int) -> Sequence[Row[str, int, str, str]]:
    return session.execute(
        select(Installation.public_id, Suspect.days, Suspect.day, Suspect.reason)
        .join(Installation, Installation.id == Suspect.installation_id)
        .where(Suspect.days >= days)
        .order_by(Suspect.days.desc(), Suspect.installation_id)
    ).all()
