"""Pages of articles that are fetched for their full text, and the hosts they are on."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.core.db import Base
from backend.tables.ingest import SourceFeed
from backend.tables.newsroom import Article
from backend.tables.partial_index import partial_index


class ArticlePage(Base):
    """The page of one article: null `outcome` while it waits to be fetched.

    `tries` counts every request for it. `is_dated` says that the feed told when the article was
    published; `is_taken` that the article's text came from its page once.
    """

    __tablename__ = "article_page"

    article_id: Mapped[int] = mapped_column(
        ForeignKey("article.id"), primary_key=True, autoincrement=False
    )
    source_id: Mapped[int] = mapped_column(
        ForeignKey("source_feed.source_id", ondelete="CASCADE"), index=True
    )
    host: Mapped[str] = mapped_column(Text)
    due_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    fetched_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
    is_dated: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_taken: Mapped[bool] = mapped_column(default=False, server_default=false())

    article: Mapped[Article] = relationship()
    feed: Mapped[SourceFeed] = relationship()


partial_index(
    "ix_article_page_host_due_at",
    ArticlePage.host,
    ArticlePage.due_at,
    where=ArticlePage.outcome.is_(None),
)


class PageHost(Base):
    """A host that pages are fetched from, one at a time: who holds it, and when it may be asked."""

    __tablename__ = "page_host"

    host: Mapped[str] = mapped_column(Text, primary_key=True)
    next_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempt: Mapped[int] = mapped_column(default=0)
