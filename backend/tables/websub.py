"""WebSub subscriptions: what hubs were asked for, what they verified, what is due next."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.core.db import Base


class WebSubSubscription(Base):
    """A subscription of a source at a hub. It outlives the source's feed until it is ended.

    `site` and `token` make the callback's address. `secret` is encrypted. `feed_url` and `ports`
    are those of the feed that named the hub. Not wanted any more, it is being unsubscribed.
    `pending_mode` is what the hub may verify; `failures` are requests since it last did, and at
    `due_at` comes the next one. `attempt` tells requests apart.
    """

    __tablename__ = "websub_subscription"

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), index=True)
    token: Mapped[str] = mapped_column(Text, unique=True)
    site: Mapped[str] = mapped_column(Text)
    feed_url: Mapped[str] = mapped_column(Text)
    ports: Mapped[str] = mapped_column(Text, default="")
    hub_url: Mapped[str] = mapped_column(Text)
    topic_url: Mapped[str] = mapped_column(Text)
    secret: Mapped[str] = mapped_column(Text)

    is_wanted: Mapped[bool] = mapped_column(default=True)
    pending_mode: Mapped[str | None] = mapped_column(Text)
    attempt: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(index=True)
    failures: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(Text)

    created_at: Mapped[datetime]
    verified_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    denied_at: Mapped[datetime | None]
    last_push_at: Mapped[datetime | None]
