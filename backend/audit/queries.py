"""Queries of the audit log."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, select, union_all
from sqlalchemy.orm import Session

from backend.tables.audit import AuditEntry

CHUNK = 500
# Ids grow with time, except that acts of one moment may pass each other by fewer than this: a time
# also bounds the ids, so that a narrow filter of a long log reads little of it.
OUT_OF_ORDER = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditWish:
    """Filters of the audit log; an empty one is off. `act` is one, or a family such as `tag`."""

    actor: str = ""
    act: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


def entries_before(
    session: Session, wish: AuditWish, before: int | None, limit: int
) -> Sequence[AuditEntry]:
    """Return the next entries below the id `before`, the latest first; without it, the latest."""
    is_family = wish.act and "." not in wish.act
    newest = (_of_family if is_family else _latest_ids)(session, wish, before, limit)
    if newest is None:
        return ()
    asked = select(AuditEntry).where(AuditEntry.id.in_(newest)).order_by(AuditEntry.id.desc())
    return session.scalars(asked).all()


def every_entry(session: Session, wish: AuditWish) -> Iterator[AuditEntry]:
    """Yield all entries that match, the first act first, a chunk at a time."""
    after = 0
    while True:
        asked = select(AuditEntry).where(*_filters(wish), AuditEntry.id > after)
        rows = session.scalars(asked.order_by(AuditEntry.id).limit(CHUNK)).all()
        yield from rows
        if len(rows) < CHUNK:
            return
        after = rows[-1].id
        session.expunge_all()


def _latest_ids(_session: Session, wish: AuditWish, before: int | None, limit: int) -> Select[int]:
    below = () if before is None else (AuditEntry.id < before,)
    asked = select(AuditEntry.id).where(*_filters(wish), *below)
    return asked.order_by(AuditEntry.id.desc()).limit(limit)


def _of_family(
    session: Session, wish: AuditWish, before: int | None, limit: int
) -> Select[int] | None:
    """Select the latest ids among the latest of each act: no index has a family in the order of
    ids. None when the family has no act.
    """
    each = [
        _latest_ids(session, replace(wish, act=act), before, limit).subquery()
        for act in _acts_of(session, wish.act)
    ]
    if not each:
        return None
    ids = union_all(*(select(part.c.id) for part in each)).subquery()
    return select(ids.c.id).order_by(ids.c.id.desc()).limit(limit)


def _filters(wish: AuditWish) -> Iterator[ColumnElement[bool]]:
    if wish.actor:
        yield AuditEntry.actor_name == wish.actor
    if "." in wish.act:
        yield AuditEntry.act == wish.act
    elif wish.act:
        yield _is_of_family(wish.act)
    if wish.subject:
        yield AuditEntry.subject == wish.subject
    if wish.since is not None:
        later = AuditEntry.at >= wish.since
        first = select(AuditEntry.id).where(later).order_by(AuditEntry.at).limit(1)
        yield and_(later, AuditEntry.id >= first.scalar_subquery() - OUT_OF_ORDER)
    if wish.until is not None:
        earlier = AuditEntry.at < wish.until
        last = select(AuditEntry.id).where(earlier).order_by(AuditEntry.at.desc()).limit(1)
        yield and_(earlier, AuditEntry.id <= last.scalar_subquery() + OUT_OF_ORDER)


def _is_of_family(family: str) -> ColumnElement[bool]:
    return and_(AuditEntry.act > f"{family}.", AuditEntry.act < f"{family}/")


def _acts_of(session: Session, family: str) -> Iterator[str]:
    """Yield the acts of a family that there are, each found by one step in the index."""
    least = select(func.min(AuditEntry.act)).where(_is_of_family(family))
    act: str | None = session.scalar(least)
    while act is not None:
        yield act
        act = session.scalar(least.where(AuditEntry.act > act))
