"""Terms that stories are found by, and editors' decisions about stories."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.core.db import Base


class StoryTerms(Base):
    """The words of an article of the last 48 hours with their weights, as JSON.

    A changed article gets a new row. `seq` grows in the order of commits, because articles are
    written by one transaction at a time; a process so reads what it does not know yet.
    """

    __tablename__ = "story_terms"
    __table_args__ = (Index("ix_story_terms_at_us", "at_us"), {"sqlite_autoincrement": True})

    seq: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(
        ForeignKey("article.id", ondelete="CASCADE"), unique=True
    )
    at_us: Mapped[int] = mapped_column(BigInteger)
    terms: Mapped[str] = mapped_column(Text)


class StoryApart(Base):
    """An editor's decision: these two articles do not tell of one event. The lower id first."""

    __tablename__ = "story_apart"

    article_id: Mapped[int] = mapped_column(
        ForeignKey("article.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    other_id: Mapped[int] = mapped_column(
        ForeignKey("article.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        index=True,
    )
    decided_by: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[datetime]
