"""Tables of push: notifications, batches, pauses, quota, beacons, local messages."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.core.db import Base
from push.store.states import BatchState, State


class Notification(Base):
    """A notification as planned. `key` makes it idempotent: the caller's id, or article and kind.

    A correction names in `corrects_id` what it replaces on the phones, a repeat in
    `repeats_id` whose members without a certain outcome it goes to. `sliced_to` is the last
    installation of the fan-out; it `is_counted` when the fan-out is complete, or the rest was
    counted after a recall. `dead` are answers that an address is gone, believed or not.
    `skipped` counts by reason, `timings` are those of `push.store.timing` by platform,
    `by_platform` the counts of outcomes. `trouble` is why messages wait for another try: when
    nobody accepts one until it expires, it becomes the `failure_reason`, of which `failure` is the
    text for editors. `content_hash` is what an approval is for.
    """

    __tablename__ = "notification"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("notification.id"), index=True)
    repeats_id: Mapped[int | None] = mapped_column(ForeignKey("notification.id"), index=True)
    article_id: Mapped[int | None] = mapped_column(ForeignKey("article.id"), index=True)
    source_id: Mapped[int | None] = mapped_column(ForeignKey("source.id"))
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    variants: Mapped[dict[str, dict[str, str]]] = mapped_column(JSON, default=dict)
    url: Mapped[str] = mapped_column(Text)
    image_url: Mapped[str | None] = mapped_column(Text)
    urgency: Mapped[str] = mapped_column(Text)
    dry_run: Mapped[bool] = mapped_column(default=False)
    insists: Mapped[bool] = mapped_column(default=False)
    state: Mapped[State] = mapped_column(Text, index=True)
    failure: Mapped[str | None] = mapped_column(Text)
    failure_reason: Mapped[str | None] = mapped_column(Text)
    trouble: Mapped[str | None] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(Text)
    needs_approval: Mapped[bool] = mapped_column(default=False)
    approved_by: Mapped[str | None] = mapped_column(Text)
    content_hash: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    send_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    sliced_to: Mapped[int] = mapped_column(default=0)
    is_counted: Mapped[bool] = mapped_column(default=False)
    audience: Mapped[int] = mapped_column(default=0)
    accepted: Mapped[int] = mapped_column(default=0)
    held: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    ambiguous: Mapped[int] = mapped_column(default=0)
    retired: Mapped[int] = mapped_column(default=0)
    dead: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    timings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    by_platform: Mapped[dict[str, dict[str, int]]] = mapped_column(JSON, default=dict)

    @property
    def message_kind(self) -> str:
        """Its urgency, or `correction` or `dry_run`: see `push.audience.policy.decide`."""
        if self.dry_run:
            return "dry_run"
        return "correction" if self.corrects_id is not None else self.urgency


class NotificationTopic(Base):
    """A topic whose followers are the audience of a notification."""

    __tablename__ = "notification_topic"
    __table_args__ = ({"sqlite_with_rowid": False},)

    notification_id: Mapped[int] = mapped_column(ForeignKey("notification.id"), primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("feed.id"), primary_key=True)


class Batch(Base):
    """A slice of an audience: the unit of claims, leases and retries.

    All are of one `platform`, which is empty when an older version cut the batch.
    `members` are the packed ids of installations still to be tried, all between `first_id` and
    `last_id`; `sent` of those whose message may be on a phone, `unsure` of those of them who
    ended without a certain outcome, `tried` the `push.store.tries` of members. `attempts` fences:
    a worker that lost its lease records nothing. A held batch waits for the end of quiet hours.
    `text_id` is the correction whose text the last claim took: who got an older one is known.
    """

    __tablename__ = "batch"
    __table_args__ = (
        Index("ix_batch_state_due_at", "state", "due_at"),
        Index("ix_batch_notification_id_last_id", "notification_id", "last_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    notification_id: Mapped[int] = mapped_column(ForeignKey("notification.id"))
    platform: Mapped[str] = mapped_column(Text)
    state: Mapped[BatchState] = mapped_column(Text)
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    is_held: Mapped[bool] = mapped_column(default=False)
    text_id: Mapped[int] = mapped_column(default=0)
    first_id: Mapped[int]
    last_id: Mapped[int]
    members: Mapped[bytes] = mapped_column(LargeBinary)
    sent: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    tried: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    unsure: Mapped[bytes] = mapped_column(LargeBinary, default=b"")


class Pause(Base):
    """An open circuit breaker: a platform of a notification waits for its credential.

    After `until` a few messages leave to see whether it does.
    """

    __tablename__ = "pause"
    __table_args__ = ({"sqlite_with_rowid": False},)

    notification_id: Mapped[int] = mapped_column(ForeignKey("notification.id"), primary_key=True)
    platform: Mapped[str] = mapped_column(Text, primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime]
    until: Mapped[datetime]


class DailyAlert(Base):
    """An alert that counts against an installation's daily limit; kept as long as batches are."""

    __tablename__ = "daily_alert"
    __table_args__ = ({"sqlite_with_rowid": False},)

    installation_id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[str] = mapped_column(Text, primary_key=True)
    notification_id: Mapped[int] = mapped_column(primary_key=True)


class Quota(Base):
    """What all workers share of the provider: one row of its limit and its silence.

    `silent_since` is set while it answers nobody; `probe_at` is when the next handful may see
    whether it does again, after so many `failures`. `well_since` is the end of the last silence.
    """

    __tablename__ = "quota"

    id: Mapped[int] = mapped_column(primary_key=True)
    free_at: Mapped[datetime]
    ramp_since: Mapped[datetime]
    blocked_until: Mapped[datetime]
    silent_since: Mapped[datetime | None]
    probe_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    well_since: Mapped[datetime | None]


class LocalMessage(Base):
    """What the built-in phone simulator received, found by the hash of its address."""

    __tablename__ = "local_message"

    seq: Mapped[int] = mapped_column(primary_key=True)
    address_hash: Mapped[str] = mapped_column(Text, index=True)
    installation_id: Mapped[int | None] = mapped_column(index=True)
    message: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class Halt(Base):
    """Kill switch: while there is a row nothing is sent, also across restarts."""

    __tablename__ = "halt"

    id: Mapped[int] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    by: Mapped[str] = mapped_column(Text)


class Beacon(Base):
    """A receipt of an app: a notification arrived or was opened; once each (idempotent)."""

    __tablename__ = "beacon"
    __table_args__ = ({"sqlite_with_rowid": False},)

    notification_id: Mapped[int] = mapped_column(ForeignKey("notification.id"), primary_key=True)
    installation_id: Mapped[int] = mapped_column(primary_key=True, index=True)
    type: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[datetime]


class BeaconCount(Base):
    """Sharded counter of receipts: the sum over the shards, so that writers do not contend."""

    __tablename__ = "beacon_count"
    __table_args__ = ({"sqlite_with_rowid": False},)

    notification_id: Mapped[int] = mapped_column(ForeignKey("notification.id"), primary_key=True)
    type: Mapped[str] = mapped_column(Text, primary_key=True)
    shard: Mapped[int] = mapped_column(primary_key=True)
    count: Mapped[int]
