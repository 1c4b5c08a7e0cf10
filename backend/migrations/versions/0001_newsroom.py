"""Articles, tags, feeds, installations and keys."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _category()
    _change_counter()
    _feed()
    _installation()
    _newsroom_key()
    _source()
    _story()
    _tag()
    _article()
    _follow()
    _muted_source()
    _tag_alias()
    _tag_member()
    _article_tag()
    _feed_change()
    _feed_row()


def _category() -> None:
    op.create_table(
        "category",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_category"),
        sa.UniqueConstraint("slug", name="uq_category_slug"),
    )


def _change_counter() -> None:
    op.create_table(
        "change_counter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_change_counter"),
    )
    op.execute("INSERT INTO change_counter (id, value) VALUES (1, 0)")


def _feed() -> None:
    op.create_table(
        "feed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ref_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feed"),
        sa.UniqueConstraint("kind", "ref_id", "language", name="uq_feed_kind_ref_id_language"),
    )


def _installation() -> None:
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("address_kind", sa.Text(), nullable=True),
        sa.Column("address_value", sa.Text(), nullable=True),
        sa.Column("address_since", UtcDateTime(), nullable=True),
        sa.Column("address_retired_at", UtcDateTime(), nullable=True),
        sa.Column("address_retired_for", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("app_version", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("quiet_start", sa.Text(), nullable=True),
        sa.Column("quiet_end", sa.Text(), nullable=True),
        sa.Column("breaking_overrides_quiet_hours", sa.Boolean(), nullable=False),
        sa.Column("daily_limit", sa.Integer(), nullable=True),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_installation"),
        sa.UniqueConstraint(
            "address_kind", "address_value", name="uq_installation_address_kind_address_value"
        ),
        sa.UniqueConstraint("public_id", name="uq_installation_public_id"),
        sa.UniqueConstraint("secret_hash", name="uq_installation_secret_hash"),
    )


def _newsroom_key() -> None:
    op.create_table(
        "newsroom_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_newsroom_key"),
        sa.UniqueConstraint("secret_hash", name="uq_newsroom_key_secret_hash"),
    )


def _source() -> None:
    op.create_table(
        "source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("home_url", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_source"),
        sa.UniqueConstraint("slug", name="uq_source_slug"),
    )


def _story() -> None:
    op.create_table(
        "story",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("source_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_story"),
        sa.UniqueConstraint("public_id", name="uq_story_public_id"),
    )


def _tag() -> None:
    op.create_table(
        "tag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("merged_into_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["merged_into_id"], ["tag.id"], name="fk_tag_merged_into_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tag"),
        sa.UniqueConstraint("key", name="uq_tag_key"),
    )
    op.create_index("ix_tag_merged_into_id", "tag", ["merged_into_id"], unique=False)


def _article() -> None:
    op.create_table(
        "article",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("source_url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=False),
        sa.Column("body_text", sa.Text(), nullable=False),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("image_width", sa.Integer(), nullable=True),
        sa.Column("image_height", sa.Integer(), nullable=True),
        sa.Column("image_alt", sa.Text(), nullable=True),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("breaking", sa.Boolean(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=False),
        sa.Column("first_seen_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("corrected_at", UtcDateTime(), nullable=True),
        sa.Column("embargo_until", UtcDateTime(), nullable=True),
        sa.Column("unpublished_at", UtcDateTime(), nullable=True),
        sa.Column("unpublish_reason", sa.Text(), nullable=True),
        sa.Column("rank_us", sa.BigInteger(), nullable=True),
        sa.Column("story_id", sa.Integer(), nullable=True),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name="fk_article_category_id"),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name="fk_article_source_id"),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name="fk_article_story_id"),
        sa.PrimaryKeyConstraint("id", name="pk_article"),
        sa.UniqueConstraint("public_id", name="uq_article_public_id"),
        sa.UniqueConstraint("source_id", "external_id", name="uq_article_source_id_external_id"),
    )
    op.create_index(
        "ix_article_embargo",
        "article",
        ["embargo_until"],
        unique=False,
        sqlite_where=sa.text("rank_us IS NULL"),
        postgresql_where=sa.text("rank_us IS NULL"),
    )
    op.create_index("ix_article_source_url", "article", ["source_id", "source_url"], unique=False)
    op.create_index("ix_article_story_id", "article", ["story_id"], unique=False)


def _follow() -> None:
    op.create_table(
        "follow",
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("installation_id", sa.Integer(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name="fk_follow_feed_id"),
        sa.ForeignKeyConstraint(
            ["installation_id"],
            ["installation.id"],
            name="fk_follow_installation_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("feed_id", "installation_id", name="pk_follow"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_follow_installation_id", "follow", ["installation_id"], unique=False)


def _muted_source() -> None:
    op.create_table(
        "muted_source",
        sa.Column("installation_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"],
            ["installation.id"],
            name="fk_muted_source_installation_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name="fk_muted_source_source_id"),
        sa.PrimaryKeyConstraint("installation_id", "source_id", name="pk_muted_source"),
    )


def _tag_alias() -> None:
    op.create_table(
        "tag_alias",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name="fk_tag_alias_tag_id"),
        sa.PrimaryKeyConstraint("key", name="pk_tag_alias"),
    )
    op.create_index("ix_tag_alias_tag_id", "tag_alias", ["tag_id"], unique=False)


def _tag_member() -> None:
    op.create_table(
        "tag_member",
        sa.Column("pair_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["pair_id"], ["tag.id"], name="fk_tag_member_pair_id"),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name="fk_tag_member_tag_id"),
        sa.PrimaryKeyConstraint("pair_id", "position", name="pk_tag_member"),
    )
    op.create_index("ix_tag_member_tag_id", "tag_member", ["tag_id"], unique=False)


def _article_tag() -> None:
    op.create_table(
        "article_tag",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_article_tag_article_id"),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name="fk_article_tag_tag_id"),
        sa.PrimaryKeyConstraint("article_id", "tag_id", name="pk_article_tag"),
    )
    op.create_index("ix_article_tag_tag_id", "article_tag", ["tag_id"], unique=False)


def _feed_change() -> None:
    op.create_table(
        "feed_change",
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("op", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("into_id", sa.Integer(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_feed_change_article_id"),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name="fk_feed_change_feed_id"),
        sa.PrimaryKeyConstraint("feed_id", "article_id", name="pk_feed_change"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_feed_change_feed_id_seq", "feed_change", ["feed_id", "seq"], unique=False)


def _feed_row() -> None:
    op.create_table(
        "feed_row",
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("rank_us", sa.BigInteger(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_feed_row_article_id"),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name="fk_feed_row_feed_id"),
        sa.PrimaryKeyConstraint("feed_id", "rank_us", "article_id", name="pk_feed_row"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_feed_row_article_id", "feed_row", ["article_id"], unique=False)
