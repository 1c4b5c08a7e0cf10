"""Receipts and inbox of installations, and erasure of an installation."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from backend.audit.recording import record
from backend.core.db import insert_ignore, retried, transaction
from backend.http.auth import current_actor, hash_secret
from backend.http.hooks import Event, Hooks
from backend.tables.audience import Installation
from push.audience import queries as audience_queries
from push.audience.audience import criteria_of
from push.audience.policy import best_variant, own_hour, reason_not_to
from push.receipts import queries as receipt_queries
from push.store import queries
from push.store.id_list import pack, unpack
from push.store.models import Batch, Beacon, Notification
from push.store.states import DONE
from push.store.tries import pack_tries, unpack_tries

# So many phones can be counted at once without one waiting for another.
SHARDS = 16
# Alerts to followed topics that a page of the inbox may leave out: they were for other readers.
SPARE = 100
# Who was not sent it for one of these reasons finds it in the inbox: it was for this reader.
_UNHEARD = {None, "below_level", "no_address", "retired"}


def inbox(
    session: Session, installation_id: int, since: datetime, limit: int, *, now: datetime
) -> list[dict[str, Any]]:
    """The inbox of an installation: alerts to its topics, corrected and in its language."""
    locale = session.get_one(Installation, installation_id).locale
    latest = receipt_queries.inbox(session, installation_id, since, limit + SPARE)
    narrow = receipt_queries.narrowed(session, [notification.id for notification in latest])
    shown = (
        each
        for each in latest
        if each.id not in narrow or _is_for(session, installation_id, each, now)
    )
    found = list(islice(shown, limit))
    corrections = queries.newest_corrections(session, [notification.id for notification in found])
    return [_entry(sent, corrections.get(sent.id), locale) for sent in found]


@retried
def count_events(
    hooks: Hooks, installation_id: int, events: Sequence[Mapping[str, Any]], *, now: datetime
) -> list[str]:
    """Count each event of an installation once (idempotent), of alerts that it was sent.

    Others are ignored: an alert that is unknown, or was sent to other phones. Answers what became
    of each.
    """
    results = ["ignored"] * len(events)
    with transaction() as session:
        named = {str(event["notification_id"]) for event in events}
        numbers = receipt_queries.notification_ids(session, named)
        sent = {
            public_id
            for public_id, number in numbers.items()
            if receipt_queries.was_sent(session, number, installation_id)
        }
        known = [each for each in enumerate(events) if each[1]["notification_id"] in sent]
        news: Counter[tuple[int, str]] = Counter()
        is_opened = False
        # In one order everywhere: two requests of the same phone wait for each other, no more.
        for place, event in sorted(known, key=_by_alert):
            number, kind = numbers[event["notification_id"]], event["type"]
            row = {"notification_id": number, "installation_id": installation_id, "type": kind}
            results[place] = "repeated"
            if insert_ignore(session, Beacon, **row, at=event["at"]):
                results[place] = "counted"
                news[number, kind] += 1
                is_opened = is_opened or kind == "opened"
                _say_opened(session, hooks, event["notification_id"], kind, now)
        if is_opened:
            receipt_queries.forget_unread(session, installation_id)
        shard = installation_id % SHARDS
        for number, kind in sorted(news):
            receipt_queries.count_beacons(session, number, kind, shard, news[number, kind])
    return results


def _by_alert(placed: tuple[int, Mapping[str, Any]]) -> tuple[str, str, int]:
    place, event = placed
    return event["notification_id"], event["type"], place


def mark_for_tests(public_id: str, *, is_test: bool, now: datetime) -> bool:
    """Make it an installation that dry runs go to, or not; whether there is such a one."""
    act = "device.marked" if is_test else "device.unmarked"
    with transaction() as session:
        is_there = receipt_queries.mark_for_tests(session, public_id, is_test)
        if is_there:  # by the beginning of its id: the whole one is erased with it
            record(session, current_actor(), act, f"device:{public_id[:8]}", now=now)
        return is_there


def forget(session: Session, installation_id: int) -> None:
    """Erase an installation in the caller's transaction, also from packed id lists."""
    row = session.get(Installation, installation_id)
    address_hash = hash_secret(row.address_value) if row and row.address_value else None
    receipt_queries.forget(session, installation_id, address_hash)
    for batch in receipt_queries.batches_around(session, installation_id):
        _leave(session, batch, installation_id)


def _leave(session: Session, batch: Batch, installation_id: int) -> None:
    """Remove an installation from a batch; under a lease the worker counts it itself."""
    members, sent = unpack(batch.members), unpack(batch.sent)
    if installation_id in members and batch.state != DONE and batch.lease_until is None:
        _count_left(session, batch)
    members = [number for number in members if number != installation_id]
    sent = [number for number in sent if number != installation_id]
    batch.members, batch.sent = pack(members), pack(sent)
    tried = unpack_tries(batch.tried)
    tried.pop(installation_id, None)
    batch.tried = pack_tries(tried)
    rest = {*members, *sent}
    batch.first_id, batch.last_id = min(rest, default=0), max(rest, default=0)


def _count_left(session: Session, batch: Batch) -> None:
    notification = session.get_one(
        Notification, batch.notification_id, with_for_update=queries.LOCK
    )
    if batch.is_held:
        notification.held -= 1
    else:
        notification.audience -= 1
    notification.skipped = dict(Counter(notification.skipped) + Counter(left=1))


def _is_for(
    session: Session, installation_id: int, notification: Notification, now: datetime
) -> bool:
    """Whether it is for this installation, and its hour has come there."""
    criteria = criteria_of(session, notification)
    recipient = audience_queries.recipients(session, [installation_id], criteria)[0]
    local_time = criteria.local_time
    if local_time is not None and own_hour(local_time, recipient.time_zone) > now:
        return False
    return reason_not_to(recipient, criteria) in _UNHEARD


def _entry(sent: Notification, correction: Notification | None, locale: str) -> dict[str, Any]:
    text = correction or sent
    own = text.variants.get(best_variant(locale, text.variants), {})
    return {
        "id": sent.public_id,
        "title": own.get("title", text.title),
        "body": own.get("body", text.body),
        "url": sent.url,
        "urgency": sent.urgency,
        "created_at": sent.created_at,
        "sent_at": sent.send_at,
        "corrected_at": correction and correction.send_at,
    }


def _say_opened(session: Session, hooks: Hooks, public_id: str, kind: str, now: datetime) -> None:
    if kind == "opened":
        subject = f"notification:{public_id}"
        data = {"id": public_id}
        hooks.tell(session, Event(name="notification.opened", subject=subject, data=data, now=now))
