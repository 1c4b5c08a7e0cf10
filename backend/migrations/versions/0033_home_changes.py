"""What an installation followed until lately, so that a cached home can drop it."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, column in (
        ("installation", "follow_revision"),
        ("installation", "forgotten_revision"),
        ("follow", "revision"),
    ):
        op.add_column(table, sa.Column(column, sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "unfollowed",
        sa.Column("installation_id", sa.Integer(), nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("installation_id", "feed_id", name="pk_unfollowed"),
        sa.ForeignKeyConstraint(
            ["installation_id"],
            ["installation.id"],
            name="fk_unfollowed_installation_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name="fk_unfollowed_feed_id"),
    )
    op.create_index("ix_unfollowed_at", "unfollowed", ["at"])
