"""The tables behind every feed: sources, categories, tags, articles, feed rows and changes."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.core.db import Base
from backend.tables.partial_index import partial_index

# Compared byte by byte on both databases, so that an index finds all keys that begin alike.
KEY = Text().with_variant(Text(collation="C"), "postgresql")


class Source(Base):
    """A publisher, and what we may show of its articles: see `backend.newsroom.rights`.

    `removed_at` is when an editor removed it; its row stays because articles name it.
    `is_emptied` holds while its articles are being taken down; since `blocked_at` nothing of it is
    published. `refused_dates` counts the dates of
    its articles that were not believed.
    """

    __tablename__ = "source"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    home_url: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    rights: Mapped[str | None] = mapped_column(Text)
    canonical: Mapped[str] = mapped_column(Text, default="ours", server_default="ours")
    attribution: Mapped[str | None] = mapped_column(Text)
    expires_after_days: Mapped[int | None]
    embargo_minutes: Mapped[int | None]
    removed_at: Mapped[datetime | None]
    is_emptied: Mapped[bool] = mapped_column(default=False, server_default=false())
    blocked_at: Mapped[datetime | None]
    refused_dates: Mapped[int] = mapped_column(default=0, server_default="0")


class Category(Base):
    """A section of the site, such as Politics."""

    __tablename__ = "category"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)


class Tag(Base):
    """A tag that articles carry. Its name may change and it may be merged; its id stays.

    `state` is known (of a list or a publisher), learned (from the stream) or confirmed (by an
    editor).
    """

    __tablename__ = "tag"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(KEY, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, default="known", server_default="known")
    created_at: Mapped[datetime]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("tag.id"), index=True)

    members: Mapped[list["TagMember"]] = relationship(
        foreign_keys="TagMember.pair_id", order_by="TagMember.position"
    )


class TagMember(Base):
    """A member of a pair of tags. Members are stored, never parsed out of the pair's name."""

    __tablename__ = "tag_member"

    pair_id: Mapped[int] = mapped_column(ForeignKey("tag.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"), index=True)

    tag: Mapped[Tag] = relationship(foreign_keys=[tag_id], lazy="joined")


class TagAlias(Base):
    """Another spelling, as a key, that leads to a tag."""

    __tablename__ = "tag_alias"

    key: Mapped[str] = mapped_column(KEY, primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"), index=True)


class Story(Base):
    """Articles of several publishers about the same event: grouped, never hidden.

    `curated_by` is the key of the editor who joined or split it last. A merged story leads to the
    one that took its articles.
    """

    __tablename__ = "story"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime] = mapped_column(index=True)
    source_count: Mapped[int] = mapped_column(default=1)
    curated_by: Mapped[str | None] = mapped_column(Text)
    curated_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None]


partial_index(
    "ix_story_curated",
    Story.id,
    where=Story.curated_at.is_not(None),
)


class Article(Base):
    """An article of one publisher.

    `rank_us` is set once, when the article is first listed; it is null while an embargo holds.
    `card` is the article's summary as JSON, made whenever something in it changes; its `url` is
    a path, because the site's own address may change. `breaking_first_at` is when readers could
    first read it as breaking, and stays when it no longer is: it is alerted about once.
    `text_hash` is of the text as it came last, kept or not: empty when that is too short to tell,
    null when an older version got it.
    `unpublish_reason` is told to whoever of the newsroom sends it again. `story_score` is how much
    it resembled its story when it joined; null where an editor joined it. `written_by` names the
    keys that wrote any part of it. `version` grows with each change of what it says; `edited_at` is
    when somebody of the newsroom last made one. Since `pinned_at` no version of its source changes
    it. `takedown` has who took it down, why, and what its page says; until `undo_until` that can be
    undone.
    """

    __tablename__ = "article"
    __table_args__ = (
        UniqueConstraint("source_id", "external_id"),
        Index("ix_article_source_url", "source_id", "source_url"),
        # A source's articles for the newsroom, newest first.
        Index("ix_article_source_id_id", "source_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    external_id: Mapped[str] = mapped_column(Text)
    source_url: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    summary: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str] = mapped_column(Text)
    body_text: Mapped[str] = mapped_column(Text)
    image_url: Mapped[str | None] = mapped_column(Text)
    image_width: Mapped[int | None]
    image_height: Mapped[int | None]
    image_alt: Mapped[str | None] = mapped_column(Text)
    authors: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, server_default="[]")
    media: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, server_default="[]")
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))
    language: Mapped[str] = mapped_column(Text)
    breaking: Mapped[bool] = mapped_column(default=False)
    breaking_first_at: Mapped[datetime | None]
    published_at: Mapped[datetime]
    first_seen_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    corrected_at: Mapped[datetime | None]
    embargo_until: Mapped[datetime | None]
    unpublished_at: Mapped[datetime | None]
    unpublish_reason: Mapped[str | None] = mapped_column(Text)
    takedown: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    undo_until: Mapped[datetime | None]
    rank_us: Mapped[int | None] = mapped_column(BigInteger)
    story_id: Mapped[int | None] = mapped_column(ForeignKey("story.id"), index=True)
    story_score: Mapped[float | None]
    content_hash: Mapped[str] = mapped_column(Text)
    text_hash: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    edited_at: Mapped[datetime | None]
    pinned_at: Mapped[datetime | None]
    written_by: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    card: Mapped[str] = mapped_column(Text, default="")

    source: Mapped[Source] = relationship()
    category: Mapped[Category | None] = relationship()
    story: Mapped[Story | None] = relationship()
    tags: Mapped[list["ArticleTag"]] = relationship(
        order_by="ArticleTag.position", cascade="all, delete-orphan"
    )

    @property
    def is_listed(self) -> bool:
        return self.rank_us is not None and self.unpublished_at is None


