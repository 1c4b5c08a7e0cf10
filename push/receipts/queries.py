"""Queries of receipts, the inbox, and what is kept of single installations."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Insert,
    Row,
    Text,
    and_,
    bindparam,
    cast,
    delete,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import Session

from backend.core.among import among
from backend.core.cursor import Position
from backend.core.db import from_us, insert_new, table_of
from backend.core.driver_read import DriverRead
from backend.core.driver_write import write_rows
from backend.core.upsert import insert_of
from backend.tables.audience import Follow, Installation, MutedSource, ReadLanguage
from backend.tables.newsroom import Article, Feed, FeedRow
from push.store.failure import STILL_NEWS
from push.store.id_list import contains
from push.store.models import (
    Batch,
    Beacon,
    BeaconCount,
    DailyAlert,
    Halt,
    LocalMessage,
    Notification,
    NotificationTopic,
    Suspect,
)
from push.store.states import LIVE


class Members(NamedTuple):
    """A batch that an installation may be in: its platform, whether that is the one that the
    installation has now, who was sent it, who is still to be tried, and whether a worker has it.
    """

    installation_id: int
    platform: str
    is_own: bool
    sent: bytes
    members: bytes
    is_leased: bool


_AROUND = DriverRead(
    select(
        Installation.id,
        Batch.platform,
        Batch.platform == Installation.platform,
        Batch.sent,
        Batch.members,
        Batch.lease_until.is_not(None),
    )
    .join(Batch, and_(Batch.last_id >= Installation.id, Batch.first_id <= Installation.id))
    .where(
        Batch.notification_id == bindparam("notification"),
        among(table_of(Installation).c.id, "installations"),
    ),
    Members._make,
)
_NUMBERS = DriverRead(
    select(Notification.public_id, Notification.id).where(
        among(table_of(Notification).c.public_id, "public_ids")
    ),
    tuple,
)
_READ = (
    update(table_of(Installation))
    .where(among(table_of(Installation).c.id, "read"), table_of(Installation).c.unread > 0)
    .values(unread=0)
)
# Placeholder in a dry run for a phone that was erased since.
ERASED = ""
_alert = table_of(Notification)
_LEAVE_ALERT = (
    update(_alert)
    .where(_alert.c.id == bindparam("alert"))
    .values(sliced_to=bindparam("upto"), phones=bindparam("left"))
)


def local_messages(
    session: Session, address_hash: str, after: int, limit: int
) -> Sequence[Row[int, str]]:
    return session.execute(
        select(LocalMessage.seq, LocalMessage.message)
        .where(LocalMessage.address_hash == address_hash, LocalMessage.seq > after)
        .order_by(LocalMessage.seq)
        .limit(limit)
    ).all()


def newest_local_messages(
    session: Session, limit: int
) -> Sequence[Row[int, str, str, datetime, str | None, str | None]]:
    """Return the newest messages of all phones, each with what is known of its installation."""
    return session.execute(
        select(
            LocalMessage.seq,
            LocalMessage.address_hash,
            LocalMessage.message,
            LocalMessage.at,
            Installation.platform,
            Installation.public_id,
        )
        .outerjoin(Installation, Installation.id == LocalMessage.installation_id)
        .order_by(LocalMessage.seq.desc())
        .limit(limit)
    ).all()


def count_local_messages(session: Session) -> int:
    return session.scalars(select(func.count()).select_from(LocalMessage)).one()


def inbox(
    session: Session, installation_id: int, since: datetime, before: Position | None, limit: int
) -> Sequence[Notification]:
    """Return the latest notifications to any topic the installation follows, below a position.

    Left out are those of muted sources, of articles in languages that its reader did not choose,
    and of articles that were taken down. During a halt what is under way is not shown here either.
    """
    mine = (
        select(NotificationTopic.notification_id)
        .join(Follow, Follow.feed_id == NotificationTopic.feed_id)
        .where(Follow.installation_id == installation_id, NotificationTopic.role != "none")
    )
    muted = select(MutedSource.source_id).where(MutedSource.installation_id == installation_id)
    is_gone = Article.unpublished_at.is_not(None)
    return session.scalars(
        select(Notification)
        .outerjoin(Article, Article.id == Notification.article_id)
        .where(
            Notification.id.in_(mine),
            Notification.corrects_id.is_(None),
            Notification.repeats_id.is_(None),
            Notification.dry_run.is_(False),
            Notification.send_at >= since,
            _is_below(before),
            or_(
                Notification.state.in_(["sent", "expired"]),
                and_(Notification.state == "failed", Notification.failure_reason.in_(STILL_NEWS)),
                and_(Notification.state.in_(LIVE), ~select(Halt.id).exists()),
            ),
            or_(Notification.source_id.is_(None), Notification.source_id.not_in(muted)),
            or_(Notification.article_id.is_(None), and_(~is_gone, _is_read_by(installation_id))),
        )
        .order_by(Notification.send_at.desc(), Notification.id.desc())
        .limit(limit)
    ).all()


def _is_below(position: Position | None) -> ColumnElement[bool]:
    if position is None:
        return true()
    at = from_us(position.rank_us)
    is_same = and_(Notification.send_at == at, Notification.id < position.article_id)
    return or_(Notification.send_at < at, is_same)


def _is_read_by(installation_id: int) -> ColumnElement[bool]:
    """Whether the reader chose no languages, or one that the article is listed in."""
    chosen = select(ReadLanguage.feed_language).where(
        ReadLanguage.installation_id == installation_id
    )
    listed = select(FeedRow.article_id).join(Feed, Feed.id == FeedRow.feed_id)
    in_one = listed.where(FeedRow.article_id == Article.id, Feed.language.in_(chosen))
    return or_(~chosen.exists(), in_one.exists())


def narrowed(session: Session, ids: Collection[int]) -> set[int]:
    """Return the notifications that are not at once for all followers of any of their topics."""
    roles = select(NotificationTopic.notification_id).where(NotificationTopic.role != "any")
    is_narrow = or_(
        Notification.id.in_(roles),
        cast(Notification.segment, Text) != "{}",
        Notification.deliver_at.is_not(None),
    )
    found = select(Notification.id).where(Notification.id.in_(ids), is_narrow)
    return set(session.scalars(found))


def forget(session: Session, installation_id: int, address_hash: str | None) -> None:
    """Delete everything kept of one installation, but for its place in alerts and batches."""
    session.execute(delete(Beacon).where(Beacon.installation_id == installation_id))
    session.execute(delete(DailyAlert).where(DailyAlert.installation_id == installation_id))
    session.execute(delete(Suspect).where(Suspect.installation_id == installation_id))
    session.execute(delete(LocalMessage).where(LocalMessage.installation_id == installation_id))
    if address_hash is not None:
        session.execute(delete(LocalMessage).where(LocalMessage.address_hash == address_hash))


def leave_alerts(session: Session, installation_id: int, public_id: str) -> None:
    """Take an installation out of alerts: the last one of a fan-out, a phone of a dry run.

    In a dry run its place stays: one without any phone would go to all test phones.
    """
    ends = _alert.c.sliced_to == installation_id
    is_for_it = and_(_alert.c.dry_run.is_(True), cast(_alert.c.phones, Text).contains(public_id))
    asked = select(_alert.c.id, _alert.c.sliced_to, _alert.c.phones).where(or_(ends, is_for_it))
    found = session.execute(asked.order_by(_alert.c.id).with_for_update(key_share=True))
    rows = [
        {
            "alert": number,
            "upto": upto - 1 if upto == installation_id else upto,
            "left": [ERASED if phone == public_id else phone for phone in phones],
        }
        for number, upto, phones in found
    ]
    if rows:
        session.execute(_LEAVE_ALERT, rows)


def notification_ids(session: Session, public_ids: Collection[str]) -> dict[str, int]:
    """Return row ids by public id, of those that exist."""
    return dict(_NUMBERS.all(session, {"public_ids": public_ids}))


def platforms_sent_to(
    session: Session, notification_id: int, installation_ids: Collection[int]
) -> dict[int, str]:
    """Return the platform under which each of these installations was, or is being, sent an alert;
    those that were not sent it are absent.

    A phone can be faster than the record that its message was accepted, so that members of a batch
    under a lease count too. Once the batches are deleted, nobody knows.
    """
    values = {"notification": notification_id, "installations": installation_ids}
    found: dict[int, str] = {}
    # Batches of other platforms around it are read to their end for nothing: they come last.
    for batch in sorted(_AROUND.all(session, values), key=_is_foreign):
        if batch.installation_id not in found and _was_sent(batch):
            found[batch.installation_id] = batch.platform
    return found


def _is_foreign(batch: Members) -> bool:
    return not batch.is_own


def _was_sent(batch: Members) -> bool:
    phone = batch.installation_id
    return contains(batch.sent, phone) or (batch.is_leased and contains(batch.members, phone))


def insert_beacons(
    session: Session, rows: Sequence[Mapping[str, object]]
) -> set[tuple[int, int, str]]:
    """Insert receipts, each once (idempotent); return the new ones: alert, phone, type."""
    if not rows:
        return set()
    table = table_of(Beacon)
    key = table.c.notification_id, table.c.installation_id, table.c.type
    statement = insert_new(session, table).returning(*key)
    return {(row[0], row[1], row[2]) for row in session.execute(statement, rows)}


def count_beacons(session: Session, rows: Sequence[Mapping[str, object]]) -> None:
    """Add to the receipt counters of notifications, each row to a shard of one of them."""
    write_rows(session, _added(session.get_bind().dialect.name), rows)


def forget_unread(session: Session, installation_ids: Collection[int]) -> None:
    """Set the unread alerts of these installations to 0: their apps were opened."""
    write_rows(session, _READ, [{"read": sorted(installation_ids), "unread": 0}])


def said_of(session: Session, notification_id: int) -> dict[str, int]:
    """Return the receipt counts of a notification by type."""
    rows = session.execute(
        select(BeaconCount.type, func.sum(BeaconCount.count))
        .where(BeaconCount.notification_id == notification_id)
        .group_by(BeaconCount.type)
    )
    return {kind: int(count) for kind, count in rows}


def test_installations(session: Session, before: int | None, limit: int) -> Sequence[Installation]:
    """Return the installations that dry runs go to, the newest first."""
    asked = select(Installation).where(Installation.is_test.is_(True))
    if before is not None:
        asked = asked.where(Installation.id < before)
    return session.scalars(asked.order_by(Installation.id.desc()).limit(limit)).all()


def test_phones_among(session: Session, public_ids: Collection[str]) -> set[str]:
    """Return the test phones among these, locked: an erasure waits, or was before."""
    own = select(Installation.public_id).where(Installation.public_id.in_(public_ids))
    own = own.where(Installation.is_test.is_(True)).order_by(Installation.id)
    return set(session.scalars(own.with_for_update(read=True)))


def installation(
    session: Session, public_id: str, *, to_change: bool = False
) -> Installation | None:
    asked = select(Installation).where(Installation.public_id == public_id)
    return session.scalars(asked.with_for_update() if to_change else asked).first()


def batches_around(session: Session, installation_id: int) -> Sequence[Batch]:
    """Lock and return the batches that may hold this installation."""
    return session.scalars(
        select(Batch)
        .where(Batch.first_id <= installation_id, Batch.last_id >= installation_id)
        .with_for_update(key_share=True)
    ).all()


@cache
def _added(engine: str) -> Insert:
    counts = table_of(BeaconCount)
    row = insert_of(engine, counts)
    added = {"count": counts.c.count + row.excluded.count}
    return row.on_conflict_do_update(index_elements=counts.primary_key.columns, set_=added)
