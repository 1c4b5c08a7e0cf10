"""The people of the newsroom and their sessions in the browser."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.core.db import Base


class NewsroomUser(Base):
    """A person. Rows are never deleted: what somebody did keeps its name.

    `name_key` is the name as it is compared. Whoever has an `invitation_hash` has been sent a
    one-time link and not used it yet. `totp_secret` is encrypted; `totp_step` is the time step of
    the last code that was taken, so that none is taken twice. `sources` bind a publisher.
    """

    __tablename__ = "newsroom_user"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    name_key: Mapped[str] = mapped_column(Text, unique=True)
    role: Mapped[str] = mapped_column(Text)
    sources: Mapped[list[str]] = mapped_column(JSON, default=list)
    language: Mapped[str | None] = mapped_column(Text)
    time_zone: Mapped[str | None] = mapped_column(Text)
    password_hash: Mapped[str | None] = mapped_column(Text)
    totp_secret: Mapped[str | None] = mapped_column(Text)
    totp_step: Mapped[int | None]
    recovery_hashes: Mapped[list[str]] = mapped_column(JSON, default=list)
    invitation_hash: Mapped[str | None] = mapped_column(Text, unique=True)
    invitation_ends_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    last_login_at: Mapped[datetime | None]


class NewsroomSession(Base):
    """A session of a person in one browser. It ends by being deleted, or by its age.

    Only the hash of the cookie is kept. `seen_at` is kept to a few minutes.
    """

    __tablename__ = "newsroom_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("newsroom_user.id"), index=True)
    secret_hash: Mapped[str] = mapped_column(Text, unique=True)
    user_agent: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
