"""Recheck of a claimed batch: the reader's latest word counts, not that of when it was cut.

Between fan-out and claim an address can die or move, a topic be unfollowed or heard less loudly, a
source be muted, a reader travel, a night begin, a day be filled by other alerts or end in a halt.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from push.audience import queries as audience_queries
from push.audience.audience import criteria_of, decisions_on
from push.audience.candidate import Candidate
from push.audience.criteria import Criteria
from push.audience.fan_out import count_for_day
from push.audience.policy import MOVED, Decision, is_for, local_day, within_limit
from push.delivery.splitting import split_off
from push.store import day_queries
from push.store.failure import count_on
from push.store.id_list import pack, unpack
from push.store.models import Batch, Notification
from push.store.states import OUTLIVED, READY

Decisions = Mapping[int, Decision]
_HOLDING = ("quiet", "local_time")


def still_to_send(
    session: Session, batch: Batch, notification: Notification, now: datetime
) -> tuple[list[Candidate], Counter[str]]:
    """Return the members that may be sent to now, and how many others leave, by reason.

    One that leaves and may have it on the phone already is ambiguous, and not skipped.
    """
    members, shown = unpack(batch.members), set(unpack(batch.sent))
    if batch.is_held:
        batch.is_held = False
        notification.held -= len(members)
        notification.audience += len(members)
    criteria = criteria_of(session, notification)
    rows = audience_queries.recipients(session, members, criteria)
    decisions = _decisions(session, notification, criteria, rows, shown, now)
    leaving = [number for number, decision in decisions.items() if not is_for(decision)]
    unsure = [number for number in leaving if number in shown]
    reasons = _reasons(decisions, besides=unsure)
    reasons["left"] += len(members) - len(rows)
    _count(notification, batch.platform, reasons, unsure)
    _hold(session, batch, notification, decisions)
    day_queries.drop_days(session, notification.id, sorted({*leaving} - shown))
    staying = [recipient for recipient in rows if decisions[recipient.id].reason is None]
    batch.members = pack(recipient.id for recipient in staying)
    return staying, _skipped(reasons)


def _decisions(
    session: Session,
    notification: Notification,
    criteria: Criteria,
    rows: Sequence[Candidate],
    shown: Collection[int],
    now: datetime,
) -> dict[int, Decision]:
    decisions = decisions_on(rows, criteria, now)
    for number, decision in decisions.items():
        if decision.reason == "no_address":  # it had one when the audience was cut
            decisions[number] = MOVED
    if criteria.is_unnoticed:  # a correction follows its original anywhere
        return decisions
    limited = [r for r in rows if r.daily_limit is not None and r.id not in shown]
    return decisions | _within_limits(session, notification, limited, decisions, now)


def _within_limits(
    session: Session,
    notification: Notification,
    limited: Sequence[Candidate],
    decisions: Decisions,
    now: datetime,
) -> dict[int, Decision]:
    """Apply daily limits of the day on which it is sent, and count it for that day.

    A repeat takes the place of what was counted already.
    """
    if notification.repeats_id is not None:
        return {}
    rows = [recipient for recipient in limited if is_for(decisions[recipient.id])]
    if not rows:
        return {}
    ids = [recipient.id for recipient in rows]
    audience_queries.lock_installations(session, ids)
    had = audience_queries.alerts_by_day(session, ids, besides=[notification.id])
    found = {r.id: within_limit(decisions[r.id], r, had.get(r.id, {}), now) for r in rows}
    counted = audience_queries.days_of(session, notification.id, ids)
    for recipient in rows:
        decision = found[recipient.id]
        day = local_day(decision.until or now, recipient.time_zone)
        if is_for(decision) and counted.get(recipient.id) != day:
            day_queries.drop_days(session, notification.id, [recipient.id])
            count_for_day(session, notification, recipient, decision.until or now)
    return found


def _reasons(decisions: Decisions, *, besides: Collection[int]) -> Counter[str]:
    found = (decision.reason for number, decision in decisions.items() if number not in besides)
    return Counter(reason for reason in found if reason is not None)


def _count(
    notification: Notification, platform: str, reasons: Counter[str], unsure: Sequence[int]
) -> None:
    notification.audience -= reasons.total()
    notification.held += sum(reasons[reason] for reason in _HOLDING)
    notification.skipped = dict(Counter(notification.skipped) + _skipped(reasons))
    notification.ambiguous += len(unsure)
    count_on(notification, platform, ambiguous=len(unsure))


def _skipped(reasons: Counter[str]) -> Counter[str]:
    return Counter({reason: n for reason, n in reasons.items() if reason not in _HOLDING})


def _hold(session: Session, batch: Batch, notification: Notification, decisions: Decisions) -> None:
    for until, ids in _held_until(decisions.items()).items():
        state = OUTLIVED if until >= notification.expires_at else READY
        split_off(session, batch, ids, until, state=state, is_held=True)


def _held_until(decisions: Iterable[tuple[int, Decision]]) -> dict[datetime, list[int]]:
    """Group who is held by hour: the end of quiet hours or the one that the alert names."""
    held: dict[datetime, list[int]] = {}
    for number, decision in decisions:
        if decision.until is not None:
            held.setdefault(decision.until, []).append(number)
    return held
