"""Sketches of texts, to group near-copies into stories."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _article_sketch()
    _sketch_hash()


def _article_sketch() -> None:
    op.create_table(
        "article_sketch",
        sa.Column("article_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sketch", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name="fk_article_sketch_article_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", name="pk_article_sketch"),
    )


def _sketch_hash() -> None:
    op.create_table(
        "sketch_hash",
        sa.Column("hash", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("article_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name="fk_sketch_hash_article_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("hash", "article_id", name="pk_sketch_hash"),
    )
    op.create_index("ix_sketch_hash_article_id", "sketch_hash", ["article_id"], unique=False)
