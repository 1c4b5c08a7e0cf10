"""Erases an installation with everything that any room keeps about it."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from backend.audience import follow_counts, queries
from backend.audience.service import locked
from backend.core.db import empty_write_ahead_log, retried, transaction
from backend.http.hooks import Hooks
from backend.tables.audience import Installation, MutedSource, ReadLanguage, Unfollowed


def erase(hooks: Hooks, installation_id: int, *, now: datetime) -> None:
    """Erase an installation, also from SQLite's write-ahead log."""
    _erase(hooks, installation_id, now)
    empty_write_ahead_log()


@retried
def _erase(hooks: Hooks, installation_id: int, now: datetime) -> None:
    with transaction() as session:
        erase_in(session, hooks, installation_id, now=now)


def erase_in(session: Session, hooks: Hooks, installation_id: int, *, now: datetime) -> None:
    """`erase` inside a transaction that the caller owns."""
    locked(session, installation_id)
    hooks.forgotten(session, installation_id)
    followed = queries.followed_ids(session, installation_id)
    follow_counts.unfollow(session, installation_id, followed, now)
    for kept in (Unfollowed, MutedSource, ReadLanguage):
        session.execute(delete(kept).where(kept.installation_id == installation_id))
    session.execute(delete(Installation).where(Installation.id == installation_id))
