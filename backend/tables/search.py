"""Full-text index entries; the words live in a table of each engine's own kind."""

from sqlalchemy import BigInteger, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.core.db import Base


class SearchEntry(Base):
    """An article's place in the full-text index, and the version of its text that is in there.

    The words themselves are in `search_words`, which each engine makes in its own way.
    """

    __tablename__ = "search_entry"

    article_id: Mapped[int] = mapped_column(
        ForeignKey("article.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    place: Mapped[int] = mapped_column(BigInteger, unique=True)
    version: Mapped[str] = mapped_column(Text)
