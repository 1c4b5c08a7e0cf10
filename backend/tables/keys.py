"""The keys of publishers and editors."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.core.db import Base


class NewsroomKey(Base):
    """Who may write. Only the hash of the secret is kept."""

    __tablename__ = "newsroom_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    secret_hash: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    sources: Mapped[list["KeySource"]] = relationship(cascade="all, delete-orphan")


class KeySource(Base):
    """A source that a publisher's key is bound to; a key without any may write for all."""

    __tablename__ = "newsroom_key_source"

    key_id: Mapped[int] = mapped_column(ForeignKey("newsroom_key.id"), primary_key=True)
    slug: Mapped[str] = mapped_column(Text, primary_key=True)