partial_index(
    "ix_article_embargo",
    Article.embargo_until,
    where=Article.rank_us.is_(None),
)
# The articles that readers do not see, for the newsroom: newest first.
partial_index(
    "ix_article_held",
    Article.id,
    where=Article.rank_us.is_(None),
)
partial_index(
    "ix_article_taken_down",
    Article.id,
    where=Article.unpublished_at.is_not(None),
)
# A source's articles that were taken down are counted without reading them.
partial_index(
    "ix_article_source_id_taken_down",
    Article.source_id,
    where=Article.unpublished_at.is_not(None),
)
# Recognises a text that was taken down when it comes again.
partial_index(
    "ix_article_source_id_text_hash",
    Article.source_id,
    Article.text_hash,
    where=Article.unpublished_at.is_not(None),
)


class ArticleTag(Base):
    """A tag that an article carries, with the rule that fired and how strongly."""

    __tablename__ = "article_tag"
    # The articles of a tag in their order.
    __table_args__ = (Index("ix_article_tag_tag_id_article_id", "tag_id", "article_id"),)

    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"), primary_key=True)
    position: Mapped[int]
    rule: Mapped[str] = mapped_column(Text)
    score: Mapped[float]

    tag: Mapped[Tag] = relationship()


class Feed(Base):
    """A list that can be read and, without a language, followed as a topic.

    `kind` is tag, source, category, all or breaking; `ref_id` the id of the tag, source or
    category (0 for the other two); `language` is empty for the feed of every language. Those of
    the kinds sitemap and stories have no rows: they say when a document of the sitemap changed.
    `version` is the number of the last change in it, `pruned_to` that of the last one forgotten.
    `changed_at` is when an article of it last came, changed or left. `added_version` is the number
    of the last change that added an article to it, `rarer_version` that of the last one that moved
    a tag to a rarer step (`backend.catalog.rarity`).
    """

    __tablename__ = "feed"
    __table_args__ = (
        UniqueConstraint("kind", "ref_id", "language"),
        # Finds the lists that changed since a number, for the purge of the cache in front.
        Index("ix_feed_version", "version"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    ref_id: Mapped[int]
    language: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(BigInteger, default=0)
    pruned_to: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    changed_at: Mapped[datetime | None]
    added_version: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    rarer_version: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")


class FeedRow(Base):
    """An article's place in one feed: all that a page is cut from.

    `source_id` is the article's, which never changes: who muted it skips the row where it stands.
    """

    __tablename__ = "feed_row"
    __table_args__ = (
        Index("ix_feed_row_article_id", "article_id"),
        {"sqlite_with_rowid": False},
    )

    feed_id: Mapped[int] = mapped_column(ForeignKey("feed.id"), primary_key=True)
    rank_us: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"), primary_key=True)
    source_id: Mapped[int] = mapped_column(server_default="0")


class FeedPin(Base):
    """An article that an editor put on top of a list, in every language of it, until a time.

    It is shown there while the list has it. The list is named as in `Feed`.
    """

    __tablename__ = "feed_pin"

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    ref_id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"), primary_key=True, index=True)
    until: Mapped[datetime] = mapped_column(index=True)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(Text)


class FeedChange(Base):
    """The latest change of an article in one feed: `upsert`, or `remove` with its reason.

    One row an article, moved to the newest number, so the stream never repeats what is no
    longer true and a removed article is never shown again.
    """

    __tablename__ = "feed_change"
    __table_args__ = (
        Index("ix_feed_change_feed_id_seq", "feed_id", "seq"),
        {"sqlite_with_rowid": False},
    )

    feed_id: Mapped[int] = mapped_column(ForeignKey("feed.id"), primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    op: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    into_id: Mapped[int | None]
    at: Mapped[datetime]


class ChangeCounter(Base):
    """The last change number. Its row is locked from the first change of a transaction until
    the commit, so numbers become visible in order on PostgreSQL too.

    `named` is the number of the last change of what something is called.
    """

    __tablename__ = "change_counter"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)
    named: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
