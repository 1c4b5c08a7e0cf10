"""Queries of the audit log."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from backend.tables.audit import AuditEntry

CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditWish:
    """Which entries; what is empty does not filter. `act` is one, or a family such as `tag`."""

    actor: str = ""
    act: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


def entries_before(
    session: Session, wish: AuditWish, before: int | None, limit: int
) -> Sequence[AuditEntry]:
    """The next entries below an id, the latest first."""
    asked = select(AuditEntry).where(*_filters(wish)).order_by(AuditEntry.id.desc()).limit(limit)
    if before is not None:
        asked = asked.where(AuditEntry.id < before)
    return session.scalars(asked).all()


def every_entry(session: Session, wish: AuditWish) -> Iterator[AuditEntry]:
    """All of them, the first act first, a chunk at a time."""
    after = 0
    while True:
        asked = select(AuditEntry).where(*_filters(wish), AuditEntry.id > after)
        rows = session.scalars(asked.order_by(AuditEntry.id).limit(CHUNK)).all()
        yield from rows
        if len(rows) < CHUNK:
            return
        after = rows[-1].id
        session.expunge_all()


def _filters(wish: AuditWish) -> Iterator[ColumnElement[bool]]:
    if wish.actor:
        yield AuditEntry.actor_name == wish.actor
    if "." in wish.act:
        yield AuditEntry.act == wish.act
    elif wish.act:
        yield AuditEntry.act.startswith(f"{wish.act}.", autoescape=True)
    if wish.subject:
        yield AuditEntry.subject == wish.subject
    if wish.since is not None:
        yield AuditEntry.at >= wish.since
    if wish.until is not None:
        yield AuditEntry.at < wish.until
