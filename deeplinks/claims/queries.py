"""Queries of redeemed tokens and of the campaigns that installations came from."""

from datetime import datetime

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from backend.core.db import table_of
from backend.tables.audience import Installation
from deeplinks.store.models import LinkOrigin, SpentLink

_origins = table_of(LinkOrigin)
_FORGET_ORIGINS = delete(_origins).where(_origins.c.until <= bindparam("now"))


def spent(session: Session, token_hash: str) -> SpentLink | None:
    return session.get(SpentLink, token_hash, populate_existing=True)


def forget_spent(session: Session, now: datetime) -> None:
    """Delete expired tokens, which are refused anyway."""
    session.execute(delete(SpentLink).where(SpentLink.expires_at <= now))


def forget_spent_beyond(session: Session, most: int) -> None:
    """Delete the oldest tokens, so that no more than `most` are kept."""
    oldest = (
        select(SpentLink.token_hash)
        .order_by(SpentLink.expires_at.desc(), SpentLink.token_hash)
        .offset(most)
    )
    session.execute(delete(SpentLink).where(SpentLink.token_hash.in_(oldest)))


def forget_origins(session: Session, now: datetime) -> None:
    session.connection().execute(_FORGET_ORIGINS, {"now": now})


def origin(session: Session, public_id: str, now: datetime) -> str | None:
    """Return the campaign that an installation is attributed to."""
    return session.scalars(
        select(LinkOrigin.campaign)
        .join(Installation, Installation.id == LinkOrigin.installation_id)
        .where(Installation.public_id == public_id, LinkOrigin.until > now)
    ).first()


def installation_id(session: Session, public_id: str) -> int | None:
    return session.scalars(
        select(Installation.id).where(Installation.public_id == public_id)
    ).first()
