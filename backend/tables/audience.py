"""Installations, the topics they follow, the sources they muted and the languages they read."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.core.db import Base
from backend.tables.partial_index import partial_index

UNOWNED = "unowned:"


class Installation(Base):
    """The app on one device. Its address is data that changes; nothing is keyed by it.

    `address_retired_for` is what the provider said when the address was retired.
    `address_fid` is the Firebase installation id in it: what a token and an id of one app share.
    `unread` counts the alerts that the provider accepted for an app that `wants_badge`, since it
    last said that it was opened. One that `was_used` had an address or followed a topic at some
    time. `follow_revision` counts what it follows and mutes anew; what it was before
    `forgotten_revision` is no longer known. `test_name` is what the newsroom calls a phone of its
    own. One that was moved in from another push system has no secret until its app registers:
    its `secret_hash` begins with `UNOWNED`, as the hash of no secret does.
    """

    __tablename__ = "installation"
    __table_args__ = (UniqueConstraint("address_kind", "address_value"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True)
    secret_hash: Mapped[str] = mapped_column(Text, unique=True)
    platform: Mapped[str] = mapped_column(Text)
    address_kind: Mapped[str | None] = mapped_column(Text)
    address_value: Mapped[str | None] = mapped_column(Text)
    address_fid: Mapped[str | None] = mapped_column(Text, index=True)
    address_retired_at: Mapped[datetime | None]
    address_retired_for: Mapped[str | None] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(Text)
    time_zone: Mapped[str] = mapped_column(Text)
    app_version: Mapped[str | None] = mapped_column(Text)
    edition: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    quiet_start: Mapped[str | None] = mapped_column(Text)
    quiet_end: Mapped[str | None] = mapped_column(Text)
    breaking_overrides_quiet_hours: Mapped[bool] = mapped_column(default=True)
    daily_limit: Mapped[int | None]
    is_test: Mapped[bool] = mapped_column(default=False)
    test_name: Mapped[str | None] = mapped_column(Text)
    wants_badge: Mapped[bool] = mapped_column(default=False)
    unread: Mapped[int] = mapped_column(default=0)
    was_used: Mapped[bool] = mapped_column(default=False)
    follow_revision: Mapped[int] = mapped_column(default=0, server_default="0")
    forgotten_revision: Mapped[int] = mapped_column(default=0, server_default="0")


partial_index(
    "ix_installation_unused",
    Installation.seen_at,
    where=Installation.was_used.is_(False),
)


partial_index(
    "ix_installation_test",
    Installation.id,
    where=Installation.is_test.is_(True),
)


class AddressClaim(Base):
    """An address that an installation calls its own while another one holds that phone."""

    __tablename__ = "address_claim"

    installation_id: Mapped[int] = mapped_column(
        ForeignKey("installation.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(Text)
    value: Mapped[str] = mapped_column(Text)
    fid: Mapped[str] = mapped_column(Text, index=True)
    address_hash: Mapped[str] = mapped_column(Text, index=True)


class AddressProof(Base):
    """The nonce that was sent to a claimed address last: whoever brings it back reads that phone.

    It is found by the address's hash, so that many who claim one address cause no more messages
    than one does. `wanted_at` is when the next nonce may be sent, None when nobody asks for one.
    """

    __tablename__ = "address_proof"

    address_hash: Mapped[str] = mapped_column(Text, primary_key=True)
    nonce_hash: Mapped[str | None] = mapped_column(Text)
    wanted_at: Mapped[datetime | None] = mapped_column(index=True)
    sent_at: Mapped[datetime | None]
    sends: Mapped[int] = mapped_column(default=0)


class Follow(Base):
    """A topic that an installation follows: a feed without a language.

    Its `level` says which alerts make a sound: `all`, `important`, `breaking` or `silent`.
    `revision` is the installation's when it was followed.
    """

    __tablename__ = "follow"
    __table_args__ = (
        Index("ix_follow_installation_id", "installation_id"),
        {"sqlite_with_rowid": False},
    )

    feed_id: Mapped[int] = mapped_column(ForeignKey("feed.id"), primary_key=True)
    installation_id: Mapped[int] = mapped_column(
        ForeignKey("installation.id", ondelete="CASCADE"), primary_key=True
    )
    since: Mapped[datetime]
    level: Mapped[str] = mapped_column(Text, default="all")
    revision: Mapped[int] = mapped_column(default=0, server_default="0")


class Unfollowed(Base):
    """A topic that an installation followed until its `revision`, perhaps again since.

    Kept as long as changes of feeds are: a cached home learns from it what to drop.
    """

    __tablename__ = "unfollowed"

    installation_id: Mapped[int] = mapped_column(
        ForeignKey("installation.id", ondelete="CASCADE"), primary_key=True
    )
    feed_id: Mapped[int] = mapped_column(ForeignKey("feed.id"), primary_key=True)
    revision: Mapped[int]
    at: Mapped[datetime] = mapped_column(index=True)


class MutedSource(Base):
    """A source whose articles and alerts are skipped for an installation."""

    __tablename__ = "muted_source"

    installation_id: Mapped[int] = mapped_column(
        ForeignKey("installation.id", ondelete="CASCADE"), primary_key=True
    )
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), primary_key=True)


class ReadLanguage(Base):
    """A language that the reader chose: articles and alerts in others are skipped.

    `feed_language` is that of the feeds which hold what its readers can read.
    """

    __tablename__ = "read_language"

    installation_id: Mapped[int] = mapped_column(
        ForeignKey("installation.id", ondelete="CASCADE"), primary_key=True
    )
    language: Mapped[str] = mapped_column(Text, primary_key=True)
    feed_language: Mapped[str] = mapped_column(Text)
