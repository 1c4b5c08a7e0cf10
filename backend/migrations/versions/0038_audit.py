"""The newsroom's audit log, versions of articles, takedowns that can be undone, blocked sources."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime
from backend.tables.newsroom import KEY

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make_log()
    _make_versions()
    op.add_column("article", sa.Column("version", sa.Integer, nullable=False, server_default="1"))
    op.add_column("article", sa.Column("edited_at", UtcDateTime))
    op.add_column("article", sa.Column("pinned_at", UtcDateTime))
    op.add_column("article", sa.Column("takedown", sa.JSON))
    op.add_column("article", sa.Column("undo_until", UtcDateTime))
    op.create_index("ix_article_source_id_id", "article", ["source_id", "id"])
    for name, part in (("held", "rank_us IS NULL"), ("taken_down", "unpublished_at IS NOT NULL")):
        where = sa.text(part)
        op.create_index(
            f"ix_article_{name}", "article", ["id"], sqlite_where=where, postgresql_where=where
        )
    op.add_column("source", sa.Column("blocked_at", UtcDateTime))
    # Until now every change that an editor made was shown as a correction.
    op.execute("UPDATE article SET edited_at = corrected_at WHERE corrected_at IS NOT NULL")


def _make_log() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("act", KEY, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entry"),
    )
    for column in ("act", "actor_name", "at", "subject"):
        op.create_index(f"ix_audit_entry_{column}", "audit_entry", [column])


def _make_versions() -> None:
    op.create_table(
        "article_version",
        sa.Column("article_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("is_correction", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name="fk_article_version_article_id"
        ),
        sa.PrimaryKeyConstraint("article_id", "number", name="pk_article_version"),
    )
    op.create_table(
        "article_tag_choice",
        sa.Column("article_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_wanted", sa.Boolean(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["article.id"],
            name="fk_article_tag_choice_article_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("article_id", "key", name="pk_article_tag_choice"),
    )
