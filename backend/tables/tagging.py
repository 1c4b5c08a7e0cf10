"""The tables of tagging: evidence of names, bans, merges, recognised names, and MinHash sketches
of articles' texts.
"""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.core.db import Base
from backend.tables.newsroom import KEY
from backend.tables.partial_index import partial_index


class ArticleSketch(Base):
    """The sketch of an article's text, packed."""

    __tablename__ = "article_sketch"

    article_id: Mapped[int] = mapped_column(
        ForeignKey("article.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    sketch: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]


class SketchHash(Base):
    """One of the lowest hashes of a sketch, by which candidates are looked up."""

    __tablename__ = "sketch_hash"
    __table_args__ = (Index("ix_sketch_hash_article_id", "article_id"),)

    hash: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    article_id: Mapped[int] = mapped_column(
        ForeignKey("article.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )


class NameEvidence(Base):
    """Evidence that an article says a name, or was filed under it by its publisher: kept 48 hours.

    `is_due` marks an article that is to be tagged again, because the name became a tag.
    """

    __tablename__ = "name_evidence"
    __table_args__ = (
        Index("ix_name_evidence_article_id", "article_id"),
        Index("ix_name_evidence_seen_at", "seen_at"),
    )

    key: Mapped[str] = mapped_column(KEY, primary_key=True)
    article_id: Mapped[int] = mapped_column(
        ForeignKey("article.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    source_id: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    as_keyword: Mapped[bool]
    is_due: Mapped[bool] = mapped_column(default=False)
    seen_at: Mapped[datetime]


partial_index(
    "ix_name_evidence_due",
    NameEvidence.article_id,
    where=NameEvidence.is_due,
)


class TagBan(Base):
    """An editor's decision that a name is no tag, for one source or (0) for all."""

    __tablename__ = "tag_ban"

    key: Mapped[str] = mapped_column(KEY, primary_key=True)
    source_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class ArticleTagChoice(Base):
    """An editor's decision that an article carries a tag, or does not, whatever its text says."""

    __tablename__ = "article_tag_choice"

    article_id: Mapped[int] = mapped_column(
        ForeignKey("article.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    key: Mapped[str] = mapped_column(KEY, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    is_wanted: Mapped[bool]
    by: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class TagMerge(Base):
    """The state of a merged tag before the merge, as JSON, so that it can be undone for a day."""

    __tablename__ = "tag_merge"

    merged_id: Mapped[int] = mapped_column(
        ForeignKey("tag.id"), primary_key=True, autoincrement=False
    )
    into_id: Mapped[int] = mapped_column(ForeignKey("tag.id"))
    before: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(index=True)


class RecognisedNames(Base):
    """The names that an optional recogniser found in an article's title and lead.

    `text_hash` is of what it read. They stay with the article, so that tagging it again finds them.
    """

    __tablename__ = "recognised_names"

    article_id: Mapped[int] = mapped_column(
        ForeignKey("article.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    text_hash: Mapped[str] = mapped_column(Text)
    names: Mapped[list[str]] = mapped_column(JSON)
