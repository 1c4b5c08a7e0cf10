"""Retention of what nobody uses: installations that are silent or empty, and old nonces."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from backend.audience import queries
from backend.audience.leaving import erase_in
from backend.core.db import db, release, retried, transaction
from backend.core.metrics import count_forgotten
from backend.core.sweep import slices
from backend.http.hooks import Hooks
from backend.tables import retention as progress
from backend.tables.audience import AddressProof, Installation

UNUSED_KEPT = timedelta(days=30)
PROOFS_KEPT = timedelta(days=2)
# Of a large audience a part is looked through each hour, and all of it in a day.
KIND = "installation"
LOOKED_THROUGH, FEWEST_IDS, ERASED_AT_ONCE = 24, 20_000, 5


def forget_unused(hooks: Hooks, *, now: datetime) -> Iterator[None]:
    """Erase installations that never had an address nor followed anything, after 30 days.

    One that an app inherited is erased likewise, though it was sent alerts before. Nonces that
    nobody waits for any more are deleted, too.
    """
    unused = _is_unused(now - UNUSED_KEPT)
    while ids := _first_ids(*unused):
        _erase(hooks, ids, unused, now)
        yield
    unsent = AddressProof.sent_at.is_(None) | (AddressProof.sent_at < now - PROOFS_KEPT)
    doomed = [unsent, ~queries.is_claimed()]
    yield from slices(AddressProof.address_hash, doomed=doomed)


def forget_silent(hooks: Hooks, kept: timedelta, *, now: datetime) -> Iterator[None]:
    """Erase installations not seen for so long, as their app could; its next call is answered 401.

    They are found by walking the ids, without a lock: no index has all of them by `seen_at`.
    """
    if not kept:
        return
    after, last, is_end = _next_part()
    silent = _is_silent(now - kept)
    while ids := _first_ids(Installation.id > after, Installation.id <= last, *silent):
        _erase(hooks, ids, silent, now)
        after = ids[-1]
        yield
    _looked_through(0 if is_end else last)


def count_silent(kept: timedelta, session: Session, now: datetime) -> int:
    if not kept:
        return 0
    silent = select(func.count()).select_from(Installation).where(*_is_silent(now - kept))
    return session.scalar(silent) or 0


def _is_silent(before: datetime) -> tuple[ColumnElement[bool], ...]:
    return Installation.seen_at < before, Installation.is_test.is_(False)


def _is_unused(before: datetime) -> tuple[ColumnElement[bool], ...]:
    is_old = Installation.seen_at < before
    return Installation.was_used.is_(False), is_old, *queries.is_empty()


def _next_part() -> tuple[int, int, bool]:
    """Return the part to walk: after this id, up to this one, and whether it is the last part."""
    session = db.session()
    after, highest = progress.upto(session, KIND), session.scalar(func.max(Installation.id)) or 0
    release()
    last = after + max(FEWEST_IDS, highest // LOOKED_THROUGH + 1)
    return after, last, last >= highest


def _first_ids(*wanted: ColumnElement[bool]) -> list[int]:
    found = select(Installation.id).where(*wanted).order_by(Installation.id)
    ids = list(db.session.scalars(found.limit(ERASED_AT_ONCE)))
    release()
    return ids


@retried
def _erase(
    hooks: Hooks, ids: list[int], wanted: tuple[ColumnElement[bool], ...], now: datetime
) -> None:
    """Erase those that still are what is `wanted`; one that was seen meanwhile stays."""
    with transaction() as session:
        still = select(Installation.id).where(Installation.id.in_(ids), *wanted)
        found = session.scalars(still.order_by(Installation.id)).all()
        for each in found:
            erase_in(session, hooks, each, now=now)
    count_forgotten(KIND, len(found))


@retried
def _looked_through(upto: int) -> None:
    with transaction() as session:
        progress.go_on(session, KIND, upto)
