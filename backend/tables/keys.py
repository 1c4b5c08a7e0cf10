"""The keys of publishers and editors."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.core.db import Base


class NewsroomKey(Base):
    """A publisher's or editor's key: only the hash of its secret, and a `prefix` to know it by.

    `name` is the person or publisher: several keys of one name are one person. A key that was made
    for a user acts as that person, and is refused while they are disabled. A key from before
    prefixes has none. `last_used_at` is kept to the hour. `all_sources` is a publisher's right to
    write for every source; a date ahead, sent by a key that `may_embargo`, is an embargo. A key
    that was rotated names the one that replaced it.
    """

    __tablename__ = "newsroom_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    secret_hash: Mapped[str] = mapped_column(Text, unique=True)
    prefix: Mapped[str | None] = mapped_column(Text)
    all_sources: Mapped[bool] = mapped_column(default=False, server_default=false())
    may_embargo: Mapped[bool] = mapped_column(default=False, server_default=false())
    user_id: Mapped[int | None] = mapped_column(ForeignKey("newsroom_user.id"))
    replaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("newsroom_key.id"))
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    sources: Mapped[list["KeySource"]] = relationship(cascade="all, delete-orphan")
    replaced_by: Mapped["NewsroomKey | None"] = relationship(remote_side="NewsroomKey.id")

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class KeySource(Base):
    """A source that a publisher's key is bound to."""

    __tablename__ = "newsroom_key_source"

    key_id: Mapped[int] = mapped_column(ForeignKey("newsroom_key.id"), primary_key=True)
    slug: Mapped[str] = mapped_column(Text, primary_key=True)
