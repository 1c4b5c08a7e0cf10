"""Receipts and inbox of installations, and erasure of an installation."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from backend.audit.recording import record
from backend.core.cursor import Position
from backend.core.db import retried, to_us, transaction
from backend.http.auth import current_actor, hash_secret
from backend.http.hooks import Event, Hooks
from backend.tables.audience import Installation
from push.audience import queries as audience_queries
from push.audience.audience import criteria_of
from push.audience.policy import best_variant, own_hour, reason_not_to
from push.receipts import queries as receipt_queries
from push.store import queries
from push.store.id_list import pack, unpack
from push.store.models import Batch, Notification
from push.store.states import DONE
from push.store.tries import pack_tries, unpack_tries

# Shards of a counter: so many phones can be counted at once without waiting for each other.
SHARDS = 16
# Alerts to followed topics that a page of the inbox may leave out: they were for other readers.
SPARE = 100
# Alert, phone, and what happened.
Key = tuple[int, int, str]
# Reasons not to be sent an alert with which the inbox shows it: it was for this reader.
_UNHEARD = {None, "below_level", "no_address", "retired"}


@dataclass(frozen=True, slots=True)
class Said:
    """The events that an installation reports of its alerts."""

    installation_id: int
    events: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Receipt:
    """An event of an alert that was sent to who tells of it, the `place`th of what is said `at`."""

    key: Key
    platform: str
    happened_at: datetime
    at: int
    place: int

    @property
    def row(self) -> dict[str, Any]:
        number, phone, kind = self.key
        named = {"notification_id": number, "installation_id": phone, "type": kind}
        return {**named, "at": self.happened_at}


def inbox(
    session: Session,
    installation_id: int,
    limit: int,
    *,
    before: Position | None,
    since: datetime,
    now: datetime,
) -> tuple[list[dict[str, Any]], Position | None]:
    """Return a page of an installation's inbox, and where the next begins; None at the end.

    It has the alerts to its topics, corrected and in its language.
    """
    size = limit + 1 + SPARE
    latest = receipt_queries.inbox(session, installation_id, since, before, size)
    narrow = receipt_queries.narrowed(session, [notification.id for notification in latest])
    shown = (
        each
        for each in latest
        if each.id not in narrow or _is_for(session, installation_id, each, now)
    )
    found = list(islice(shown, limit + 1))
    listed = found[:limit]
    end = found[limit - 1 : limit] if len(found) > limit else latest[size - 1 :]
    return _entries(session, installation_id, listed), _place(end[0]) if end else None


def _entries(
    session: Session, installation_id: int, listed: Sequence[Notification]
) -> list[dict[str, Any]]:
    locale = session.get_one(Installation, installation_id).locale
    corrections = queries.newest_corrections(session, [notification.id for notification in listed])
    return [_entry(sent, corrections.get(sent.id), locale) for sent in listed]


def _place(notification: Notification) -> Position:
    return Position(to_us(notification.send_at), notification.id)


def count_events(
    hooks: Hooks, installation_id: int, events: Sequence[Mapping[str, Any]], *, now: datetime
) -> list[str]:
    """Count the events of one installation, as `count_events_of_many` does."""
    return count_events_of_many(hooks, [Said(installation_id, events)], now=now)[0]


@retried
def count_events_of_many(hooks: Hooks, said: Sequence[Said], *, now: datetime) -> list[list[str]]:
    """Count each event of each installation once (idempotent), of alerts that it was sent.

    Others are ignored: an alert that is unknown, or was sent to other phones. Answers what became
    of each.
    """
    results = [["ignored"] * len(each.events) for each in said]
    with transaction() as session:
        named = {str(event["notification_id"]) for each in said for event in each.events}
        numbers = receipt_queries.notification_ids(session, named)
        told = _sent(session, said, numbers)
        rows = {each.key: each for each in reversed(told)}
        # In one order everywhere: two requests of the same phone wait for each other, no more.
        new = receipt_queries.insert_beacons(session, [rows[key].row for key in sorted(rows)])
        left = set(new)
        for each in told:
            results[each.at][each.place] = "counted" if each.key in left else "repeated"
            left.discard(each.key)
        _tell_opened(session, hooks, new, {number: name for name, number in numbers.items()}, now)
        _count(session, [(key, rows[key].platform) for key in sorted(new)])
    return results


def mark_for_tests(
    public_id: str, *, is_test: bool, name: str | None = None, now: datetime
) -> bool:
    """Let dry runs go to an installation, or no more; tell whether it exists.

    A name is what the newsroom calls it from now on; it goes when the mark does.
    """
    with transaction() as session:
        row = receipt_queries.installation(session, public_id, to_change=True)
        if row is None:
            return False
        is_renamed = is_test and row.is_test and name is not None
        act = "renamed" if is_renamed else "marked" if is_test else "unmarked"
        row.is_test = is_test
        row.test_name = (name or row.test_name) if is_test else None
        # By the beginning of its id: the whole one is erased with it, and so is its name.
        subject = f"device:{public_id[:8]}"
        record(session, current_actor(), f"device.{act}", subject, now=now)
        return True


def forget(session: Session, installation_id: int) -> None:
    """Erase an installation in the caller's transaction, also from lists of installations."""
    row = session.get_one(Installation, installation_id)
    address_hash = hash_secret(row.address_value) if row.address_value else None
    receipt_queries.forget(session, installation_id, address_hash)
    receipt_queries.leave_alerts(session, installation_id, row.public_id)
    for batch in receipt_queries.batches_around(session, installation_id):
        _leave(session, batch, installation_id)


