"""Tables of the links: redeemed tokens, origins, short links, daily counts. No personal data."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.core.db import Base


class SpentLink(Base):
    """The hash of a redeemed token, until the token expires."""

    __tablename__ = "spent_link"

    token_hash: Mapped[str] = mapped_column(Text, primary_key=True)
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
    """A short link to a page of our own; the code of an imported one begins with its host."""

    __tablename__ = "short_link"

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    path: Mapped[str] = mapped_column(Text)
    campaign: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]


class LinkCount(Base):
    """A daily counter: downloads and what follows by campaign, clicks by code."""

    __tablename__ = "link_count"

    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    label: Mapped[str] = mapped_column(Text, primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
