"""Pages of articles that are fetched for their full text, and which sources want that."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("full_text", sa.Text(), server_default="feed", nullable=False),
        sa.Column("page_counts", sa.JSON(), server_default="{}", nullable=False),
    ):
        op.add_column("source_feed", column)
    op.create_table(
        "page_host",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("host", name="pk_page_host"),
    )
    _article_page()


def _article_page() -> None:
    op.create_table(
        "article_page",
        sa.Column("article_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("fetched_at", UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("is_dated", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_taken", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_article_page_article_id"),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["source_feed.source_id"],
            name="fk_article_page_source_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("article_id", name="pk_article_page"),
    )
    op.create_index("ix_article_page_source_id", "article_page", ["source_id"])
    waiting = sa.text("outcome IS NULL")
    op.create_index(
        "ix_article_page_host_due_at",
        "article_page",
        ["host", "due_at"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
