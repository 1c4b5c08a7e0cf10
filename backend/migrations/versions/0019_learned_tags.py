"""Tags learn from the stream: evidence of names, bans, merges that can be undone."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# Compared byte by byte, as the keys of tags are.
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("tag", sa.Column("state", sa.Text(), nullable=False, server_default="known"))
    op.create_table(
        "name_evidence",
        sa.Column("key", KEY, primary_key=True),
        sa.Column(
            "article_id",
            sa.Integer(),
            sa.ForeignKey("article.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("as_keyword", sa.Boolean(), nullable=False),
        sa.Column("is_due", sa.Boolean(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_name_evidence_article_id", "name_evidence", ["article_id"])
    op.create_index("ix_name_evidence_seen_at", "name_evidence", ["seen_at"])
    op.create_index(
        "ix_name_evidence_due",
        "name_evidence",
        ["article_id"],
        sqlite_where=sa.text("is_due"),
        postgresql_where=sa.text("is_due"),
    )
    op.create_table(
        "tag_ban",
        sa.Column("key", KEY, primary_key=True),
        sa.Column("source_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "tag_merge",
        sa.Column("merged_id", sa.Integer(), sa.ForeignKey("tag.id"), primary_key=True),
        sa.Column("into_id", sa.Integer(), sa.ForeignKey("tag.id"), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
