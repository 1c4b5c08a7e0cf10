"""Tables of the links: redeemed tokens, origins, short links, daily counts. No personal data."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.core.db import Base
from backend.tables.newsroom import KEY
from backend.tables.partial_index import partial_index


class SpentLink(Base):
    """The hash of a redeemed token, until the token expires, and of the key that may repeat it."""

    __tablename__ = "spent_link"

    token_hash: Mapped[str] = mapped_column(Text, primary_key=True)
    key_hash: Mapped[str | None] = mapped_column(Text)
    spent_at: Mapped[datetime | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class LinkOrigin(Base):
    """The campaign that an installation came from, for the few days in which follows count."""

    __tablename__ = "link_origin"

    installation_id: Mapped[int] = mapped_column(
        ForeignKey("installation.id", ondelete="CASCADE"), primary_key=True
    )
    campaign: Mapped[str] = mapped_column(Text)
    until: Mapped[datetime] = mapped_column(index=True)


class ShortLink(Base):
    """A short link to a page of our own; the code of an imported one begins with its host.

    `rules` are other targets for some visitors, see `short_links/targets.py`.
    """

    __tablename__ = "short_link"
    __table_args__ = (
        Index("ix_short_link_campaign", "campaign", "id"),
        # By its hash on PostgreSQL, whose dialect is not loaded for that: see the migration.
        Index("ix_short_link_path", "path"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(KEY, unique=True)
    path: Mapped[str] = mapped_column(Text)
    campaign: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    rules: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, server_default="[]")

    tags: Mapped[list["ShortLinkTag"]] = relationship(
        order_by="ShortLinkTag.tag", cascade="all, delete-orphan", passive_deletes=True
    )


# Indexes of the few links that are out of use or have an end.
for _name, _is_one in (
    ("ix_short_link_disabled", ShortLink.disabled_at.is_not(None)),
    ("ix_short_link_ending", ShortLink.expires_at.is_not(None)),
):
    partial_index(_name, ShortLink.id, where=_is_one)


class ShortLinkTag(Base):
    """A word by which a newsroom finds its links."""

    __tablename__ = "short_link_tag"

    tag: Mapped[str] = mapped_column(Text, primary_key=True)
    link_id: Mapped[int] = mapped_column(
        ForeignKey("short_link.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class LinkCount(Base):
    """A daily counter: downloads and what follows by campaign, clicks by link and campaign."""

    __tablename__ = "link_count"
    __table_args__ = (Index("ix_link_count_kind_day", "kind", "day"),)

    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    label: Mapped[str] = mapped_column(Text, primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
