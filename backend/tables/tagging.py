"""MinHash sketches of articles' texts, for near-duplicate lookup."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from backend.core.db import Base


class ArticleSketch(Base):
    """The sketch of an article's text, packed."""

    __tablename__ = "article_sketch"

    article_id: Mapped[int] = mapped_column(
        ForeignKey("article.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    sketch: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]


class SketchHash(Base):
    """The lowest hashes of a sketch: what candidates are looked up by."""

    __tablename__ = "sketch_hash"
    __table_args__ = (Index("ix_sketch_hash_article_id", "article_id"),)

    hash: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    article_id: Mapped[int] = mapped_column(
        ForeignKey("article.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