def _leave(session: Session, batch: Batch, installation_id: int) -> None:
    """Remove an installation from a batch; count it unless a worker has the batch and does."""
    sets = [{*unpack(packed)} for packed in (batch.members, batch.sent, batch.unsure)]
    if installation_id in sets[0] and batch.state != DONE and batch.lease_until is None:
        _count_left(session, batch)
    members, sent, unsure = (numbers - {installation_id} for numbers in sets)
    batch.members, batch.sent, batch.unsure = pack(members), pack(sent), pack(unsure)
    tried = unpack_tries(batch.tried)
    tried.pop(installation_id, None)
    batch.tried = pack_tries(tried)
    rest = members | sent | unsure
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
    """Whether an alert is for this installation, and its local hour has come there."""
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


def _sent(session: Session, said: Sequence[Said], numbers: Mapping[str, int]) -> list[Receipt]:
    """Return the receipts whose alert was sent to the installation that reports it."""
    told: dict[int, set[int]] = defaultdict(set)
    for each in said:
        for name in {event["notification_id"] for event in each.events} & numbers.keys():
            told[numbers[name]].add(each.installation_id)
    platforms = {
        number: receipt_queries.platforms_sent_to(session, number, phones)
        for number, phones in told.items()
    }
    found = []
    for at, each in enumerate(said):
        for place, event in enumerate(each.events):
            number, phone = numbers.get(event["notification_id"], 0), each.installation_id
            if phone in platforms.get(number, {}):
                key = number, phone, event["type"]
                found.append(Receipt(key, platforms[number][phone], event["at"], at, place))
    return found


def _tell_opened(
    session: Session, hooks: Hooks, new: Set[Key], names: Mapping[int, str], now: datetime
) -> None:
    opened = sorted(key for key in new if key[2] == "opened")
    for number, _, _ in opened:
        subject, data = f"notification:{names[number]}", {"id": names[number]}
        hooks.tell(session, Event(name="notification.opened", subject=subject, data=data, now=now))
    if opened:
        receipt_queries.forget_unread(session, {phone for _, phone, _ in opened})


def _count(session: Session, new: Sequence[tuple[Key, str]]) -> None:
    """Add receipts, each with its platform, to the counts."""
    # All that are counted together share one shard; any phone's is as good as a random one.
    shard = min((key[1] for key, _ in new), default=0) % SHARDS
    counts = Counter((key[0], key[2], platform) for key, platform in new)
    rows = [
        {"notification_id": number, "type": kind, "platform": platform, "shard": shard, "count": n}
        for (number, kind, platform), n in sorted(counts.items())
    ]
    receipt_queries.count_beacons(session, rows)
