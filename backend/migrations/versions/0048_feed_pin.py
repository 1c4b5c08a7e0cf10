"""Articles that editors put on top of a list."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feed_pin",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ref_id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_feed_pin_article_id"),
        sa.PrimaryKeyConstraint("kind", "ref_id", "article_id", name="pk_feed_pin"),
    )
    op.create_index("ix_feed_pin_article_id", "feed_pin", ["article_id"])
    op.create_index("ix_feed_pin_until", "feed_pin", ["until"])
    if op.get_bind().dialect.name == "postgresql":  # wakes whoever ends them
        op.execute(
            "CREATE TRIGGER tagwire_wake AFTER INSERT OR UPDATE OR DELETE ON feed_pin "
            "FOR EACH STATEMENT EXECUTE FUNCTION tagwire_wake('tagwire_newsroom')"
        )
