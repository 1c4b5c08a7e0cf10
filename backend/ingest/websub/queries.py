"""Queries for WebSub subscriptions: what is missing, over, due. Takes a session, never commits."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, true
from sqlalchemy.orm import Session

from backend.core.commits import soonest
from backend.ingest.websub.protocol import SPACING
from backend.tables.ingest import SourceFeed
from backend.tables.newsroom import Source
from backend.tables.websub import WebSubSubscription

# So many are made or ended in one transaction.
BATCH = 100


def names_hub(session: Session) -> bool:
    found = select(SourceFeed.source_id).where(SourceFeed.hub_url.is_not(None)).limit(1)
    return session.execute(found).first() is not None


def feeds_to_subscribe(session: Session, now: datetime) -> Sequence[int]:
    """Return ids of sources whose feed names a hub and has no subscription, nor just had one."""
    own = WebSubSubscription.source_id == SourceFeed.source_id
    is_recent = WebSubSubscription.created_at > now - SPACING
    found = select(SourceFeed.source_id).where(
        SourceFeed.hub_url.is_not(None),
        SourceFeed.paused_at.is_(None),
        ~exists().where(own, or_(WebSubSubscription.is_wanted, is_recent)),
    )
    return session.scalars(found.order_by(SourceFeed.source_id).limit(BATCH)).all()


def unwanted(session: Session, site: str | None) -> Sequence[int]:
    """Return ids of subscriptions that fit no feed any more (gone, paused, moved, with another
    hub), or were made when this site had another address.
    """
    fits = and_(
        SourceFeed.source_id == WebSubSubscription.source_id,
        SourceFeed.paused_at.is_(None),
        SourceFeed.feed_url == WebSubSubscription.feed_url,
        SourceFeed.hub_url == WebSubSubscription.hub_url,
        SourceFeed.topic_url == WebSubSubscription.topic_url,
    )
    found = select(WebSubSubscription.id).where(
        WebSubSubscription.is_wanted, or_(_is_elsewhere(site), ~exists().where(fits))
    )
    return session.scalars(found.order_by(WebSubSubscription.id).limit(BATCH)).all()


def _is_elsewhere(site: str | None) -> ColumnElement[bool]:
    return true() if site is None else WebSubSubscription.site != site


def lock_wanted(session: Session, ids: Collection[int]) -> Sequence[WebSubSubscription]:
    """Lock and return those of these subscriptions that nobody else has ended meanwhile."""
    found = select(WebSubSubscription).where(
        WebSubSubscription.id.in_(ids), WebSubSubscription.is_wanted
    )
    return session.scalars(found.order_by(WebSubSubscription.id).with_for_update()).all()


def has_due(session: Session, now: datetime) -> bool:
    return session.execute(_due(now)).first() is not None


def next_due_at(session: Session, now: datetime) -> datetime | None:
    return soonest(session, WebSubSubscription.due_at, now)


def lock_due(session: Session, now: datetime) -> WebSubSubscription | None:
    """Lock and return the subscription that is due longest and that nobody else has locked."""
    return session.scalars(_due(now).with_for_update(skip_locked=True)).first()


def _due(now: datetime) -> Select[WebSubSubscription]:
    return (
        select(WebSubSubscription)
        .where(WebSubSubscription.due_at <= now)
        .order_by(WebSubSubscription.due_at, WebSubSubscription.id)
        .limit(1)
    )


def lock_attempt(session: Session, id_: int, attempt: int) -> WebSubSubscription | None:
    """Lock and return the subscription; None when it was asked for again meanwhile."""
    return session.scalars(
        select(WebSubSubscription)
        .where(WebSubSubscription.id == id_, WebSubSubscription.attempt == attempt)
        .with_for_update()
    ).first()


def by_token(session: Session, token: str) -> WebSubSubscription | None:
    return session.scalars(
        select(WebSubSubscription).where(WebSubSubscription.token == token)
    ).first()


def lock_by_token(session: Session, token: str) -> WebSubSubscription | None:
    return session.scalars(
        select(WebSubSubscription).where(WebSubSubscription.token == token).with_for_update()
    ).first()


def wanted(
    session: Session, source_ids: Collection[int] | None = None
) -> Mapping[int, WebSubSubscription]:
    """Return subscriptions in force or under way by source; of all sources when none is named."""
    found = select(WebSubSubscription).where(WebSubSubscription.is_wanted)
    if source_ids is not None:
        found = found.where(WebSubSubscription.source_id.in_(source_ids))
    return {each.source_id: each for each in session.scalars(found)}


def feed_of(session: Session, source_id: int) -> SourceFeed | None:
    return session.scalars(select(SourceFeed).where(SourceFeed.source_id == source_id)).first()


def slug_of(session: Session, source_id: int) -> str:
    return session.scalars(select(Source.slug).where(Source.id == source_id)).one()
