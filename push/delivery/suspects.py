"""Suspects: addresses called dead with so many others that it may be an outage; time tells.

An outage does not come back on several days and spare the same others each time: whoever was
unregistered in alerts of three different days, of which others were accepted, is gone.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.audience import ownership
from backend.core.db import retried, transaction
from backend.tables.audience import Installation
from push.delivery.claimed import Result
from push.store import queries, suspect_queries
from push.store.models import Suspect

ENOUGH_DAYS = 3
AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Listed:
    """A suspect as operators see it, without its address."""

    installation_id: str
    days: int
    day: str
    reason: str


def note(session: Session, results: Sequence[Result], at: datetime) -> list[Result]:
    """Remember who was unregistered; return the results of those with enough days by now."""
    gone = {r.message.installation_id: r for r in results if r.outcome.kind == "gone"}
    seen = suspect_queries.last_seen(session, sorted(gone))
    known = {
        row.installation_id: row for row in suspect_queries.suspects_among(session, sorted(gone))
    }
    proven: list[Result] = []
    for number in seen:
        suspect = known.get(number)
        if suspect is None or suspect.since < seen[number]:  # the app came back since
            suspect = _begun(session, suspect, number, at)
        _count(suspect, gone[number].outcome.reason, at)
        if suspect.days >= ENOUGH_DAYS:
            proven.append(gone[number])
    return proven


def clear(session: Session, installation_ids: Collection[int]) -> None:
    """Forget what was suspected of these: they took a message, or were retired."""
    if installation_ids and suspect_queries.is_any_suspected(session):
        session.execute(delete(Suspect).where(Suspect.installation_id.in_(installation_ids)))


def listed(session: Session, *, days: int) -> list[Listed]:
    """Return the suspects of at least so many days, those of most days first."""
    return [Listed(*row) for row in suspect_queries.suspects(session, days)]


@retried
def retire(*, days: int, now: datetime) -> int:
    """Retire some that were unregistered on so many days; return how many were looked at."""
    with transaction() as session:
        found = session.scalars(
            select(Suspect).where(Suspect.days >= days).limit(AT_ONCE).with_for_update()
        ).all()
        for suspect in found:
            _retire_one(session, suspect, now)
            session.delete(suspect)
        return len(found)


def _begun(session: Session, suspect: Suspect | None, number: int, at: datetime) -> Suspect:
    if suspect is None:
        suspect = Suspect(installation_id=number)
        session.add(suspect)
    suspect.days, suspect.day, suspect.since = 0, "", at
    return suspect


def _count(suspect: Suspect, reason: str, at: datetime) -> None:
    day = at.date().isoformat()
    suspect.days += suspect.day != day
    suspect.day, suspect.reason = day, reason


def _retire_one(session: Session, suspect: Suspect, now: datetime) -> None:
    row = session.get(Installation, suspect.installation_id, with_for_update=queries.LOCK)
    if row is None or row.address_value is None or row.seen_at > suspect.since:
        return
    ownership.retire(session, row, suspect.reason, now=now)
