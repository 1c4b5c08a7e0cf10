"""Webhook endpoints, messages (outbox), deliveries and attempts."""

from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import JSON, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.core.db import Base


class WebhookEndpoint(Base):
    """An endpoint of another system. Its secrets are sealed: signing needs them, reading does not.

    `old_secrets` are those that were promised to sign too, each with its own end.
    `resting_until` keeps everything for an endpoint back after a failure, so that one that is
    down is not asked for each message.
    """

    __tablename__ = "webhook_endpoint"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True)
    url: Mapped[str] = mapped_column(Text)
    events: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    secret: Mapped[str] = mapped_column(Text)
    old_secrets: Mapped[list[dict[str, str]]] = mapped_column(
        JSON, default=list, server_default="[]"
    )
    created_at: Mapped[datetime]
    paused_at: Mapped[datetime | None]
    pause_reason: Mapped[str | None] = mapped_column(Text)
    failures: Mapped[int] = mapped_column(default=0)
    resting_until: Mapped[datetime | None]

    @property
    def shown_url(self) -> str:
        """The URL without a user name and password, which earlier versions took."""
        parts = urlsplit(self.url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()

    @property
    def paused(self) -> bool:
        return self.paused_at is not None

    @property
    def event_names(self) -> list[str]:
        return self.events.split()


class WebhookSequence(Base):
    """Numbers of events, never given twice: a later event has a higher one.

    Not the message's own number, which SQLite gives again when the newest message was erased. Not
    a counter that is locked until the commit either: everybody would wait for everybody.
    """

    __tablename__ = "webhook_sequence"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)


class WebhookMessage(Base):
    """An event as it is sent, written in the transaction of what happened."""

    __tablename__ = "webhook_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True)
    event: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text, index=True)
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(index=True)


class WebhookDelivery(Base):
    """A message on its way to one endpoint: pending, delivered or failed."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        Index("ix_webhook_delivery_state_due_at", "state", "due_at"),
        # Whether an earlier message about the same subject is still on its way.
        Index("ix_webhook_delivery_order", "endpoint_id", "subject", "state", "id"),
        Index("ix_webhook_delivery_message_id", "message_id"),
        # The log of an endpoint, and what of it waits or failed.
        Index("ix_webhook_delivery_log", "endpoint_id", "id"),
        Index("ix_webhook_delivery_state", "endpoint_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("webhook_endpoint.id", ondelete="CASCADE"))
    message_id: Mapped[int] = mapped_column(ForeignKey("webhook_message.id", ondelete="CASCADE"))
    subject: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, default="pending")
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]

    endpoint: Mapped[WebhookEndpoint] = relationship()
    message: Mapped[WebhookMessage] = relationship()
    attempts: Mapped[list["WebhookAttempt"]] = relationship(
        order_by="WebhookAttempt.id", passive_deletes=True
    )

    @property
    def next_try_at(self) -> datetime | None:
        return self.due_at if self.state == "pending" else None


class WebhookAttempt(Base):
    """A request of a delivery, with its status or the reason why there was none."""

    __tablename__ = "webhook_attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[int] = mapped_column(
        ForeignKey("webhook_delivery.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[datetime]
    status: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(Text)
    duration_ms: Mapped[int]
