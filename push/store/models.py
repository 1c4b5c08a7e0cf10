"""Tables of push: notifications, batches, pauses, quota, beacons, local messages."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.core.db import Base
from push.store.states import BatchState, State
from schemas.audience import PLATFORMS

# Longest time until a time of day comes again anywhere: clocks may go back two hours.
ROUND_THE_CLOCK = timedelta(hours=26)


def waiting(deliver_at: str | None) -> timedelta:
    """Return how long after its start an alert may have to wait for a reader's hour."""
    return timedelta(0) if deliver_at is None else ROUND_THE_CLOCK


class Notification(Base):
    """A notification as planned: whom it is for, what it says, how it goes and how it went."""

    __tablename__ = "notification"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True)
    # Makes it idempotent: the caller's id, or article and kind.
    key: Mapped[str] = mapped_column(Text, unique=True)
    # Digests of the request that a caller's id stands for.
    asked: Mapped[dict[str, str]] = mapped_column(JSON, default=dict, server_default="{}")
    # What a correction replaces on the phones.
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("notification.id"), index=True)
    # A repeat goes to those of its members without a certain outcome.
    repeats_id: Mapped[int | None] = mapped_column(ForeignKey("notification.id"), index=True)
    article_id: Mapped[int | None] = mapped_column(ForeignKey("article.id"), index=True)
    source_id: Mapped[int | None] = mapped_column(ForeignKey("source.id"))

    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    variants: Mapped[dict[str, dict[str, str]]] = mapped_column(JSON, default=dict)
    url: Mapped[str] = mapped_column(Text)
    image_url: Mapped[str | None] = mapped_column(Text)
    # What an editor chose of `actions`, `category`, `relevance`, `analytics_label` and `thread`.
    presentation: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    urgency: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(Text, default="normal")

    # The parts of `push.audience.segment`.
    segment: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    # A time of day in each reader's zone.
    deliver_at: Mapped[str | None] = mapped_column(Text)
    # It goes also to readers who muted its source or had an alert of its story.
    insists: Mapped[bool] = mapped_column(default=False)
    dry_run: Mapped[bool] = mapped_column(default=False)
    # Test phones that a dry run is really shown on; without any it is validated alone. For one
    # that was erased since stands an empty text.
    phones: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")

    created_by: Mapped[str] = mapped_column(Text)
    # All who wrote any part of it.
    authors: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    needs_approval: Mapped[bool] = mapped_column(default=False)
    approved_by: Mapped[str | None] = mapped_column(Text)
    # What an approval is for.
    content_hash: Mapped[str] = mapped_column(Text)
    # What a second person approved, sent back or was asked to read last; an edit keeps it.
    last_read: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    # By whom, when and why.
    sent_back: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime]
    send_at: Mapped[datetime] = mapped_column(index=True)
    expires_at: Mapped[datetime]

    state: Mapped[State] = mapped_column(Text, index=True)
    # The text of `failure_reason` for editors.
    failure: Mapped[str | None] = mapped_column(Text)
    failure_reason: Mapped[str | None] = mapped_column(Text)
    # Why messages wait for another try; the reason of the failure if none is accepted in time.
    trouble: Mapped[str | None] = mapped_column(Text)
    # The last installation of the fan-out.
    sliced_to: Mapped[int] = mapped_column(default=0)
    # The fan-out is complete, or the rest was counted after a recall.
    is_counted: Mapped[bool] = mapped_column(default=False)

    audience: Mapped[int] = mapped_column(default=0)
    accepted: Mapped[int] = mapped_column(default=0)
    held: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    ambiguous: Mapped[int] = mapped_column(default=0)
    retired: Mapped[int] = mapped_column(default=0)
    # Answers that an address is gone, believed or not.
    dead: Mapped[int] = mapped_column(default=0)
    # By reason.
    skipped: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    # Of `push.store.timing`, by platform.
    timings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    # Counts of outcomes.
    by_platform: Mapped[dict[str, dict[str, int]]] = mapped_column(JSON, default=dict)

    @property
    def lives(self) -> timedelta:
        """The time for which it is worth sending, from the moment that it is for a reader."""
        return self.expires_at - self.send_at - waiting(self.deliver_at)

    @property
    def message_kind(self) -> str:
        """The kind for `push.audience.criteria`: its urgency, or `correction` or `dry_run`."""
        if self.dry_run:
            return "dry_run"
        return "correction" if self.corrects_id is not None else self.urgency

    @property
    def counts_as_unread(self) -> bool:
        """Whether it adds an alert on phones: a correction replaces one, a dry run shows none."""
        return self.corrects_id is None and not self.dry_run


