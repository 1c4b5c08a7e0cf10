"""The audit log of the newsroom, and the earlier versions of articles."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from backend.core.db import Base
from backend.tables.newsroom import KEY


class AuditEntry(Base):
    """An act of the newsroom. Rows are never changed, and deleted when they are old.

    `act` is what was done, such as `tag.merged`; `subject` what it was done to, such as
    `tag:Harbour`. `before` and `after` have the members that the act changed.
    """

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_kind: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[str] = mapped_column(Text)
    actor_name: Mapped[str] = mapped_column(Text, index=True)
    act: Mapped[str] = mapped_column(KEY, index=True)
    subject: Mapped[str] = mapped_column(Text, index=True)
    before: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    request_id: Mapped[str | None] = mapped_column(Text)


class ArticleVersion(Base):
    """A change of an article by one version: the members as they read before it.

    `number` is that of the version that took their place, `by` who wrote it (null: its source's
    feed). An article that never changed has no row.
    """

    __tablename__ = "article_version"

    article_id: Mapped[int] = mapped_column(
        ForeignKey("article.id"), primary_key=True, autoincrement=False
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    by: Mapped[str | None] = mapped_column(Text)
    is_correction: Mapped[bool] = mapped_column(default=False, server_default=false())
    before: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
