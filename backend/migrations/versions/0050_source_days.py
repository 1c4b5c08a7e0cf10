"""What the polls of a source brought, by day; how many of its articles are down."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "source_day",
        sa.Column("source_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("polls", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["source_feed.source_id"],
            name="fk_source_day_source_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("source_id", "day", name="pk_source_day"),
    )
    is_down = sa.text("unpublished_at IS NOT NULL")
    op.create_index(
        "ix_article_source_id_taken_down",
        "article",
        ["source_id"],
        sqlite_where=is_down,
        postgresql_where=is_down,
    )
    # As far as the polls themselves are still there.
    op.execute(
        "INSERT INTO source_day (source_id, day, polls, failed, new) "
        "SELECT source_id, date(at), count(*), "
        "sum(CASE WHEN outcome = 'failed' THEN 1 ELSE 0 END), sum(new) "
        "FROM source_poll GROUP BY source_id, date(at)"
    )