class AlertDraft(Base):
    """An alert that somebody is writing, or a template for a kind of alert (`kind`).

    `content` is `schemas.drafts.AlertContent` as JSON; `version` grows with each change, so that
    two editors notice each other; `changed_in` is the page that it was last typed in, empty for a
    program. `authors` are all who wrote a part. A draft is put away when it
    was removed or sent (`sent_as`), and forgotten a day later.
    """

    __tablename__ = "alert_draft"
    __table_args__ = (Index("ix_alert_draft_kind_id", "kind", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    version: Mapped[int]
    created_by: Mapped[str] = mapped_column(Text)
    changed_by: Mapped[str] = mapped_column(Text)
    changed_in: Mapped[str] = mapped_column(Text, default="")
    authors: Mapped[list[str]] = mapped_column(JSON)
    changed_at: Mapped[datetime]
    put_away_at: Mapped[datetime | None] = mapped_column(index=True)
    sent_as: Mapped[str | None] = mapped_column(Text)


class NotificationTopic(Base):
    """A topic of a notification: followers of `any`, of `all`, or of `none` are its audience."""

    __tablename__ = "notification_topic"
    __table_args__ = ({"sqlite_with_rowid": False},)

    notification_id: Mapped[int] = mapped_column(ForeignKey("notification.id"), primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("feed.id"), primary_key=True)
    role: Mapped[str] = mapped_column(Text, default="any")


class Batch(Base):
    """A slice of an audience: the unit of claims, leases and retries.

    All are of one `platform`, which is empty when an older version cut the batch, and of one
    `provider`: the push service of browsers, empty for Firebase.
    `members` are the packed ids of installations still to be tried, all between `first_id` and
    `last_id`; `sent` of those whose message may be on a phone, `unsure` of those of them who
    ended without a certain outcome, `tried` the `push.store.tries` of members. `attempts` fences:
    a worker that lost its lease records nothing. A held batch waits for its readers' own hour.
    `text_id` is the correction whose text the last claim took: who got an older one is known.
    `waits_since` is when `due_at` was set, or since when answers are missed.
    """

    __tablename__ = "batch"
    __table_args__ = (
        Index("ix_batch_state_due_at", "state", "due_at"),
        # With the first id it is told without the rows, which are long, whether a phone is in one.
        Index(
            "ix_batch_notification_id_last_id_first_id", "notification_id", "last_id", "first_id"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    notification_id: Mapped[int] = mapped_column(ForeignKey("notification.id"))
    platform: Mapped[str] = mapped_column(Text)
    provider: Mapped[str] = mapped_column(Text, default="", server_default="")
    state: Mapped[BatchState] = mapped_column(Text)
    due_at: Mapped[datetime]
    waits_since: Mapped[datetime | None]
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

    @property
    def lane(self) -> str:
        """The name of what shares a key: a platform of Firebase's, or a push service."""
        return self.provider or self.platform


class Pause(Base):
    """An open circuit breaker: a platform of a notification waits for its credential.

    In place of the platform stands a push service that refuses our key (`Batch.lane`). After
    `until` a few messages leave to see whether it does.
    """

    __tablename__ = "pause"
    __table_args__ = ({"sqlite_with_rowid": False},)

    notification_id: Mapped[int] = mapped_column(ForeignKey("notification.id"), primary_key=True)
    platform: Mapped[str] = mapped_column(Text, primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime]
    until: Mapped[datetime]

    @property
    def of_platform(self) -> str:
        return self.platform if self.platform in {*PLATFORMS, ""} else "web"


class DailyAlert(Base):
    """An alert that counts against an installation's daily limit; kept as long as batches are."""

    __tablename__ = "daily_alert"
    __table_args__ = ({"sqlite_with_rowid": False},)

    installation_id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[str] = mapped_column(Text, primary_key=True)
    notification_id: Mapped[int] = mapped_column(primary_key=True)


class Suspect(Base):
    """An address that was called dead among so many others that it was not believed.

    `days` are the different days on which alerts found it so while others were accepted, `day` the
    last of them, `since` the first time. It ends when the address takes a message.
    """

    __tablename__ = "suspect"

    installation_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    days: Mapped[int]
    day: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)


class Quota(Base):
    """The state of a provider that all workers share (`Batch.provider`): its limit, its silence.

    `blocked_at` is when it asked to wait until `blocked_until`. `silent_since` is set while it
    answers nobody; `probe_at` is when the next handful may see whether it does again, after so many
    `failures`. `well_since` is the end of the last silence.
    """

    __tablename__ = "quota"

    id: Mapped[int] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(
        Text, unique=True, index=True, default="", server_default=""
    )
    free_at: Mapped[datetime]
    ramp_since: Mapped[datetime]
    blocked_until: Mapped[datetime]
    blocked_at: Mapped[datetime | None]
    silent_since: Mapped[datetime | None]
    probe_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    well_since: Mapped[datetime | None]


class LocalMessage(Base):
    """A message that the built-in phone simulator received, found by the hash of its address."""

    __tablename__ = "local_message"

    seq: Mapped[int] = mapped_column(primary_key=True)
    address_hash: Mapped[str] = mapped_column(Text, index=True)
    installation_id: Mapped[int | None] = mapped_column(index=True)
    message: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class Halt(Base):
    """The kill switch: while there is a row nothing is sent, also across restarts."""

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
    """A sharded counter of receipts: the sum of its shards, so that writers do not contend.

    The platform is empty in what an older version counted.
    """

    __tablename__ = "beacon_count"
    __table_args__ = ({"sqlite_with_rowid": False},)

    notification_id: Mapped[int] = mapped_column(ForeignKey("notification.id"), primary_key=True)
    type: Mapped[str] = mapped_column(Text, primary_key=True)
    platform: Mapped[str] = mapped_column(Text, primary_key=True, server_default="")
    shard: Mapped[int] = mapped_column(primary_key=True)
    count: Mapped[int]
