"""Stories by shared rare words, with scores and editors' decisions."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _story_terms()
    _story_apart()
    op.add_column("article", sa.Column("story_score", sa.Double(), nullable=True))
    op.add_column("story", sa.Column("curated_by", sa.Text(), nullable=True))
    op.add_column("story", sa.Column("curated_at", UtcDateTime(), nullable=True))
    op.add_column("story", sa.Column("merged_into_id", sa.Integer(), nullable=True))


def _story_terms() -> None:
    op.create_table(
        "story_terms",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name="fk_story_terms_article_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("seq", name="pk_story_terms"),
        sa.UniqueConstraint("article_id", name="uq_story_terms_article_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_story_terms_at_us", "story_terms", ["at_us"], unique=False)


def _story_apart() -> None:
    op.create_table(
        "story_apart",
        sa.Column("article_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("other_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name="fk_story_apart_article_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["article.id"], name="fk_story_apart_other_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", "other_id", name="pk_story_apart"),
    )
    op.create_index("ix_story_apart_other_id", "story_apart", ["other_id"], unique=False)
