"""Polled feeds: URL, schedule, lease, validators, health, history of polls."""

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, Index, Text, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.core.db import Base
from backend.tables.newsroom import Source

# The reason why a feed is paused whose source was blocked.
BLOCKED = "the source is blocked"


class SourceFeed(Base):
    """The feed of a source. `lease_until` and `attempt` say who is polling it at the moment.

    `entry_counts` is what became of the entries of the last document. `day_first` is
    null when nobody said it, `identity` when entries are told apart by the general rule.
    `ports` are allowed beside 80 and 443. `basic_auth` and `secret_header` are encrypted. At
    `full_at` the whole document came last.
    `last_entries`, `last_refused` and `undated_entries` are of the last document that was read.
    `full_text` is `page` where the pages of its articles are fetched; `page_counts` is what became
    of them.
    `health_told` and `health_since` are what was logged last; `alarmed_at` is when others were
    told that it is broken, `turned_at` since when the opposite of what they were told is true.
    `hub_url` and `topic_url` are what the last document named for WebSub; `pushed_at` is when
    the hub told of something that no poll has answered yet.
    """

    __tablename__ = "source_feed"

    source_id: Mapped[int] = mapped_column(
        ForeignKey("source.id"), primary_key=True, autoincrement=False
    )
    feed_url: Mapped[str] = mapped_column(Text)
    host: Mapped[str] = mapped_column(Text, index=True)
    category: Mapped[str | None] = mapped_column(Text)
    time_zone: Mapped[str | None] = mapped_column(Text)
    day_first: Mapped[bool | None]
    identity: Mapped[str | None] = mapped_column(Text)

    is_fast: Mapped[bool] = mapped_column(default=False, server_default=false())
    ports: Mapped[str] = mapped_column(Text, default="", server_default="")
    document_bytes: Mapped[int | None]
    basic_auth: Mapped[str | None] = mapped_column(Text)
    secret_header: Mapped[str | None] = mapped_column(Text)

    full_text: Mapped[str] = mapped_column(Text, default="feed", server_default="feed")
    page_counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict, server_default="{}")

    paused_at: Mapped[datetime | None]
    pause_reason: Mapped[str | None] = mapped_column(Text)
    next_poll_at: Mapped[datetime] = mapped_column(index=True)
    lease_until: Mapped[datetime | None]
    attempt: Mapped[int] = mapped_column(default=0)
    interval_s: Mapped[int] = mapped_column(default=3600)

    full_at: Mapped[datetime | None]
    validators_url: Mapped[str | None] = mapped_column(Text)
    etag: Mapped[str | None] = mapped_column(Text)
    last_modified: Mapped[str | None] = mapped_column(Text)
    moved_to: Mapped[str | None] = mapped_column(Text)
    moved_seen: Mapped[int] = mapped_column(default=0)

    hub_url: Mapped[str | None] = mapped_column(Text)
    topic_url: Mapped[str | None] = mapped_column(Text)
    pushed_at: Mapped[datetime | None]

    created_at: Mapped[datetime]
    last_polled_at: Mapped[datetime | None]
    last_success_at: Mapped[datetime | None]
    last_new_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(Text)
    window_overflows: Mapped[int] = mapped_column(default=0)
    undated_entries: Mapped[int] = mapped_column(default=0)
    is_well_formed: Mapped[bool] = mapped_column(default=True)
    entry_counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict, server_default="{}")
    last_entries: Mapped[int | None]
    last_refused: Mapped[int | None]
    last_overflow_at: Mapped[datetime | None]
    health_told: Mapped[str | None] = mapped_column(Text)
    health_since: Mapped[datetime | None]
    turned_at: Mapped[datetime | None]
    alarmed_at: Mapped[datetime | None]

    source: Mapped[Source] = relationship()

    @property
    def port_numbers(self) -> list[int]:
        return [int(port) for port in self.ports.split()]


class SourcePoll(Base):
    """The outcome of one poll of a feed; only the latest of each feed are kept."""

    __tablename__ = "source_poll"
    __table_args__ = (Index("ix_source_poll_source_id_id", "source_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source_feed.source_id", ondelete="CASCADE"))
    at: Mapped[datetime]
    duration_ms: Mapped[int]
    outcome: Mapped[str] = mapped_column(Text)
    status: Mapped[int | None]
    entries: Mapped[int] = mapped_column(default=0)
    new: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    undated: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)


class SourceDay(Base):
    """The sums of a feed's polls on one day, in UTC; kept longer than the polls."""

    __tablename__ = "source_day"

    source_id: Mapped[int] = mapped_column(
        ForeignKey("source_feed.source_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    polls: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    new: Mapped[int] = mapped_column(default=0)
